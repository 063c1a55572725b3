-- Members by rank of market cap held against a real list of the same month end: how good the stand-in is where it can be checked.
with
proxied as (
    select lists.universe_id, lists.month_end, max(proxy.effective_on) as effective_on
    from (select distinct universe_id, month_end, membership_basis from {{ ref('int_memberships_monthly') }}) as lists
    join {{ ref('int_rank_proxy_members') }} as proxy
        on proxy.universe_id = lists.universe_id
        and proxy.effective_on < lists.month_end
        and proxy.effective_on >= lists.month_end - interval 14 months
    where lists.membership_basis in ('nport', 'holdings', 'constituents')
    group by all
),

ranked as (
    select proxied.universe_id, proxied.month_end, proxied.effective_on, proxy.cik, {{ symbol_key('proxy.symbol') }} as symbol_key
    from proxied
    join {{ ref('int_rank_proxy_members') }} as proxy using (universe_id, effective_on)
    where (proxy.cik, proxied.month_end) in (select (cik, month_end) from {{ ref('int_company_caps_monthly') }})
),

listed as (
    select members.*, {{ symbol_key('members.symbol') }} as symbol_key
    from {{ ref('int_memberships_monthly') }} as members
    semi join proxied on proxied.universe_id = members.universe_id and proxied.month_end = members.month_end
),

held as (
    select
        listed.*,
        exists (
            select 1
            from ranked
            where ranked.universe_id = listed.universe_id
                and ranked.month_end = listed.month_end
                and (ranked.cik = listed.cik or ranked.symbol_key = listed.symbol_key)
        ) as is_ranked
    from listed
),

proxy_counts as (
    select universe_id, month_end, max(effective_on) as effective_on, count(distinct cik) as proxy_n from ranked group by all
)

select
    held.month_end,
    held.universe_id,
    any_value(held.membership_basis) as membership_basis,
    any_value(held.membership_date) as membership_date,
    any_value(proxy_counts.effective_on) as reconstituted_on,
    cast(count(*) as integer) as list_n,
    cast(any_value(proxy_counts.proxy_n) as integer) as proxy_n,
    cast(count(*) filter (where held.is_ranked) as integer) as both_n,
    cast(100.0 * count(*) filter (where held.is_ranked) / count(*) as decimal(18, 4)) as overlap_pct,
    cast(
        100 * coalesce({{ exact_sum('held.weight_pct') }} filter (where held.is_ranked), 0) / nullif({{ exact_sum('held.weight_pct') }}, 0)
        as decimal(18, 4)
    ) as overlap_weight_pct,
    case when count(held.weight_pct) = 0 then 'no_weights' end as reason,
    any_value({{ derived_provenance(['held.provenance']) }}) as provenance
from held
join proxy_counts using (universe_id, month_end)
group by held.month_end, held.universe_id
order by month_end, universe_id
