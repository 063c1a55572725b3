-- From when a list of members counts: the session it describes, or the one it became known on, until the next list.
with
known as (
    -- The first version decides, so that a later correction of a weight does not move the day the list counts from.
    select universe_id, snapshot_date, greatest(snapshot_date, min(known_on)) as valid_from, count(distinct symbol) as members_n
    from {{ ref('stg_drop__constituents') }}
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    group by universe_id, snapshot_date
)

select
    universe_id,
    snapshot_date,
    valid_from,
    lead(valid_from) over (partition by universe_id order by valid_from, snapshot_date) as valid_until,
    cast(members_n as integer) as members_n
from known
order by universe_id, valid_from
