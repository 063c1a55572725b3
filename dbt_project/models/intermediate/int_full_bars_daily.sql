-- Bars of full sessions, numbered by instrument within a stretch: after a gap of many sessions an average starts anew.
-- Prices and volumes are linked through splits (in shares of the first session), so that no past value moves when a split comes.
with
kinds as (
    select distinct instrument_id, kind = 'index' as is_index
    from {{ ref('series_catalog') }}
    where instrument_id is not null
),

bars as (
    select
        prices.instrument_id,
        prices.session_date,
        prices.session_no,
        prices.linked_close as close,
        -- An index that stood still all day is a vendor's close written four times, not an intraday high.
        case when not (kinds.is_index and prices.high = prices.low) then prices.high * prices.split_factor end as high,
        prices.volume / prices.split_factor as volume,
        prices.split_factor,
        prices.price_basis,
        prices.provenance,
        prices.session_no - lag(prices.session_no) over instrument > {{ var('member_gap_sessions') }} as is_new_start
    from {{ ref('int_prices_daily') }} as prices
    join kinds using (instrument_id)
    where not prices.is_partial
    window instrument as (partition by prices.instrument_id order by prices.session_no)
),

stretches as (
    select
        *,
        cast(count(*) filter (where is_new_start) over (partition by instrument_id order by session_no) as integer) as stretch_no
    from bars
)

select
    instrument_id,
    stretch_no,
    cast(row_number() over (partition by instrument_id, stretch_no order by session_no) as integer) as bar_no,
    session_date,
    session_no,
    close,
    high,
    volume,
    split_factor,
    price_basis,
    provenance
from stretches
order by instrument_id, session_date
