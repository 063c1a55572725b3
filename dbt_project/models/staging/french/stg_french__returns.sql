select
    dataset, vintage, vintage_end, frequency, weighting, period_end, portfolio,
    value as return_pct, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'french_returns') }}
