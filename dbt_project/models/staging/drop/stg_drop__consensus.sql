select
    universe_id, period, sector, captured_on, earnings_base, earnings_expected, growth_pct as stated_growth_pct, n, source_id,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_consensus') }}
