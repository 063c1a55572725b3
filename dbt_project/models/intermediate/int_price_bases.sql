-- What a series' closes mean: a price, or a total return because the provider adjusts them for dividends throughout.
-- A fund pays dividends by nature, so closes that equal the adjusted closes on every day of more than a year say it.
with
measured as (
    select
        instrument_id,
        series_id,
        kind,
        priority,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date,
        bool_or(coalesce(close_basis, '') = 'total_return') as is_given_as_total_return,
        bool_or(coalesce(close_basis, '') = 'raw') as is_given_raw,
        count(adjusted_close) as adjusted_closes_n,
        bool_and(abs(adjusted_close * split_factor_now / (close * split_factor) - 1) < 1e-6) as is_adjusted_throughout,
        max(session_date) filter (where adjusted_close is not null) - min(session_date) filter (where adjusted_close is not null) as adjusted_days
    from (
        select *, max(split_factor) over (partition by series_id) as split_factor_now
        from {{ ref('int_bars_daily') }}
    )
    group by all
)

select
    instrument_id,
    series_id,
    priority,
    first_session_date,
    last_session_date,
    case
        when is_given_as_total_return then 'total_return'
        when kind = 'fund' and coalesce(is_adjusted_throughout, false) and adjusted_days > 365 then 'total_return'
        else 'price'
    end as price_basis,
    -- Vendors repeat an index's close as its adjusted close: that is no total return.
    kind = 'fund' and adjusted_closes_n > 0 as has_adjusted_closes,
    priority = min(priority) over (partition by instrument_id) as is_primary
from measured
order by instrument_id, priority
