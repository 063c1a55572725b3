-- Every row of fct_discount_monthly has its re-rating or the reason why not, from the same relative.
select discounts.month_end, discounts.small_universe_id, discounts.large_universe_id, discounts.metric, discounts.relative, implied.relative as implied_from
from {{ ref('fct_discount_monthly') }} as discounts
left join {{ ref('fct_implied_rerating_monthly') }} as implied
    using (month_end, small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment)
where implied.month_end is null or implied.relative is distinct from discounts.relative
