-- Small and large by week (Monday to Sunday): from the last common close of the week before to the last of this one, on the pair's basis.
-- The week that contains the last session may not be over yet; who needs whole weeks looks at the Friday.
with
last_closes as (
    select
        pairs.small_id,
        pairs.large_id,
        pairs.price_basis,
        cast(date_trunc('week', small.session_date) as date) as week_start,
        small.session_date as week_end,
        small.level as small_level,
        large.level as large_level,
        case when 'simulated' in (small.provenance, large.provenance) then 'simulated' else 'derived' end as provenance
    from {{ ref('int_pair_bases') }} as pairs
    join {{ ref('int_levels_daily') }} as small on small.instrument_id = pairs.small_id and small.price_basis = pairs.price_basis
    join {{ ref('int_levels_daily') }} as large
        on large.instrument_id = pairs.large_id and large.price_basis = pairs.price_basis and large.session_date = small.session_date
    qualify row_number() over (partition by pairs.small_id, pairs.large_id, week_start order by week_end desc) = 1
)

select
    small_id,
    large_id,
    price_basis,
    week_start,
    week_end,
    -- A return over a week that was missed is none of one week.
    case when lag(week_start) over weeks = week_start - 7
        then 100 * (small_level / lag(small_level) over weeks - large_level / lag(large_level) over weeks)
    end as excess_pp,
    provenance
from last_closes
window weeks as (partition by small_id, large_id order by week_start)
order by small_id, large_id, week_start
