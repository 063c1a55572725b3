-- The change over 63 sessions is the value less the value of its base day, wherever that day is a session too.
select today.session_date, today.series_id, today.change_63d_bp
from {{ ref('fct_rates_daily') }} as today
join {{ ref('fct_rates_daily') }} as base on base.series_id = today.series_id and base.session_date = today.change_base_date
where abs(today.change_63d_bp - 100 * (today.value_pct - base.value_pct)) > 0.011
