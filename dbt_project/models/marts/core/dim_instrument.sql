with first_rows as (
    select instrument_id, name, kind, size_segment, sector, proxy_of, unit
    from {{ ref('series_catalog') }}
    where instrument_id is not null
    qualify row_number() over (partition by instrument_id order by priority, series_id) = 1
),

held as (
    select instrument_id, min(session_date) as first_session_date, max(session_date) as last_session_date, any_value(price_basis) as price_basis
    from {{ ref('int_prices_daily') }}
    group by instrument_id
)

select
    first_rows.instrument_id,
    first_rows.name,
    first_rows.kind,
    first_rows.size_segment,
    first_rows.sector,
    first_rows.proxy_of,
    first_rows.unit,
    held.price_basis,
    case when held.price_basis is null then 'no_bars_held' end as price_basis_reason,
    held.first_session_date,
    held.last_session_date,
    clock.as_of_date,
    clock.provenance
from first_rows
left join held using (instrument_id)
cross join {{ ref('stg_clock__day') }} as clock
order by instrument_id
