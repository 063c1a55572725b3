select 'alphavantage' as provider, symbol, session_date, open, high, low, close, volume, is_partial, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'alphavantage_bars') }}
