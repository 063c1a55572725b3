select
    event_id, kind, event_date, is_scheduled, title, source, announced_on, withdrawn_on,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'drop_events') }}
