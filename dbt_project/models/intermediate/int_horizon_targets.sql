-- The day each horizon reaches back to, for every session: an exact session for 1d and 5d, a calendar day for the others.
select
    sessions.session_date,
    horizons.horizon,
    horizons.sort_order as horizon_no,
    horizons.sessions_back is not null as is_exact_session,
    horizons.is_annualised,
    case
        when horizons.sessions_back is not null
            then lag(sessions.session_date, coalesce(horizons.sessions_back, 0)) over (partition by horizons.horizon order by sessions.session_date)
        when horizons.months_back is not null then cast(sessions.session_date - to_months(horizons.months_back) as date)
        else cast(date_trunc('year', sessions.session_date) as date) - 1
    end as target_date
from {{ ref('int_sessions') }} as sessions
cross join {{ ref('horizons') }} as horizons
order by sessions.session_date, horizon_no
