select 'tiingo' as provider, symbol, session_date, adjusted_close, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'tiingo_adjusted_closes') }}
