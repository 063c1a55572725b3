select
    session_date,
    instrument_id,
    horizon,
    base_date,
    base_close,
    close,
    return_pct,
    annualised_return_pct,
    return_reason,
    case when annualised_return_pct is null then coalesce(return_reason, 'shorter_than_one_year') end as annualised_return_reason,
    price_basis,
    series_id,
    {{ derived_provenance(['provenance']) }} as provenance
from {{ ref('int_returns_daily') }}
where is_own_basis
-- By year, instrument and day: one symbol through time and one day across symbols both read few blocks.
order by year(session_date), instrument_id, session_date, horizon_no
