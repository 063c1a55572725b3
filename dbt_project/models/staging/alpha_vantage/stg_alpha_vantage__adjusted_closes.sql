select 'alpha_vantage' as provider, symbol, session_date, adjusted_close, known_on, pulled_at, provenance
from {{ source('raw', 'alpha_vantage_adjusted_closes') }}
