-- The rotation and the relative performance of a pair speak of one line, and neither holds a session the other does not.
select rotation.session_date, rotation.small_id, rotation.large_id, rotation.relative_strength, relative.relative_strength as published
from {{ ref('fct_rotation_daily') }} as rotation
full join (
    select distinct session_date, small_id, large_id, relative_strength from {{ ref('fct_relative_performance_daily') }}
) as relative using (session_date, small_id, large_id)
where rotation.relative_strength is distinct from relative.relative_strength
