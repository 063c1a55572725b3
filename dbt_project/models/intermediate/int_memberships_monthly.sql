-- Members of each universe at each month end, by what was known then: the newest list not older than membership_carry_months; without
-- one, ranks by market cap under the published rules; before any of both, where prices of members are held, the first list that came
-- later, projected back (`current`: its failures are missing, see quality.survivorship).
with
months as (
    select distinct last_day(session_date) as month_end
    from {{ ref('int_sessions') }}
    where last_day(session_date) <= (select as_of_date from {{ ref('stg_clock__day') }})
),

universe_months as (
    select universes.universe_id, months.month_end
    from {{ ref('universes') }} as universes
    cross join months
),

chosen as (
    select
        universe_months.*,
        lists.basis, lists.source_id, lists.accession, lists.list_date, lists.valid_from
    from universe_months
    asof left join {{ ref('int_membership_lists') }} as lists
        on lists.universe_id = universe_months.universe_id and lists.valid_from <= universe_months.month_end
),

kept as (
    select *, list_date >= month_end - to_months({{ var('membership_carry_months') }}) as is_fresh
    from chosen
),

proxied as (
    select kept.universe_id, kept.month_end, max(proxy.effective_on) as effective_on
    from kept
    join {{ ref('int_rank_proxy_members') }} as proxy
        on proxy.universe_id = kept.universe_id
        and proxy.effective_on < kept.month_end
        and proxy.effective_on >= kept.month_end - interval 14 months
    where not coalesce(kept.is_fresh, false)
    group by all
),

priced as (
    select universe_id, last_day(min(session_date)) as first_month from {{ ref('int_member_days') }} group by universe_id
),

first_lists as (
    select * from {{ ref('int_membership_lists') }} qualify row_number() over (partition by universe_id order by valid_from, list_date) = 1
),

decided as (
    select
        kept.universe_id,
        kept.month_end,
        case
            when kept.is_fresh then kept.basis
            when proxied.effective_on is not null then 'rank_proxy'
            when kept.list_date is null and first_lists.list_date is not null and kept.month_end >= priced.first_month then 'current'
        end as membership_basis,
        coalesce(case when kept.is_fresh then kept.basis end, first_lists.basis) as basis,
        coalesce(case when kept.is_fresh then kept.source_id end, first_lists.source_id) as source_id,
        coalesce(case when kept.is_fresh then kept.accession end, first_lists.accession) as accession,
        coalesce(case when kept.is_fresh then kept.list_date end, first_lists.list_date) as list_date,
        coalesce(case when kept.is_fresh then kept.valid_from end, first_lists.valid_from) as list_known_on,
        proxied.effective_on
    from kept
    left join proxied using (universe_id, month_end)
    left join first_lists using (universe_id)
    left join priced using (universe_id)
),

snapshots as (
    select distinct snapshot_date from {{ ref('int_company_bridge') }}
),

bridged as (
    select
        members.*,
        bridge.cik,
        bridge.matched_by
    from (
        select
            members.*,
            coalesce(newest.snapshot_date, (select min(snapshot_date) from snapshots)) as snapshot_date
        from {{ ref('int_list_members') }} as members
        asof left join snapshots as newest on newest.snapshot_date <= members.known_on
    ) as members
    left join {{ ref('int_company_bridge') }} as bridge
        on bridge.snapshot_date = members.snapshot_date
        and bridge.symbol = coalesce(members.ticker, '')
        and bridge.cusip = coalesce(members.cusip, '')
        and bridge.name = coalesce(members.name, '')
),

-- A filing gives no tickers: a CUSIP's ticker is the one another list known by then gave it, else the registrant's own if it has but one.
cusip_tickers as (
    select cusip, known_on, min(ticker) as ticker
    from {{ ref('int_list_members') }}
    where cusip is not null and ticker is not null
    group by cusip, known_on
    having count(distinct ticker) = 1
),

registrant_tickers as (
    select snapshot_date, cik, min(ticker) as ticker
    from {{ latest_known(ref('stg_sec__companies'), ['snapshot_date', 'ticker']) }}
    group by snapshot_date, cik
    having count(*) = 1
),

listed as (
    select
        bridged.universe_id, bridged.basis, bridged.source_id, bridged.accession, bridged.list_date,
        coalesce(bridged.ticker, cusip_tickers.ticker, registrant_tickers.ticker, bridged.cusip, bridged.name) as symbol,
        bridged.cik, bridged.name, bridged.sector, bridged.weight_pct, bridged.shares_held, bridged.provenance
    from bridged
    asof left join cusip_tickers
        on cusip_tickers.cusip = coalesce(bridged.cusip, '') and cusip_tickers.known_on <= bridged.known_on
    left join registrant_tickers
        on registrant_tickers.snapshot_date = bridged.snapshot_date and registrant_tickers.cik = bridged.cik
    -- One symbol a list: of two lines the heavier is the share that trades.
    qualify row_number() over (
        partition by bridged.universe_id, bridged.basis, bridged.source_id, bridged.accession, bridged.list_date,
            coalesce(bridged.ticker, cusip_tickers.ticker, registrant_tickers.ticker, bridged.cusip, bridged.name)
        order by bridged.weight_pct desc nulls last, bridged.line_no
    ) = 1
)

select
    decided.month_end,
    decided.universe_id,
    listed.symbol,
    listed.cik,
    listed.name,
    listed.sector,
    listed.weight_pct,
    listed.shares_held,
    decided.membership_basis,
    decided.list_date as membership_date,
    cast(decided.month_end - decided.list_date as integer) as membership_age_days,
    decided.list_known_on as known_on,
    listed.provenance
from decided
join listed using (universe_id, basis, source_id, accession, list_date)
where decided.membership_basis in ('nport', 'holdings', 'constituents', 'current')
union all by name
select
    decided.month_end,
    decided.universe_id,
    proxy.symbol,
    proxy.cik,
    cast(null as varchar) as name,
    cast(null as varchar) as sector,
    -- An approximation too: free float is not known.
    100 * caps.cap_usd / cast(nullif({{ exact_sum('caps.cap_usd') }} over (partition by decided.universe_id, decided.month_end), 0) as double) as weight_pct,
    cast(null as double) as shares_held,
    decided.membership_basis,
    proxy.effective_on as membership_date,
    cast(decided.month_end - proxy.effective_on as integer) as membership_age_days,
    decided.month_end as known_on,
    (select provenance from {{ ref('stg_clock__day') }}) as provenance
from decided
join {{ ref('int_rank_proxy_members') }} as proxy
    on proxy.universe_id = decided.universe_id and proxy.effective_on = decided.effective_on
join {{ ref('int_company_caps_monthly') }} as caps
    on caps.cik = proxy.cik and caps.symbol is not distinct from proxy.symbol and caps.month_end = decided.month_end
where decided.membership_basis = 'rank_proxy'
order by month_end, universe_id, symbol
