-- The level a return is taken from, by instrument, basis and session: linked closes on the instrument's own basis, and the
-- provider's adjusted closes where a pair needs them because its other side is held as total return only. Full sessions only.
with wanted as (
    select distinct unnest([small_id, large_id]) as instrument_id
    from {{ ref('int_pair_bases') }}
    where price_basis = 'total_return'
    union
    select unnest([numerator_id, denominator_id])
    from {{ ref('int_breadth_fund_bases') }}
    where price_basis = 'total_return'
)

select
    instrument_id, price_basis, session_date, session_no, linked_close as level, split_factor, series_id, true as is_own_basis, provenance
from {{ ref('int_prices_daily') }}
where not is_partial

union all

select
    instrument_id, 'total_return', session_date, session_no, adjusted_close, 1.0, series_id, false, provenance
from {{ ref('int_prices_daily') }}
join wanted using (instrument_id)
where not is_partial and price_basis = 'price' and adjusted_close is not null
order by instrument_id, price_basis, session_date
