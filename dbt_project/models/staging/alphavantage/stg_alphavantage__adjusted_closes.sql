select 'alphavantage' as provider, symbol, session_date, adjusted_close, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'alphavantage_adjusted_closes') }}
