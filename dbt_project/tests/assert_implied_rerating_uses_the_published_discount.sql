-- Every row of fct_discount_monthly has its re-rating or the reason why not, from the same relative.
select discounts.month_end, discounts.small_universe_id, discounts.large_universe_id, discounts.metric, discounts.relative, implied.relative as implied_from
from {{ ref('fct_discount_monthly') }} as discounts
left join {{ ref('fct_implied_rerating_monthly') }} as implied
    on implied.month_end = discounts.month_end and implied.small_universe_id = discounts.small_universe_id
    and implied.large_universe_id = discounts.large_universe_id and implied.metric = discounts.metric and implied.basis = discounts.basis
    and implied.aggregation = discounts.aggregation and implied.loss_treatment = discounts.loss_treatment
    and implied.small_source_id is not distinct from discounts.small_source_id
    and implied.large_source_id is not distinct from discounts.large_source_id
where implied.month_end is null or implied.relative is distinct from discounts.relative
