-- No pair of the seed is lost, and none is both.
select pairs.small_id, pairs.large_id
from {{ ref('pairs') }} as pairs
left join (select distinct small_id, large_id from {{ ref('fct_relative_performance_daily') }}) as shown using (small_id, large_id)
left join {{ ref('missing_pairs') }} as missing on missing.small_id = pairs.small_id and missing.large_id = pairs.large_id
where (shown.small_id is null) = (missing.small_id is null)
