select 'yahoo' as provider, symbol, action_date, kind, value, known_on, pulled_at, provenance
from {{ source('raw', 'yahoo_actions') }}
