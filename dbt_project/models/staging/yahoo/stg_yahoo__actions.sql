select 'yahoo' as provider, symbol, action_date, kind, value, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'yahoo_actions') }}
