-- The change over three months is the value less the published value of its base day.
select today.date, today.series_id, today.change_3m
from {{ ref('fct_credit_daily') }} as today
left join {{ ref('fct_credit_daily') }} as base on base.series_id = today.series_id and base.date = today.change_base_date
where today.change_3m is not null and today.change_3m is distinct from today.value - base.value
