-- Every list of members, and from when it counts: the day it describes, or the one it became known on, until a newer list is known.
-- A list that became known when one of a later day was already there never counts: N-PORT filings come sixty days late.
with
lists as (
    select
        universe_id, basis, source_id, accession, list_date,
        greatest(list_date, max(known_on)) as valid_from,
        count(distinct coalesce(ticker, cusip, name)) as members_n
    from {{ ref('int_list_members') }}
    group by universe_id, basis, source_id, accession, list_date
),

ordered as (
    select
        *,
        max(list_date) over (
            partition by universe_id
            order by valid_from, list_date, case basis when 'nport' then 3 when 'holdings' then 2 else 1 end, source_id desc, accession
            rows between unbounded preceding and 1 preceding
        ) as newest_before,
        row_number() over (
            partition by universe_id, valid_from, list_date
            order by case basis when 'nport' then 1 when 'holdings' then 2 else 3 end, source_id, accession desc
        ) as choice
    from lists
)

select
    universe_id, basis, source_id, accession, list_date, valid_from,
    lead(valid_from) over (partition by universe_id order by valid_from, list_date) as valid_until,
    cast(members_n as integer) as members_n
from ordered
where choice = 1 and (newest_before is null or list_date >= newest_before)
-- Of one day's lists known on one day the newest counts.
qualify row_number() over (partition by universe_id, valid_from order by list_date desc) = 1
order by universe_id, valid_from
