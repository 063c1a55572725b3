select 'stooq' as provider, symbol, session_date, adjusted_close, known_on, pulled_at, provenance
from {{ source('raw', 'stooq_adjusted_closes') }}
