select
    event_id,
    kind,
    event_date,
    is_scheduled,
    title,
    source,
    known_on,
    clock.as_of_date,
    -- Public dates, the same in the sample market: the events are real even where the prices are not.
    'observed' as provenance
from {{ ref('events') }}
cross join {{ ref('stg_clock__day') }} as clock
where known_on <= clock.as_of_date
order by event_date, event_id
