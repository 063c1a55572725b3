select 'alpha_vantage' as provider, symbol, action_date, kind, value, known_on, pulled_at, provenance
from {{ source('raw', 'alpha_vantage_actions') }}
