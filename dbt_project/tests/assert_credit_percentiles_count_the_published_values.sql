-- The percentile of a series' newest row is the share of its published rows that are not above it.
select newest.series_id, newest.percentile, newest.window_n, count(*) as counted_n
from {{ ref('fct_credit_daily') }} as newest
join {{ ref('fct_credit_daily') }} as past on past.series_id = newest.series_id
where newest.date = (select max(date) from {{ ref('fct_credit_daily') }} as other where other.series_id = newest.series_id)
group by all
having newest.window_n <> count(*) or abs(newest.percentile - 100.0 * count(*) filter (where past.value <= newest.value) / count(*)) > 0.0001
