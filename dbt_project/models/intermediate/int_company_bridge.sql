-- Which registrant of the SEC a security of a list is: by ticker in any of its written forms, by the CUSIP another line gave a ticker to,
-- by name. A list is held against the newest snapshot of the SEC's tickers known when it was; older lists against the first snapshot, so
-- that nothing moves when one more comes. Where ticker and name point to two registrants the name is right: tickers pass on, names hardly.
with
snapshots as (
    select distinct snapshot_date
    from {{ ref('stg_sec__companies') }}
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
),

securities as (
    select distinct
        coalesce(newest.snapshot_date, (select min(snapshot_date) from snapshots)) as snapshot_date,
        coalesce(members.ticker, '') as symbol,
        coalesce(members.cusip, '') as cusip,
        coalesce(members.name, '') as name
    from {{ ref('int_list_members') }} as members
    asof left join snapshots as newest on newest.snapshot_date <= members.known_on
    where (select count(*) from snapshots) > 0
),

keyed as (
    select *, {{ symbol_key('symbol') }} as symbol_key, {{ company_name_key('name') }} as name_key, length(name) >= 30 as may_be_cut
    from securities
),

companies as (
    select
        snapshot_date,
        cik,
        upper(ticker) as ticker,
        {{ symbol_key('ticker') }} as symbol_key,
        {{ company_name_key('name') }} as name_key
    from {{ latest_known(ref('stg_sec__companies'), ['snapshot_date', 'ticker']) }}
    where snapshot_date in (select snapshot_date from securities)
),

tickers as (
    select snapshot_date, ticker as written, any_value(cik) as cik, any_value(name_key) as name_key from companies group by all
),

symbols as (
    select snapshot_date, symbol_key, any_value(cik) as cik, any_value(name_key) as name_key
    from companies
    group by snapshot_date, symbol_key
    having count(distinct cik) = 1
),

names as (
    select snapshot_date, name_key, any_value(cik) as cik
    from companies
    where name_key <> ''
    group by snapshot_date, name_key
    having count(distinct cik) = 1
),

named as (
    select
        keyed.*,
        coalesce(tickers.cik, symbols.cik) as cik_by_ticker,
        coalesce(tickers.name_key, symbols.name_key) as sec_name_key,
        names.cik as cik_by_name
    from keyed
    left join tickers on tickers.snapshot_date = keyed.snapshot_date and tickers.written = upper(keyed.symbol) and keyed.symbol <> ''
    left join symbols on symbols.snapshot_date = keyed.snapshot_date and symbols.symbol_key = keyed.symbol_key and keyed.symbol_key <> ''
    left join names on names.snapshot_date = keyed.snapshot_date and names.name_key = keyed.name_key
),

-- iShares cuts a name after so many signs, in the middle of a word: one registrant alone must begin so, or be called what is whole.
begun as (
    select named.snapshot_date, named.name, any_value(names.cik) as cik
    from named
    join names on names.snapshot_date = named.snapshot_date and (starts_with(names.name_key, named.name_key) or names.name_key = regexp_replace(named.name_key, ' \S{1,4}$', ''))
    where named.may_be_cut and named.cik_by_name is null and length(named.name_key) >= 15
    group by all
    having count(distinct names.cik) = 1
),

-- Two classes of one company have two CUSIPs; one CUSIP is one security, whatever list it stands in.
cusips as (
    select snapshot_date, cusip, any_value(coalesce(cik_by_name, cik_by_ticker)) as cik
    from named
    where cusip <> '' and coalesce(cik_by_name, cik_by_ticker) is not null
    group by snapshot_date, cusip
    having count(distinct coalesce(cik_by_name, cik_by_ticker)) = 1
),

matched as (
    select
        named.*,
        coalesce(named.cik_by_name, begun.cik) as cik_named,
        cusips.cik as cik_by_cusip,
        case
            when named.cik_by_ticker is not null and coalesce(named.cik_by_name <> named.cik_by_ticker, false) then 'name'
            when named.cik_by_ticker is not null then 'ticker'
            when cusips.cik is not null and named.cik_by_name is null then 'cusip'
            when coalesce(named.cik_by_name, begun.cik) is not null then 'name'
        end as matched_by
    from named
    left join begun using (snapshot_date, name)
    left join cusips on cusips.snapshot_date = named.snapshot_date and cusips.cusip = named.cusip and named.cusip <> ''
)

select
    snapshot_date,
    symbol,
    cusip,
    name,
    case matched_by when 'ticker' then cik_by_ticker when 'cusip' then cik_by_cusip when 'name' then cik_named end as cik,
    matched_by,
    -- A ticker whose registrant is called otherwise: renamed since, or another company's by now.
    case
        when matched_by = 'ticker'
        then coalesce(split_part(name_key, ' ', 1) = split_part(sec_name_key, ' ', 1) or jaro_winkler_similarity(name_key, sec_name_key) >= 0.85, false)
    end as is_name_alike
from matched
order by snapshot_date, symbol, cusip, name
