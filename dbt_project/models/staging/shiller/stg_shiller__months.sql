select
    symbol, month_end, close as mean_close, dividend as dividend_ltm, earnings as earnings_ltm,
    cpi, long_rate_pct, cape, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'shiller_months') }}
