-- How the closes of an instrument stand to each of its levels: closes in a row above it, and the last break. A break is a close above
-- after a close that was not; it has failed when a close falls below within ten sessions of it, until the next close above.
with
levels as (
    select levels.instrument_id, levels.level, levels.level * coalesce(stated.split_factor, 1) as linked_level
    from {{ ref('levels') }} as levels
    -- A level is stated in shares of the day it was stated on.
    asof left join {{ ref('int_full_bars_daily') }} as stated
        on stated.instrument_id = levels.instrument_id and stated.session_date <= levels.stated_on
),

closes as (
    select
        levels.instrument_id,
        levels.level,
        bars.session_date,
        bars.session_no,
        bars.close / bars.split_factor as close,
        levels.linked_level / bars.split_factor as level_of_day,
        cast(bars.close as decimal(18, 6)) as linked_close,
        cast(levels.linked_level as decimal(18, 6)) as linked_level,
        linked_close > levels.linked_level as is_above,
        linked_close < levels.linked_level as is_below,
        bars.provenance
    from levels
    join {{ ref('int_full_bars_daily') }} as bars using (instrument_id)
),

breaks as (
    select
        *,
        is_above and not lag(is_above) over days as is_break
    from closes
    window days as (partition by instrument_id, level order by session_no)
),

runs as (
    select
        *,
        count(*) filter (where not is_above) over days as run_no,
        max(case when is_break then session_no end) over days as break_no,
        max(case when is_break then session_date end) over days as broke_on,
        count(*) filter (where is_break) over days as breaks_n
    from breaks
    window days as (partition by instrument_id, level order by session_no)
),

falls as (
    select
        *,
        -- The first close below since the last break.
        min(case when is_below and break_no is not null then session_no end)
            over (partition by instrument_id, level, breaks_n order by session_no) as fall_no,
        count(*) filter (where is_above) over (partition by instrument_id, level, run_no order by session_no) as sessions_held
    from runs
)

select
    instrument_id,
    level,
    session_date,
    session_no,
    close,
    level_of_day,
    linked_close,
    linked_level,
    cast(sessions_held as integer) as sessions_held,
    broke_on,
    coalesce(not is_above and fall_no <= break_no + {{ var('level_failure_sessions') }}, false) as is_failed,
    provenance
from falls
order by instrument_id, level, session_date
