-- One part an origin, all of the same columns: cohorts that have a series, and cohorts made of members by their filings.
{% set parts = ['int_quality_split_from_series', 'int_quality_split_from_filings'] %}
with split as (
    {% for part in parts %}
    select
        session_date, universe_id, cohort, horizon, return_pct, return_reason, contribution_pp, weight_pct, members_n, composition_reason,
        instrument_id, instrument_kind, price_basis, source_id, provenance
    from {{ ref(part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    session_date,
    universe_id,
    cohort,
    horizon,
    cast(return_pct as decimal(18, 4)) as return_pct,
    return_reason,
    cast(contribution_pp as decimal(18, 4)) as contribution_pp,
    cast(weight_pct as decimal(18, 4)) as weight_pct,
    cast(members_n as integer) as members_n,
    composition_reason,
    instrument_id,
    instrument_kind,
    price_basis,
    source_id,
    {{ derived_provenance(['provenance']) }} as provenance
from split
order by year(session_date), universe_id, cohort, session_date, horizon, price_basis
