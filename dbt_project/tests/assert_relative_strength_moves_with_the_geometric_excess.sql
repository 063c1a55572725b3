-- The line of relative strength rises over a horizon by what small made more than large, compounded.
select today.session_date, today.small_id, today.large_id, today.horizon, today.geometric_excess_pct
from {{ ref('fct_relative_performance_daily') }} as today
join {{ ref('fct_relative_performance_daily') }} as base
    on base.small_id = today.small_id and base.large_id = today.large_id
    and base.horizon = today.horizon and base.session_date = today.base_date
where today.horizon = '1y'
    and abs(today.geometric_excess_pct - 100 * (today.relative_strength / cast(base.relative_strength as double) - 1)) > 0.001
