select session_date, session_no, previous_session_date, is_half_day, calendar_source, provenance
from {{ ref('int_sessions') }}
order by session_date
