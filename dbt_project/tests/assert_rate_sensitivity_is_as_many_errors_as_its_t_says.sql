-- beta is t_stat standard errors, but for the rounding of the three.
select month_end, small_id, large_id, series_id, beta, standard_error, t_stat
from {{ ref('fct_rate_sensitivity_monthly') }}
where abs(t_stat * standard_error - beta) > 0.0001 * (1 + abs(t_stat) + standard_error)
