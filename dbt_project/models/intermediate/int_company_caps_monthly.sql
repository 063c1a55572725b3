-- Market cap of each company at each month end, all classes of its shares. A close as traded goes with the shares filed, taken through
-- the splits between the day they were counted and the day of the close. A split-adjusted close is in shares of the vendor's last day: it
-- goes with the filed shares where the splits are known, else with the vendor's own shares. A total-return close is no price: no cap.
with
clock as (
    select as_of_date from {{ ref('stg_clock__day') }}
),

tickers as (
    select cik, {{ symbol_key('ticker') }} as symbol_key, snapshot_date, known_on
    from {{ ref('stg_sec__companies') }}
    where known_on <= (select as_of_date from clock)
),

-- The first list that names a symbol stands for the time before it; so a new list moves no past month.
names as (
    select
        symbol_key,
        cik,
        if(row_number() over symbols = 1, date '0001-01-01', snapshot_date) as valid_from,
        coalesce(lead(snapshot_date) over symbols, date '9999-12-31') as valid_until
    from (
        select *, cik is distinct from lag(cik) over (partition by symbol_key order by snapshot_date, known_on) as is_change
        from tickers
        qualify row_number() over (partition by symbol_key, snapshot_date order by known_on desc, cik) = 1
    )
    where is_change
    window symbols as (partition by symbol_key order by snapshot_date)
),

splits as (
    {% for p in var('split_providers') %}
    select distinct {{ symbol_key('symbol') }} as symbol_key, action_date, value
    from {{ latest_known(ref('stg_' ~ p ~ '__actions'), ['symbol', 'action_date', 'kind']) }}
    where kind = 'split'
    {{ 'union' if not loop.last }}
    {% endfor %}
),

-- A symbol whose bars a provider sends has its splits from there, be there none.
followed as (
    {% for p in var('split_providers') %}
    select distinct {{ symbol_key('symbol') }} as symbol_key from {{ ref('stg_' ~ p ~ '__bars') }}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

vendor_shares as (
    select
        last_day(snapshot_date) as month_end,
        {{ symbol_key('symbol') }} as symbol_key,
        max(shares_millions) * 1e6 as shares,
        max(snapshot_date) as shares_date,
        max(known_on) as known_on,
        arg_max(provenance, snapshot_date) as provenance
    from {{ latest_known(ref('stg_drop__constituents'), ['universe_id', 'snapshot_date', 'symbol']) }}
    where shares_millions > 0 and snapshot_date > last_day(snapshot_date) - 12
    group by all
),

priced as (
    select
        prices.month_end,
        names.cik,
        prices.symbol,
        prices.symbol_key,
        prices.close,
        prices.volume,
        prices.close_basis,
        prices.price_date,
        prices.adjusted_through,
        counts.shares,
        counts.shares_date,
        counts.shares_method,
        vendor_shares.shares as vendor_shares,
        vendor_shares.shares_date as vendor_shares_date,
        followed.symbol_key is not null or exists (select 1 from splits where splits.symbol_key = prices.symbol_key) as has_splits,
        counts.known_on,
        vendor_shares.known_on as vendor_known_on,
        case when 'simulated' in (prices.provenance, coalesce(counts.provenance, ''), coalesce(vendor_shares.provenance, '')) then 'simulated' else 'derived' end as provenance
    from {{ ref('int_company_prices_monthly') }} as prices
    join names on names.symbol_key = prices.symbol_key and prices.month_end >= names.valid_from and prices.month_end < names.valid_until
    left join {{ ref('int_company_shares_monthly') }} as counts on counts.month_end = prices.month_end and counts.cik = names.cik
    left join vendor_shares on vendor_shares.month_end = prices.month_end and vendor_shares.symbol_key = prices.symbol_key
    left join followed on followed.symbol_key = prices.symbol_key
),

factors as (
    select
        priced.month_end,
        priced.symbol,
        coalesce(product(splits.value) filter (where splits.action_date <= priced.price_date), 1.0) as until_price,
        coalesce(product(splits.value) filter (where splits.action_date <= priced.adjusted_through), 1.0) as until_adjusted
    from priced
    join splits on splits.symbol_key = priced.symbol_key and splits.action_date > priced.shares_date
    group by all
),

valued as (
    select
        priced.*,
        case
            when close_basis = 'raw' then coalesce(factors.until_price, 1.0)
            when close_basis = 'split_adjusted' and has_splits then coalesce(factors.until_adjusted, 1.0)
        end as split_factor,
        -- The class most traded prices all classes of a filed count.
        row_number() over (
            partition by priced.month_end, priced.cik order by coalesce(priced.close * priced.volume, 0) desc, length(priced.symbol), priced.symbol
        ) as class_no
    from priced
    left join factors using (month_end, symbol)
),

companies as (
    select
        month_end,
        cik,
        arg_min(symbol, class_no) as symbol,
        string_agg(symbol, ' ' order by class_no) as symbols,
        arg_min(close, class_no) as close,
        arg_min(close_basis, class_no) as close_basis,
        arg_min(price_date, class_no) as price_date,
        arg_min_null(shares, class_no) as shares,
        arg_min_null(shares_date, class_no) as shares_date,
        arg_min_null(shares_method, class_no) as shares_method,
        -- Of the class whose close counts, be it unknown: another class has other splits.
        arg_min_null(split_factor, class_no) as split_factor,
        -- A vendor's shares are of one class each: each with its own close.
        cast({{ exact_sum('close * vendor_shares') }} filter (where close_basis = 'split_adjusted') as double) as vendor_cap,
        bool_or(vendor_shares > 0) as has_vendor_shares,
        max(known_on) as shares_known_on,
        max(vendor_known_on) as vendor_known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from valued
    group by month_end, cik
)

select
    month_end,
    cik,
    symbol,
    symbols,
    close,
    close_basis,
    price_date,
    cast(shares as double) as shares,
    shares_date,
    shares_method,
    split_factor,
    case
        when close_basis <> 'total_return' and shares * split_factor > 0 then close * cast(shares as double) * split_factor
        when close_basis = 'split_adjusted' then vendor_cap
    end as cap_usd,
    case
        when close_basis <> 'total_return' and shares * split_factor > 0 then 'filed_shares'
        when close_basis = 'split_adjusted' and vendor_cap > 0 then 'vendor_shares'
    end as cap_method,
    case
        when close_basis = 'total_return' then 'total_return_close_is_no_price'
        when shares * split_factor > 0 then null
        when close_basis = 'split_adjusted' and vendor_cap > 0 then null
        when close_basis = 'split_adjusted' and split_factor is null then 'splits_since_are_not_known'
        else 'no_count_of_shares'
    end as cap_reason,
    greatest(price_date, if(cap_method = 'vendor_shares', vendor_known_on, shares_known_on)) as known_on,
    provenance
from companies
