-- Both sides of every pair by session, on the basis they can be compared on, and their relative strength: 100 on the first common session.
select
    pairs.small_id,
    pairs.large_id,
    pairs.price_basis,
    small.session_date,
    cast(row_number() over pair as integer) as day_no,
    small.level as small_level,
    large.level as large_level,
    first_value(small.session_date) over pair as base_date,
    100 * (small.level / large.level) / first_value(small.level / large.level) over pair as relative_strength,
    case when small.provenance = 'simulated' or large.provenance = 'simulated' then 'simulated' else 'observed' end as provenance
from {{ ref('int_pair_bases') }} as pairs
join {{ ref('int_levels_daily') }} as small on small.instrument_id = pairs.small_id and small.price_basis = pairs.price_basis
join {{ ref('int_levels_daily') }} as large
    on large.instrument_id = pairs.large_id and large.price_basis = pairs.price_basis and large.session_date = small.session_date
window pair as (partition by pairs.small_id, pairs.large_id order by small.session_date)
order by small_id, large_id, session_date
