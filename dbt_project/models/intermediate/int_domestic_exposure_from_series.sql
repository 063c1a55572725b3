-- What sources say of where a universe sells, one row a quarter and source. n and coverage are those of the measure that rests on least.
-- The columns of every int_domestic_exposure_from_ model; fct_domestic_exposure_quarterly joins them end to end.
select
    period_end as quarter_end,
    universe_id,
    source_id,
    max(value) filter (where measure = 'domestic_revenue_pct') as domestic_revenue_pct,
    max(value) filter (where measure = 'median_domestic_revenue_pct') as median_domestic_revenue_pct,
    min(n) as n,
    cast(null as bigint) as without_split_n,  -- a series does not say who is left out
    min(coverage_pct) as coverage_pct,
    max(known_on) as known_on,
    case when bool_or(provenance = 'simulated') then 'simulated' else 'observed' end as provenance
from {{ latest_known(ref('stg_drop__fundamentals'), ['period_end', 'universe_id', 'measure', 'source_id']) }}
where measure in ('domestic_revenue_pct', 'median_domestic_revenue_pct')
group by period_end, universe_id, source_id
