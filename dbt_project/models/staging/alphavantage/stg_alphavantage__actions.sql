select 'alphavantage' as provider, symbol, action_date, kind, value, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'alphavantage_actions') }}
