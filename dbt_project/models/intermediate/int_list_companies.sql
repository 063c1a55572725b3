-- The equities of every list with the registrant of each and one symbol a line.
with
snapshots as (
    select distinct snapshot_date from {{ ref('int_company_bridge') }}
),

bridged as (
    select members.*, bridge.cik, bridge.matched_by, bridge.is_name_alike
    from (
        select members.*, coalesce(newest.snapshot_date, (select min(snapshot_date) from snapshots)) as snapshot_date
        from {{ ref('int_list_members') }} as members
        asof left join snapshots as newest on newest.snapshot_date <= members.known_on
    ) as members
    left join {{ ref('int_company_bridge') }} as bridge
        on bridge.snapshot_date = members.snapshot_date
        and bridge.symbol = coalesce(members.ticker, '')
        and bridge.cusip = coalesce(members.cusip, '')
        and bridge.name = coalesce(members.name, '')
),

-- A filing gives no tickers: the ticker is the one another list known by then gave the CUSIP, or the name, or else the registrant's own
-- where it has but one.
{% for by, key in [('cusip', 'cusip'), ('name', 'upper(name)')] %}
{{ by }}_tickers as (
    select {{ key }} as {{ by }}_key, known_on, min(ticker) as ticker
    from {{ ref('int_list_members') }}
    where {{ by }} is not null and ticker is not null
    group by all
    having count(distinct ticker) = 1
),
{% endfor %}

registrant_tickers as (
    select snapshot_date, cik, min(ticker) as ticker
    from {{ latest_known(ref('stg_sec__companies'), ['snapshot_date', 'ticker']) }}
    group by snapshot_date, cik
    having count(*) = 1
),

tickered as (
    select
        bridged.* exclude (ticker),
        coalesce(bridged.ticker, cusip_tickers.ticker, name_tickers.ticker, registrant_tickers.ticker, bridged.cusip, bridged.name) as symbol
    from bridged
    asof left join cusip_tickers
        on cusip_tickers.cusip_key = coalesce(bridged.cusip, '') and cusip_tickers.known_on <= bridged.known_on
    asof left join name_tickers
        on name_tickers.name_key = coalesce(upper(bridged.name), '') and name_tickers.known_on <= bridged.known_on
    left join registrant_tickers
        on registrant_tickers.snapshot_date = bridged.snapshot_date and registrant_tickers.cik = bridged.cik
)

select *
from tickered
-- One line a symbol: of two the heavier is the share that trades.
qualify row_number() over (
    partition by universe_id, basis, source_id, accession, list_date, symbol order by weight_pct desc nulls last, line_no
) = 1
