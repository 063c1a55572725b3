-- Events known by the as-of day: the seed, and what was dropped in, which takes the place of an event with the same id. An event that
-- was called off by then is none.
with
dropped as (
    select event_id, kind, event_date, is_scheduled, title, source, withdrawn_on, known_on, 'drop' as origin, provenance
    from {{ latest_known(ref('stg_drop__events'), ['event_id']) }}
),

every_event as (
    select * from dropped
    union all
    select event_id, kind, event_date, is_scheduled, title, source, withdrawn_on, known_on, 'seed', 'observed'
    from {{ ref('events') }}
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }}) and event_id not in (select event_id from dropped)
)

select every_event.*
from every_event
cross join {{ ref('stg_clock__day') }} as clock
where withdrawn_on is null or withdrawn_on > clock.as_of_date
