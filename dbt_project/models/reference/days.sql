-- Up to the last completed session: a day that is not over is not called a day without one.
with bounds as (
    select min(session_date) as first_day, max(session_date) as last_day, any_value(provenance) as provenance
    from {{ ref('int_sessions') }}
),

days as (
    select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as date_day, provenance
    from bounds
)

select
    days.date_day,
    sessions.session_date = days.date_day as is_session,
    sessions.session_date = days.date_day and sessions.is_half_day as is_half_day,
    sessions.session_date as last_session_date,
    days.provenance
from days
asof join {{ ref('int_sessions') }} as sessions on sessions.session_date <= days.date_day
order by days.date_day
