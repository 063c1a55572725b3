select 'alphavantage' as provider, symbol, action_date, kind, value, known_on, pulled_at, provenance
from {{ source('raw', 'alphavantage_actions') }}
