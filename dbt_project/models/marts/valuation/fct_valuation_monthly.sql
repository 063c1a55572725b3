select
    month_end,
    universe_id,
    metric,
    basis,
    aggregation,
    loss_treatment,
    financials_treatment,
    earnings_definition,
    cast(value as decimal(18, 4)) as value,
    value_status,
    case
        when value is not null then null
        when value_status = 'ok' then 'source_gives_no_value'
        else value_status
    end as value_reason,
    cast(n_used as integer) as n_used,
    cast(n_loss as integer) as n_loss,
    cast(n_missing as integer) as n_missing,
    cast(weight_coverage_pct as decimal(18, 4)) as weight_coverage_pct,
    membership_basis,
    source_id,
    known_on,
    provenance
from {{ ref('int_valuations_monthly') }}
order by universe_id, metric, month_end, basis, aggregation, loss_treatment, source_id
