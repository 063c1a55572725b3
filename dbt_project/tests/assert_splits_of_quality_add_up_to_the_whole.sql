-- Contributions of a split by earnings, and of one by return on equity, add up to the return of all members held.
select session_date, universe_id, horizon
from {{ ref('int_quality_split_from_filings') }}
where return_reason is null
group by session_date, universe_id, horizon
having abs(sum(contribution_pp) filter (where cohort in ('earners', 'non_earners', 'earnings_unknown')) - max(return_pct) filter (where cohort = 'members')) > 1e-6
    or abs(sum(contribution_pp) filter (where cohort like 'roe_%') - max(return_pct) filter (where cohort = 'members')) > 1e-6
