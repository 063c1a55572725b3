-- Cohorts of a universe that have a series of their own: all of it is the index, the profit-screened one an index of companies that
-- earn. Where the index has no return, its fund stands in, as a fund. Price and total return are told apart, so that cohorts are held
-- against one another on one basis. The columns of every int_quality_split_from_ model; fct_quality_split_daily joins them end to end.
with candidates as (
    select cohorts.universe_id, cohorts.cohort, instruments.instrument_id, instruments.kind
    from {{ ref('quality_cohorts') }} as cohorts
    join {{ ref('dim_instrument') }} as instruments
        on (instruments.kind = 'index' and instruments.instrument_id = cohorts.index_id)
        or (instruments.kind = 'fund' and instruments.proxy_of = cohorts.index_id)
)

select
    returns.session_date,
    candidates.universe_id,
    candidates.cohort,
    returns.horizon,
    returns.return_pct,
    returns.return_reason,
    cast(null as double) as contribution_pp,
    cast(null as double) as weight_pct,
    cast(null as bigint) as members_n,
    'no_members_in_a_series' as composition_reason,
    candidates.instrument_id,
    candidates.kind as instrument_kind,
    returns.price_basis,
    returns.series_id as source_id,
    returns.provenance
from candidates
join {{ ref('fct_performance_daily') }} as returns using (instrument_id)
qualify row_number() over (
    partition by returns.session_date, candidates.universe_id, candidates.cohort, returns.horizon, returns.price_basis
    order by returns.return_pct is null, candidates.kind = 'fund', candidates.instrument_id
) = 1
