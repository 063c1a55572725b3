with
sectors as (
    select distinct instrument_id, sector
    from {{ ref('series_catalog') }}
    where sector is not null and instrument_id is not null
),

returns as (
    select returns.*, sectors.sector
    from {{ ref('fct_performance_daily') }} as returns
    join sectors using (instrument_id)
)

select
    session_date,
    sector,
    instrument_id,
    horizon,
    base_date,
    return_pct,
    return_reason,
    -- Among funds of one price basis only: a price return is not ranked against a total return.
    cast(case when return_pct is not null then rank() over (together order by return_pct desc nulls last) end as integer) as rank,
    cast(count(*) filter (where return_pct > 0) over (together rows between unbounded preceding and unbounded following) as integer) as sectors_up_n,
    cast(count(return_pct) over (together rows between unbounded preceding and unbounded following) as integer) as sectors_n,
    cast(
        100.0 * count(*) filter (where return_pct > 0) over (together rows between unbounded preceding and unbounded following)
            / nullif(count(return_pct) over (together rows between unbounded preceding and unbounded following), 0)
        as decimal(18, 4)
    ) as participation_pct,
    case
        when count(return_pct) over (together rows between unbounded preceding and unbounded following) = 0 then 'no_sector_has_a_return'
    end as participation_reason,
    price_basis,
    provenance
from returns
join {{ ref('horizons') }} as horizons using (horizon)
window together as (partition by session_date, horizon, price_basis)
order by year(session_date), sector, session_date, horizons.sort_order
