-- Members of each universe at each month end, by what was known then: the newest list not older than membership_carry_months; without
-- one, ranks by market cap under the published rules; without those a list of another time (`current`): the last known, however old,
-- and before the first, where prices of members are held, the first projected back. Failures are missing there: quality.survivorship.
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
            when kept.list_date is not null or (first_lists.list_date is not null and kept.month_end >= priced.first_month) then 'current'
        end as membership_basis,
        coalesce(kept.basis, first_lists.basis) as basis,
        coalesce(kept.source_id, first_lists.source_id) as source_id,
        coalesce(kept.accession, first_lists.accession) as accession,
        coalesce(kept.list_date, first_lists.list_date) as list_date,
        coalesce(kept.valid_from, first_lists.valid_from) as list_known_on,
        proxied.effective_on
    from kept
    left join proxied using (universe_id, month_end)
    left join first_lists using (universe_id)
    left join priced using (universe_id)
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
join {{ ref('int_list_companies') }} as listed using (universe_id, basis, source_id, accession, list_date)
where decided.membership_basis in ('nport', 'holdings', 'constituents', 'current')
union all by name
select
    decided.month_end,
    decided.universe_id,
    coalesce(caps.symbol, proxy.symbol) as symbol,
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
-- By company: its ticker may have changed. One without a close counts as missing until the next ranking: gone or not, nobody knows yet.
left join {{ ref('int_company_caps_monthly') }} as caps on caps.cik = proxy.cik and caps.month_end = decided.month_end
where decided.membership_basis = 'rank_proxy'
order by month_end, universe_id, symbol
