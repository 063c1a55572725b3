-- The last close of each symbol in each month, from any source, with its basis and the splits that take a count of shares to it.
-- A provider's bars come with its splits and are as traded; a dropped bar says what it is. Not for returns (int_prices_daily).
{% set window_days = 12 %}
with
clock as (
    select as_of_date from {{ ref('stg_clock__day') }}
),

closes as (
    {% for p in var('split_providers') %}
    select provider, null as collection, symbol, session_date, close, volume, 'raw' as close_basis, known_on, pulled_at, provenance
    from {{ ref('stg_' ~ p ~ '__bars') }}
    where not is_partial and session_date > last_day(session_date) - {{ window_days }}
    union all
    {% endfor %}
    -- The newest version that is known of each already.
    select 'drop', collection, symbol, session_date, close, volume, close_basis, session_date as known_on, null as pulled_at, provenance
    from {{ ref('int_month_closes') }}
    where session_date > month_end - {{ window_days }}
),

-- The last day a collection holds of a symbol: a split-adjusted close is in shares of that day.
ends as (
    select collection, symbol, max(session_date) as adjusted_through
    from {{ ref('int_month_closes') }}
    group by all
),

-- The newest version of each bar, then the last bar of each month.
month_closes as (
    select
        last_day(session_date) as month_end,
        symbol,
        -- One spelling of a class of shares: BRK.B, BRK-B and BRK/B are one.
        {{ symbol_key('symbol') }} as symbol_key,
        provider,
        collection,
        close_basis,
        session_date,
        close,
        volume,
        provenance
    from closes
    cross join clock
    where closes.known_on <= clock.as_of_date and last_day(closes.session_date) <= clock.as_of_date
    qualify row_number() over (
        partition by provider, collection, symbol, last_day(session_date) order by session_date desc, known_on desc, pulled_at desc
    ) = 1
)

select
    month_end,
    symbol,
    symbol_key,
    provider,
    close_basis,
    session_date as price_date,
    if(close_basis = 'split_adjusted', ends.adjusted_through, null) as adjusted_through,
    close,
    volume,
    provenance
from month_closes
left join ends using (collection, symbol)
qualify row_number() over (
    partition by month_end, symbol_key
    -- A symbol that changed collections in the month has its last close in the newer one.
    order by case close_basis when 'raw' then 1 when 'split_adjusted' then 2 else 3 end, session_date desc, provider = 'drop', provider, collection, symbol
) = 1
