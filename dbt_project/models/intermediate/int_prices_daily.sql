-- One bar an instrument and session: the first series of the catalogue that has one on the instrument's basis.
-- Adjusted closes of two providers are anchored to different days, so a total-return history comes from one series alone.
with
candidates as (
    select bars.*, bases.price_basis, bases.is_primary
    from {{ ref('int_bars_daily') }} as bars
    join {{ ref('int_price_bases') }} as bases using (instrument_id, series_id, priority)
    join {{ ref('int_price_bases') }} as main on main.instrument_id = bars.instrument_id and main.is_primary
    where bases.is_primary or (bases.price_basis = 'price' and main.price_basis = 'price')
)

select
    instrument_id,
    session_date,
    session_no,
    series_id,
    price_basis,
    open,
    high,
    low,
    close,
    volume,
    is_partial,
    split_factor,
    -- Comparable through splits and never rewritten: what one share of the first session is worth now.
    close * split_factor as linked_close,
    case when is_primary then adjusted_close end as adjusted_close,
    known_on,
    provenance
from candidates
qualify row_number() over (partition by instrument_id, session_date order by is_partial, priority) = 1
order by instrument_id, session_date
