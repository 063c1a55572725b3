-- Every side of a discount is a row of fct_valuation_monthly.
with sides as (
    select month_end, small_universe_id as universe_id, metric, basis, aggregation, loss_treatment, small_source_id as source_id, small_value as value
    from {{ ref('fct_discount_monthly') }}
    union all
    select month_end, large_universe_id, metric, basis, aggregation, loss_treatment, large_source_id, large_value
    from {{ ref('fct_discount_monthly') }}
)

select sides.*
from sides
anti join {{ ref('fct_valuation_monthly') }} as valuations
    on valuations.month_end = sides.month_end and valuations.universe_id = sides.universe_id and valuations.metric = sides.metric
    and valuations.basis = sides.basis and valuations.aggregation = sides.aggregation and valuations.loss_treatment = sides.loss_treatment
    and valuations.source_id = sides.source_id and valuations.value is not distinct from sides.value
where sides.source_id is not null
