select session_date, opens_at, closes_at, is_half_day, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'exchange_sessions') }}
