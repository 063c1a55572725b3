-- Sessions whose bar is not of the first series of the instrument's chain: which series stands in, and what the first one has.
with heads as (
    select instrument_id, series_id
    from {{ ref('int_price_bases') }}
    where is_primary
)

select
    prices.instrument_id,
    prices.session_date,
    heads.series_id as first_series_id,
    prices.series_id as used_series_id,
    case
        when missing.is_partial then 'first_series_has_part_of_the_session'
        when prices.session_date < first_bars.first_session_date then 'first_series_begins_later'
        when prices.session_date > first_bars.last_session_date then 'first_series_is_behind'
        else 'first_series_has_no_bar'
    end as reason,
    cast(prices.close as decimal(18, 4)) as used_close,
    prices.known_on,
    prices.provenance
from {{ ref('int_prices_daily') }} as prices
join heads using (instrument_id)
join {{ ref('int_price_bases') }} as first_bars on first_bars.instrument_id = prices.instrument_id and first_bars.is_primary
left join {{ ref('int_bars_daily') }} as missing
    on missing.series_id = heads.series_id and missing.session_date = prices.session_date
where prices.series_id <> heads.series_id
order by instrument_id, session_date
