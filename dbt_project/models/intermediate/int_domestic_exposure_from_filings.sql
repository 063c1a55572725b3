-- Share of revenue at home by the geographic split of the filings, at each quarter end: weighted by market cap, and the median company.
-- A company without a split, or whose split has no United States, is counted and not guessed.
with
members as (
    select
        *,
        -- Home beyond all revenue is a slip of tagging, not a share.
        case
            when revenue_home_usd >= 0 and revenue_home_usd <= revenue_usd and revenue_usd > 0
                then 100 * cast(revenue_home_usd as double) / cast(revenue_usd as double)
        end as home_pct
    from {{ ref('int_member_fundamentals_monthly') }}
    where month_end = last_day(month_end) and month(month_end) in (3, 6, 9, 12)
)

select
    month_end as quarter_end,
    universe_id,
    'rotation_filings' as source_id,
    cast({{ exact_sum('cap_usd * home_pct') }} as double) / nullif(cast({{ exact_sum('cap_usd') }} filter (where home_pct is not null) as double), 0) as domestic_revenue_pct,
    median(home_pct) as median_domestic_revenue_pct,
    count(home_pct) as n,
    count(*) filter (where home_pct is null) as without_split_n,
    case
        when count(*) = count(weight_pct)
            then 100 * cast(coalesce({{ exact_sum('weight_pct') }} filter (where home_pct is not null), 0) as double) / nullif(cast({{ exact_sum('weight_pct') }} as double), 0)
        else 100.0 * count(home_pct) / count(*)
    end as coverage_pct,
    max(known_on) as known_on,
    case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
from members
group by month_end, universe_id
