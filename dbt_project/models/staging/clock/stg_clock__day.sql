select as_of_date, session_date, source_mode, provenance
from {{ source('raw', 'clock_day') }}
