-- One part a basis, all of the same columns: what analysts expect, and what companies reported.
{% set parts = ['int_earnings_growth_consensus', 'int_earnings_growth_from_filings'] %}
with growth as (
    {% for part in parts %}
    select
        captured_on, universe_id, period, basis, source_id, earnings_base, earnings_expected, growth_pct, growth_source, value_status,
        growth_ex_health_care_pct, growth_ex_health_care_source, ex_health_care_status, n, known_on, provenance
    from {{ ref(part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    captured_on,
    universe_id,
    period,
    basis,
    source_id,
    cast(earnings_base as decimal(38, 4)) as earnings_base,
    cast(earnings_expected as decimal(38, 4)) as earnings_expected,
    cast(growth_pct as decimal(18, 4)) as growth_pct,
    growth_source,
    value_status,
    cast(growth_ex_health_care_pct as decimal(18, 4)) as growth_ex_health_care_pct,
    growth_ex_health_care_source,
    ex_health_care_status,
    cast(n as integer) as n,
    known_on,
    provenance
from growth
order by universe_id, period, basis, source_id, captured_on
