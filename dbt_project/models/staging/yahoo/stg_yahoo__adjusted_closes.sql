select 'yahoo' as provider, symbol, session_date, adjusted_close, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'yahoo_adjusted_closes') }}
