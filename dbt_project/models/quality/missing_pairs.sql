select
    bases.small_id,
    bases.large_id,
    bases.is_headline,
    bases.missing_reason as reason,
    clock.as_of_date,
    clock.provenance
from {{ ref('int_pair_bases') }} as bases
cross join {{ ref('stg_clock__day') }} as clock
where bases.missing_reason is not null
order by small_id, large_id
