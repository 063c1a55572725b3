select
    dataset, vintage, vintage_end, frequency, weighting, period_end, portfolio,
    value as return_pct, known_on, pulled_at, provenance
from {{ source('raw', 'french_returns') }}
