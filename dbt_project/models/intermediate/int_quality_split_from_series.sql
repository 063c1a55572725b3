-- Cohorts of a universe that have a series of their own: all of it is the index, the profit-screened one an index of companies that
-- earn. Where the index has no return, its fund stands in, as a fund. Every cohort is on the basis of the universe's own index: price and
-- total return are not mixed. The columns of every int_quality_split_from_ model; fct_quality_split_daily joins them end to end.
with
candidates as (
    select cohorts.universe_id, cohorts.cohort, own.price_basis, instruments.instrument_id, instruments.kind
    from {{ ref('quality_cohorts') }} as cohorts
    join {{ ref('universes') }} as universes using (universe_id)
    join {{ ref('dim_instrument') }} as own on own.instrument_id = universes.instrument_id
    join {{ ref('dim_instrument') }} as instruments
        on instruments.price_basis = own.price_basis
        and ((instruments.kind = 'index' and instruments.instrument_id = cohorts.index_id)
            or (instruments.kind = 'fund' and instruments.proxy_of = cohorts.index_id))
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
    partition by returns.session_date, candidates.universe_id, candidates.cohort, returns.horizon
    order by returns.return_pct is null, candidates.kind = 'fund', candidates.instrument_id
) = 1
