select
    effective_date,
    decision_date,
    source_date,
    cast(lower_pct as decimal(18, 4)) as lower_pct,
    cast(upper_pct as decimal(18, 4)) as upper_pct,
    cast(change_bp as decimal(18, 4)) as change_bp,
    cast(consecutive_moves as integer) as consecutive_moves,
    cast(cumulative_bp as decimal(18, 4)) as cumulative_bp,
    stance,
    previous_stance,
    known_on,
    {{ derived_provenance(['provenance']) }} as provenance
from {{ ref('int_policy_moves') }}
order by effective_date
