-- A close above a level adds one to the closes before, and a run that follows a close not above it is a break.
select *
from (
    select
        session_date, instrument_id, level, sessions_held, broke_on,
        lag(sessions_held) over days as held_before,
        lag(session_date) over days as day_before
    from {{ ref('fct_levels_daily') }}
    window days as (partition by instrument_id, level order by session_date)
)
where day_before is not null
    and (sessions_held not in (0, held_before + 1) or (sessions_held = 1 and held_before = 0 and broke_on is distinct from session_date))
