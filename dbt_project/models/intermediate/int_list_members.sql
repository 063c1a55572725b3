-- The equities of every list of members that is known: N-PORT filings and fund files by the index the fund follows, and lists given in.
-- Weights are of the equities alone, from market values where the list has them: iShares rounds a weight to a hundredth of a percent.
with
series as (
    select distinct provider, instrument_id as fund, proxy_of as universe_id
    from {{ ref('series_catalog') }}
    where kind = 'holdings'
),

lines as (
    select 'holdings' as basis, 'ishares' as provider, '' as accession, * exclude (pulled_at)
    from {{ latest_known(ref('stg_ishares__holdings'), ['fund', 'holdings_date', 'line_no']) }}
    union all by name
    select 'holdings' as basis, 'ssga' as provider, '' as accession, * exclude (pulled_at)
    from {{ latest_known(ref('stg_ssga__holdings'), ['fund', 'holdings_date', 'line_no']) }}
    union all by name
    select 'nport' as basis, 'nport' as provider, * exclude (pulled_at, edgar_series, filed_on)
    from {{ latest_known(ref('stg_nport__holdings'), ['edgar_series', 'holdings_date', 'accession', 'line_no']) }}
),

-- The first version decides from when a list counts. What is left of a merger or bankruptcy is held, but is no member of an index.
equities as (
    select
        series.universe_id,
        lines.basis,
        lines.fund as source_id,
        lines.accession,
        lines.holdings_date as list_date,
        min(lines.known_on) over list as known_on,
        lines.line_no,
        lines.ticker,
        left(lines.cusip, 8) as cusip,
        lines.name,
        lines.sector,
        lines.shares_held,
        case when count(*) over list = count(lines.market_value_usd) over list then lines.market_value_usd else lines.weight_pct end as held,
        lines.provenance
    from lines
    join series using (provider, fund)
    where lines.asset_class = 'equity'
        and not (lines.weight_pct < 0.005 and regexp_matches(upper(lines.name), '\b(CVR|ESCROW|WARRANTS?|RIGHTS?|PRVT)\b'))
    window list as (partition by series.universe_id, lines.basis, lines.fund, lines.accession, lines.holdings_date)
),

constituents as (
    select
        universe_id,
        'constituents' as basis,
        'drop' as source_id,
        '' as accession,
        snapshot_date as list_date,
        min(known_on) over (partition by universe_id, snapshot_date) as known_on,
        row_number() over (partition by universe_id, snapshot_date order by symbol) as line_no,
        symbol as ticker,
        cast(null as varchar) as cusip,
        name,
        sector,
        cast(null as double) as shares_held,
        weight_pct as held,
        provenance
    from {{ latest_known(ref('stg_drop__constituents'), ['universe_id', 'snapshot_date', 'symbol']) }}
),

members as (
    select * from equities
    union all by name
    select * from constituents
)

select
    universe_id,
    basis,
    source_id,
    accession,
    list_date,
    known_on,
    line_no,
    ticker,
    cusip,
    name,
    sector,
    shares_held,
    100 * held / cast(nullif({{ exact_sum('held') }} over (partition by universe_id, basis, source_id, accession, list_date), 0) as double) as weight_pct,
    provenance
from members
