-- Who would be a member by rank of market cap alone, by reconstitution. A company stays on its side of the line between large and small
-- while the caps above it add up to within the band around the share of the market that the line stands at; a new one is where its rank
-- puts it. Not the index: free float, primary country, minimum price and voting rights are not looked at.
with
ranked as (
    select
        rules.*,
        caps.cik,
        caps.symbol,
        caps.cap_usd,
        row_number() over by_cap as cap_rank,
        100 * cast(sum(cast(caps.cap_usd as decimal(38, 2))) over by_cap as double)
            / cast(sum(cast(caps.cap_usd as decimal(38, 2))) over (partition by rules.effective_on) as double) as cumulative_pct
    from {{ ref('int_reconstitutions') }} as rules
    join {{ ref('int_company_caps_monthly') }} as caps on caps.month_end = rules.rank_month_end and caps.cap_usd > 0
    window by_cap as (partition by rules.effective_on order by caps.cap_usd desc, caps.cik, caps.symbol rows unbounded preceding)
),

placed as (
    select
        *,
        max(case when cap_rank <= large_n then cumulative_pct end) over (partition by effective_on) as line_pct,
        lag(effective_on) over (partition by cik order by effective_on) as last_ranked_on,
        (select max(before.effective_on) from {{ ref('int_reconstitutions') }} as before where before.effective_on < ranked.effective_on) as last_on
    from ranked
),

decided as (
    select
        *,
        case
            when cumulative_pct <= line_pct - band_pct then 'large'
            when cumulative_pct > line_pct + band_pct then 'small'
            when last_ranked_on is distinct from last_on or last_on is null then case when cap_rank <= large_n then 'large' else 'small' end
        end as decision
    from placed
),

sided as (
    select
        *,
        last_value(decision ignore nulls) over (partition by cik order by effective_on rows unbounded preceding) as side
    from decided
)

select
    effective_on,
    rank_month_end,
    case side when 'large' then large_universe_id else small_universe_id end as universe_id,
    cik,
    symbol,
    cap_usd,
    cast(cap_rank as integer) as cap_rank,
    decision is null as is_kept_by_band
from sided
where side = 'large' or cap_rank <= large_n + small_n
order by effective_on, universe_id, cap_rank
