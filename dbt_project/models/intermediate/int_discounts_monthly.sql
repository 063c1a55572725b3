-- Small beside large by month, metric, definition and source. A source is held against itself; two sources meet only where each has just one
-- side. What a vendor says and what filings say stand side by side, so that a second source changes no row of the first. What may not be
-- joined stays as a row with the refusal.
with
paired as (
    select pairs.small_universe_id, pairs.large_universe_id, pairs.small_universe_id = valuations.universe_id as is_small, valuations.*
    from {{ ref('int_valuations_monthly') }} as valuations
    join {{ ref('universe_pairs') }} as pairs on valuations.universe_id in (pairs.small_universe_id, pairs.large_universe_id)
),

sides as (
    select
        *,
        bool_or(is_small) over of_source and bool_or(not is_small) over of_source as has_both,
        -- What a side may be held against: its own source, or for a source of one side any other such.
        if(has_both, source_id, '') as joined_by,
        bool_or(is_small) over of_definition and bool_or(not is_small) over of_definition as is_defined_on_both
    from paired
    window
        of_metric as (partition by small_universe_id, large_universe_id, metric, month_end),
        of_source as (partition by small_universe_id, large_universe_id, metric, month_end, source_id),
        of_definition as (partition by small_universe_id, large_universe_id, metric, month_end, basis, aggregation, loss_treatment)
    -- Months in which both sides have the metric on some definition: only there is something to join or to refuse.
    qualify bool_or(is_small) over of_metric and bool_or(not is_small) over of_metric
),

joined as (
    select
        month_end, small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment,
        small.source_id as small_source_id,
        large.source_id as large_source_id,
        small.value as small_value,
        large.value as large_value,
        small.earnings_definition as small_earnings_definition,
        small.financials_treatment as small_financials_treatment,
        case
            when small.source_id is null then 'no value of ' || small_universe_id || ' on this definition'
            when large.source_id is null then 'no value of ' || large_universe_id || ' on this definition'
            when small.earnings_definition <> large.earnings_definition
                then 'earnings definitions differ: ' || small.earnings_definition || ' and ' || large.earnings_definition
            when small.financials_treatment <> large.financials_treatment
                then 'financials ' || small.financials_treatment || ' on the small side, ' || large.financials_treatment || ' on the large'
            when small.value is null or small.value_status <> 'ok' then 'small value is ' || small.value_status
            when large.value is null or large.value_status <> 'ok' then 'large value is ' || large.value_status
            when small.value <= 0 then 'small value is not positive'
            when large.value <= 0 then 'large value is not positive'
        end as refusal_reason,
        greatest(small.known_on, large.known_on) as known_on,
        case when 'simulated' in (small.provenance, large.provenance) then 'simulated' else 'derived' end as provenance
    from (select * from sides where is_small) as small
    full join (select * from sides where not is_small) as large
        using (month_end, small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment, joined_by)
    -- A source of one side is no refusal where others have the definition on both.
    where small.source_id is not null and large.source_id is not null
        or coalesce(small.has_both, large.has_both)
        or not coalesce(small.is_defined_on_both, large.is_defined_on_both)
)

select
    *,
    -- A yield is the inverse of a multiple: turned over, so that below 1 always means that small is cheaper.
    case when refusal_reason is null then if(metric = 'earnings_yield', large_value / small_value, small_value / large_value) end as relative
from joined
order by small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment, small_source_id, large_source_id, month_end
