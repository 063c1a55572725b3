select
    event_id,
    kind,
    event_date,
    is_scheduled,
    title,
    source,
    case when source like 'rule:%' then 'rule' when is_scheduled then 'announced' else 'unforeseen' end as date_basis,
    cast(event_date - clock.as_of_date as integer) as days_ahead,
    origin,
    known_on,
    clock.as_of_date,
    events.provenance
from {{ ref('int_events') }} as events
cross join {{ ref('stg_clock__day') }} as clock
order by event_date, event_id
