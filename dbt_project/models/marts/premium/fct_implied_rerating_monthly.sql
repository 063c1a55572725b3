-- Arithmetic of a gap: what small would return against large if the relative multiple went to its median and nothing else changed.
-- The median is over the months up to the row's own that were known when its own value was, on the same definition and sources.
with
discounts as (
    select discounts.*, definitions.small_earnings_definition as earnings_definition, definitions.small_financials_treatment as financials_treatment
    from {{ ref('fct_discount_monthly') }} as discounts
    join {{ ref('int_discounts_monthly') }} as definitions
        on definitions.month_end = discounts.month_end and definitions.small_universe_id = discounts.small_universe_id
        and definitions.large_universe_id = discounts.large_universe_id and definitions.metric = discounts.metric
        and definitions.basis = discounts.basis and definitions.aggregation = discounts.aggregation
        and definitions.loss_treatment = discounts.loss_treatment
        and definitions.small_source_id is not distinct from discounts.small_source_id
        and definitions.large_source_id is not distinct from discounts.large_source_id
),

held as (
    select
        own.month_end, own.small_universe_id, own.large_universe_id, own.metric, own.basis, own.aggregation, own.loss_treatment,
        own.small_source_id, own.large_source_id,
        median(cast(past.relative as double)) as median_relative,
        count(*) as window_n,
        min(past.month_end) as window_start
    from discounts as own
    join discounts as past
        on past.small_universe_id = own.small_universe_id and past.large_universe_id = own.large_universe_id
        and past.metric = own.metric and past.basis = own.basis and past.aggregation = own.aggregation
        and past.loss_treatment = own.loss_treatment and past.small_source_id = own.small_source_id and past.large_source_id = own.large_source_id
        and past.earnings_definition = own.earnings_definition and past.financials_treatment = own.financials_treatment
        and past.month_end <= own.month_end and past.known_on <= own.known_on
    where own.relative is not null and past.relative is not null
    group by all
)

select
    month_end,
    small_universe_id,
    large_universe_id,
    metric,
    basis,
    aggregation,
    loss_treatment,
    small_source_id,
    large_source_id,
    discounts.relative,
    cast(case when held.window_n >= {{ var('discount_window_min_months') }} then median_relative end as decimal(18, 6)) as median_relative,
    cast(case
        when held.window_n >= {{ var('discount_window_min_months') }} then 100 * (median_relative / cast(discounts.relative as double) - 1)
    end as decimal(18, 4)) as implied_excess_pp,
    case
        when discounts.relative is null then 'refused'
        when held.window_n < {{ var('discount_window_min_months') }} then 'fewer_than_{{ var('discount_window_min_months') }}_months'
    end as implied_reason,
    held.window_start,
    cast(datediff('month', held.window_start, month_end) / 12.0 as decimal(18, 4)) as window_years,
    cast(held.window_n as integer) as window_n,
    datediff('month', held.window_start, month_end) < 12 * {{ var('discount_window_years') }} as is_window_truncated,
    discounts.known_on,
    discounts.provenance
from discounts
left join held
    using (month_end, small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment, small_source_id, large_source_id)
order by small_universe_id, large_universe_id, metric, month_end, basis, aggregation, loss_treatment, small_source_id, large_source_id
