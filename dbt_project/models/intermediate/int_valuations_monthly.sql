-- Valuation series on one form: what vendors drop in, what Shiller's file says of the S&P composite, and what filings add up to. A month whose earnings are
-- not reported yet is no row, so that its later arrival adds one and changes none.
with
dropped as (
    select
        month_end, universe_id, metric, basis, aggregation, loss_treatment, financials_treatment, earnings_definition,
        value, value_status, n_used, n_loss, n_missing, weight_coverage_pct, cast(null as varchar) as membership_basis, source_id, known_on, provenance
    from {{ latest_known(
        ref('stg_drop__valuations'), ['month_end', 'universe_id', 'metric', 'basis', 'aggregation', 'loss_treatment', 'source_id']
    ) }}
),

shiller as (
    select month_end, mean_close, earnings_ltm, known_on, provenance
    from {{ latest_known(ref('stg_shiller__months'), ['symbol', 'month_end']) }}
    where earnings_ltm is not null
),

reported as (
    -- The sum of all members' earnings, loss makers with them.
    select
        month_end, 'SP500' as universe_id, 'pe' as metric, 'ltm' as basis, 'aggregate' as aggregation, 'included' as loss_treatment,
        'included' as financials_treatment, 'as_reported' as earnings_definition,
        case when earnings_ltm > 0 then mean_close / earnings_ltm end as value,
        case when earnings_ltm > 0 then 'ok' else 'not_meaningful' end as value_status,
        cast(null as bigint) as n_used, cast(null as bigint) as n_loss, cast(null as bigint) as n_missing,
        cast(null as double) as weight_coverage_pct, cast(null as varchar) as membership_basis, 'shiller' as source_id, known_on,
        {{ derived_provenance(['provenance']) }} as provenance
    from shiller

    union all

    select
        month_end, 'SP500', 'earnings_yield', 'ltm', 'aggregate', 'included', 'included', 'as_reported',
        100 * earnings_ltm / mean_close, 'ok', null, null, null, null, null, 'shiller', known_on,
        {{ derived_provenance(['provenance']) }}
    from shiller
)

select * from dropped
union all
select * from reported
union all
select
    month_end, universe_id, metric, basis, aggregation, loss_treatment, financials_treatment, earnings_definition,
    value, value_status, n_used, n_loss, n_missing, weight_coverage_pct, membership_basis, source_id, known_on, provenance
from {{ ref('int_valuations_from_filings') }}
order by universe_id, metric, month_end
