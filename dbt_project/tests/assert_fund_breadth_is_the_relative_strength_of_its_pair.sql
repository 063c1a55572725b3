-- Where two funds are a breadth measure and a pair as well, both tables say the same.
select funds.session_date, funds.measure, funds.ratio, pairs.relative_strength
from {{ ref('fct_breadth_funds_daily') }} as funds
join {{ ref('fct_rotation_daily') }} as pairs
    on pairs.small_id = funds.numerator_id and pairs.large_id = funds.denominator_id and pairs.session_date = funds.session_date
where funds.ratio is distinct from pairs.relative_strength or funds.trend is distinct from pairs.rs_trend
