select
    fund, holdings_date, line_no, ticker, name, cusip, isin, sedol, lei, asset_class, sector, weight_pct, shares as shares_held,
    market_value_usd, price, currency, location, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'ishares_holdings') }}
