select
    month_end, universe_id, metric, basis, aggregation, loss_treatment, financials_treatment, earnings_definition,
    value, value_status, n_used, n_loss, n_missing, weight_coverage_pct, source_id, published_on,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_valuations') }}
