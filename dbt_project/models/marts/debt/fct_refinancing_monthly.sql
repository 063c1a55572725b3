-- One part an origin, all of the same columns: series that sources give, and what filings say.
{% set parts = ['int_refinancing_from_series', 'int_refinancing_from_filings'] %}
with refinancing as (
    {% for part in parts %}
    select
        month_end, universe_id, source_id, interest_cover_below_1_pct, debt_due_1y_pct, median_interest_cover,
        cover_change_per_100bp, floating_share_pct, n, coverage_pct, known_on, provenance
    from {{ ref(part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    month_end,
    universe_id,
    source_id,
    cast(interest_cover_below_1_pct as decimal(18, 4)) as interest_cover_below_1_pct,
    cast(debt_due_1y_pct as decimal(18, 4)) as debt_due_1y_pct,
    cast(median_interest_cover as decimal(18, 4)) as median_interest_cover,
    cast(cover_change_per_100bp as decimal(18, 4)) as cover_change_per_100bp,
    cast(floating_share_pct as decimal(18, 4)) as floating_share_pct,
    nullif(concat_ws(
        '; ',
        case when interest_cover_below_1_pct is null then 'interest_cover_below_1_pct: not_given' end,
        case when debt_due_1y_pct is null then 'debt_due_1y_pct: not_given' end,
        case when median_interest_cover is null then 'median_interest_cover: not_given' end,
        case when cover_change_per_100bp is null then 'cover_change_per_100bp: not_given' end,
        case when floating_share_pct is null then 'floating_share_pct: not_given' end
    ), '') as reasons,
    cast(n as integer) as n,
    cast(coverage_pct as decimal(18, 4)) as coverage_pct,
    known_on,
    provenance
from refinancing
order by universe_id, source_id, month_end
