select
    symbol, month_end, close as mean_close, dividend as dividend_ltm, earnings as earnings_ltm,
    cpi, long_rate_pct, cape, known_on, pulled_at, provenance
from {{ source('raw', 'shiller_months') }}
