-- Small beside large by month, metric and definition. One source a side: where several can be joined, sides that agree in every
-- definition come first, then one source for both, then what was given in before what filings say. What may not be joined stays as a row with the refusal.
with
sides as (
    select pairs.small_universe_id, pairs.large_universe_id, pairs.small_universe_id = valuations.universe_id as is_small, valuations.*
    from {{ ref('int_valuations_monthly') }} as valuations
    join {{ ref('universe_pairs') }} as pairs on valuations.universe_id in (pairs.small_universe_id, pairs.large_universe_id)
),

-- Months in which both sides have the metric on some definition: only there is something to join or to refuse.
months as (
    select small_universe_id, large_universe_id, metric, month_end
    from sides
    group by all
    having bool_or(is_small) and bool_or(not is_small)
),

definitions as (
    select distinct small_universe_id, large_universe_id, metric, month_end, basis, aggregation, loss_treatment
    from sides
    join months using (small_universe_id, large_universe_id, metric, month_end)
),

joined as (
    select
        definitions.*,
        small.source_id as small_source_id,
        large.source_id as large_source_id,
        small.value as small_value,
        large.value as large_value,
        small.earnings_definition as small_earnings_definition,
        small.financials_treatment as small_financials_treatment,
        case
            when small.source_id is null then 'no value of ' || definitions.small_universe_id || ' on this definition'
            when large.source_id is null then 'no value of ' || definitions.large_universe_id || ' on this definition'
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
    from definitions
    left join sides as small
        on small.is_small
        and small.small_universe_id = definitions.small_universe_id and small.large_universe_id = definitions.large_universe_id
        and small.metric = definitions.metric and small.month_end = definitions.month_end and small.basis = definitions.basis
        and small.aggregation = definitions.aggregation and small.loss_treatment = definitions.loss_treatment
    left join sides as large
        on not large.is_small
        and large.small_universe_id = definitions.small_universe_id and large.large_universe_id = definitions.large_universe_id
        and large.metric = definitions.metric and large.month_end = definitions.month_end and large.basis = definitions.basis
        and large.aggregation = definitions.aggregation and large.loss_treatment = definitions.loss_treatment
    qualify row_number() over (
        partition by definitions.small_universe_id, definitions.large_universe_id, definitions.metric, definitions.month_end,
            definitions.basis, definitions.aggregation, definitions.loss_treatment
        order by refusal_reason is not null, small.source_id is distinct from large.source_id,
            'rotation_filings' in (small.source_id, large.source_id), small.source_id, large.source_id
    ) = 1
)

select
    *,
    -- A yield is the inverse of a multiple: turned over, so that below 1 always means that small is cheaper.
    case when refusal_reason is null then if(metric = 'earnings_yield', large_value / small_value, small_value / large_value) end as relative
from joined
order by small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment, month_end
