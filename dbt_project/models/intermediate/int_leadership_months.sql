-- Relative strength of small against large by month, and the turning points found on the way. A turn from a high to a low stands once
-- large has gained enough on small over enough months since that high, at a new low; from a low to a high likewise. What moves less,
-- or for a shorter time, is part of the leg it interrupts. One row a month of the newest vintage known, and one before the first.
{% set gain = 1 + var('leadership_min_gain_pct') / 100 %}
{% set least = var('leadership_min_months') %}

with recursive
newest as (
    select *
    from {{ ref('int_size_returns') }}
    where definition = '{{ var('leadership_definition') }}' and frequency = 'monthly'
    qualify vintage = max(vintage) over ()
),

months as materialized (
    select
        row_number() over (order by period_end) as n,
        period_end as month_end,
        1 + small_pct / 100 as small_growth,
        1 + large_pct / 100 as large_growth
    from newest
),

-- Direction 1 is small's: high is the end of the leg so far and low the lowest since it. Direction -1 is large's, the other way round.
-- Before the first turn it is 0, and both count from the beginning.
walk as (
    select
        cast(0 as bigint) as n,
        last_day(min(month_end) - to_months(1)) as month_end,
        cast(1 as double) as small_level,
        cast(1 as double) as large_level,
        0 as direction,
        cast(1 as double) as low, cast(0 as bigint) as low_n,
        cast(1 as double) as high, cast(0 as bigint) as high_n,
        cast(null as bigint) as turn_n
    from months
    having count(*) > 0

    union all

    select
        n,
        month_end,
        small_level,
        large_level,
        case when turns_up then 1 when turns_down then -1 else direction end,
        case when is_fresh then strength else least(low, strength) end,
        case when is_fresh or strength <= low then n else low_n end,
        case when is_fresh then strength else greatest(high, strength) end,
        case when is_fresh or strength >= high then n else high_n end,
        case when turns_up then low_n when turns_down then high_n end
    from (
        select *, turns_up or turns_down or (direction = 1 and strength >= high) or (direction = -1 and strength <= low) as is_fresh
        from (
            select
                *,
                direction <= 0 and strength >= high and n - low_n >= {{ least }} and strength >= low * {{ gain }} as turns_up,
                direction >= 0 and strength <= low and n - high_n >= {{ least }} and high >= strength * {{ gain }} as turns_down
            from (
                select
                    months.n, months.month_end, walk.direction, walk.low, walk.low_n, walk.high, walk.high_n,
                    walk.small_level * months.small_growth as small_level,
                    walk.large_level * months.large_growth as large_level,
                    walk.small_level * months.small_growth / (walk.large_level * months.large_growth) as strength
                from walk
                join months on months.n = walk.n + 1
            )
        )
    )
)

select
    walk.n,
    walk.month_end,
    walk.small_level,
    walk.large_level,
    walk.direction,
    case when walk.direction = 1 then walk.high_n when walk.direction = -1 then walk.low_n end as furthest_n,
    walk.turn_n,
    source.vintage,
    source.known_on,
    source.provenance
from walk
cross join (select any_value(vintage) as vintage, max(known_on) as known_on, max(provenance) as provenance from newest) as source
order by walk.n
