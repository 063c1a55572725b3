select session_date, opens_at, closes_at, is_half_day, known_on, pulled_at, provenance
from {{ source('raw', 'exchange_sessions') }}
