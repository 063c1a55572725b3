with
-- What the instruments are held as, and beside it the total returns that some pairs need.
returns as (
    select session_date, instrument_id, price_basis, horizon, base_date, return_pct, return_reason, provenance
    from {{ ref('fct_performance_daily') }}
    union all
    select session_date, instrument_id, price_basis, horizon, base_date, return_pct, return_reason, provenance
    from {{ ref('int_returns_daily') }}
    where not is_own_basis
),

sides as (
    select
        pairs.small_id,
        pairs.large_id,
        pairs.price_basis,
        small.session_date,
        small.horizon,
        small.base_date,
        small.return_pct as small_return_pct,
        large.return_pct as large_return_pct,
        case
            when small.return_reason is not null then 'small: ' || small.return_reason
            when large.return_reason is not null then 'large: ' || large.return_reason
            when small.base_date <> large.base_date then 'base_dates_differ'
        end as excess_reason,
        {{ derived_provenance(['small.provenance', 'large.provenance']) }} as provenance
    from {{ ref('int_pair_bases') }} as pairs
    join returns as small on small.instrument_id = pairs.small_id and small.price_basis = pairs.price_basis
    join returns as large
        on large.instrument_id = pairs.large_id
        and large.price_basis = pairs.price_basis
        and large.session_date = small.session_date
        and large.horizon = small.horizon
),

strength as (
    select
        pairs.small_id,
        pairs.large_id,
        small.session_date,
        first_value(small.session_date) over pair as relative_strength_base_date,
        100 * (small.level / large.level) / first_value(small.level / large.level) over pair as relative_strength
    from {{ ref('int_pair_bases') }} as pairs
    join {{ ref('int_levels_daily') }} as small on small.instrument_id = pairs.small_id and small.price_basis = pairs.price_basis
    join {{ ref('int_levels_daily') }} as large
        on large.instrument_id = pairs.large_id and large.price_basis = pairs.price_basis and large.session_date = small.session_date
    window pair as (partition by pairs.small_id, pairs.large_id order by small.session_date)
)

select
    sides.session_date,
    sides.small_id,
    sides.large_id,
    sides.horizon,
    case when excess_reason is null then base_date end as base_date,
    small_return_pct,
    large_return_pct,
    -- From the published returns, so that the identity holds to the last digit.
    cast(case when excess_reason is null then small_return_pct - large_return_pct end as decimal(18, 4)) as excess_pp,
    cast(case
        when excess_reason is null then ((1 + small_return_pct / 100.0) / nullif(1 + large_return_pct / 100.0, 0) - 1) * 100
    end as decimal(18, 4)) as geometric_excess_pct,
    excess_reason,
    cast(case
        when excess_reason is null and sign(small_return_pct) = sign(large_return_pct) and abs(large_return_pct) >= 1
            then small_return_pct / cast(large_return_pct as double)
    end as decimal(18, 4)) as multiple,
    case
        when excess_reason is not null then excess_reason
        when abs(large_return_pct) < 1 then 'large_return_below_1_pct'
        when sign(small_return_pct) <> sign(large_return_pct) then 'signs_differ'
    end as multiple_reason,
    cast(strength.relative_strength as decimal(18, 6)) as relative_strength,
    strength.relative_strength_base_date,
    sides.price_basis,
    sides.provenance
from sides
join strength using (small_id, large_id, session_date)
join {{ ref('horizons') }} as horizons using (horizon)
order by year(sides.session_date), small_id, large_id, sides.session_date, horizons.sort_order
