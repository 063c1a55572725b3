select
    period_end, universe_id, measure, value, n, coverage_pct, source_id, published_on,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_fundamentals') }}
