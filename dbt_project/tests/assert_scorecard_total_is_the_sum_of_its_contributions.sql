-- Fifty and what the components add make the total, and the weights used make 100; a session without a total uses none.
select
    session_date,
    any_value(score) filter (where component = 'total') as total,
    sum(contribution_points) filter (where component <> 'total') as contributions,
    sum(weight_used_pct) filter (where component <> 'total') as weight_used,
    sum(weight_pct) filter (where component <> 'total') as weight
from {{ ref('fct_scorecard_daily') }}
group by session_date
having abs(coalesce(total, 50) - 50 - contributions) > 0.001
    or abs(weight_used - case when total is null then 0 else 100 end) > 0.001
    or weight <> 100
    or count(*) filter (where component = 'total') <> 1
