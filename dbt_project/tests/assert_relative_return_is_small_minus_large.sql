-- The excess of a pair is the difference of the two returns that fct_performance_daily publishes, where the pair is on their basis.
select relative.session_date, relative.small_id, relative.large_id, relative.horizon, relative.excess_pp, small.return_pct, large.return_pct
from {{ ref('fct_relative_performance_daily') }} as relative
join {{ ref('fct_performance_daily') }} as small
    on small.session_date = relative.session_date and small.instrument_id = relative.small_id and small.horizon = relative.horizon
    and small.price_basis = relative.price_basis
join {{ ref('fct_performance_daily') }} as large
    on large.session_date = relative.session_date and large.instrument_id = relative.large_id and large.horizon = relative.horizon
    and large.price_basis = relative.price_basis
where relative.excess_pp <> small.return_pct - large.return_pct
