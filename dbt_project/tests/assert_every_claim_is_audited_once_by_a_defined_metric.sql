-- Every claim of the seed has its finding, and a finding that was computed names a metric of dim_metric.
select
    coalesce(claims.claim_id, found.claim_id) as claim_id,
    found.metric_id,
    found.computed_reason
from {{ ref('claims') }} as claims
full outer join {{ ref('fct_claim_audit') }} as found on claims.claim_id = found.claim_id
left join {{ ref('dim_metric') }} as metrics on found.metric_id = metrics.metric_id
where
    claims.claim_id is null
    or found.claim_id is null
    or (found.computed_text is not null and metrics.metric_id is null)
