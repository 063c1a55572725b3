-- What sources say of a universe's debt, one row a month and source. n and coverage are those of the measure that rests on least.
-- The columns of every int_refinancing_from_ model; fct_refinancing_monthly joins them end to end.
select
    period_end as month_end,
    universe_id,
    source_id,
    max(value) filter (where measure = 'interest_cover_below_1_pct') as interest_cover_below_1_pct,
    max(value) filter (where measure = 'debt_due_1y_pct') as debt_due_1y_pct,
    max(value) filter (where measure = 'median_interest_cover') as median_interest_cover,
    max(value) filter (where measure = 'cover_change_per_100bp') as cover_change_per_100bp,
    max(value) filter (where measure = 'floating_share_pct') as floating_share_pct,
    min(n) as n,
    min(coverage_pct) as coverage_pct,
    max(known_on) as known_on,
    case when bool_or(provenance = 'simulated') then 'simulated' else 'observed' end as provenance
from {{ latest_known(ref('stg_drop__fundamentals'), ['period_end', 'universe_id', 'measure', 'source_id']) }}
where measure not in ('domestic_revenue_pct', 'median_domestic_revenue_pct')
group by period_end, universe_id, source_id
