select 'alphavantage' as provider, symbol, session_date, open, high, low, close, volume, is_partial, known_on, pulled_at, provenance
from {{ source('raw', 'alphavantage_bars') }}
