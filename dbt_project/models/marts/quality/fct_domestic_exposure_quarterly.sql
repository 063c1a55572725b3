-- One part an origin, all of the same columns: series that sources give, and what the segments of filings say.
{% set parts = ['int_domestic_exposure_from_series', 'int_domestic_exposure_from_filings'] %}
with exposure as (
    {% for part in parts %}
    select
        quarter_end, universe_id, source_id, domestic_revenue_pct, median_domestic_revenue_pct, n, without_split_n, coverage_pct,
        '{{ 'no_geographic_split' if part.endswith('filings') else 'not_given' }}' as no_value,
        known_on, provenance
    from {{ ref(part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    quarter_end,
    universe_id,
    source_id,
    cast(domestic_revenue_pct as decimal(18, 4)) as domestic_revenue_pct,
    cast(median_domestic_revenue_pct as decimal(18, 4)) as median_domestic_revenue_pct,
    nullif(concat_ws(
        '; ',
        case when domestic_revenue_pct is null then 'domestic_revenue_pct: ' || no_value end,
        case when median_domestic_revenue_pct is null then 'median_domestic_revenue_pct: ' || no_value end
    ), '') as reason,
    cast(n as integer) as n,
    cast(without_split_n as integer) as without_split_n,
    cast(coverage_pct as decimal(18, 4)) as coverage_pct,
    known_on,
    provenance
from exposure
order by universe_id, source_id, quarter_end
