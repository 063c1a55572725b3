-- A sample run publishes simulated prices only, a live run none.
{% for mart in ['fct_performance_daily', 'fct_relative_performance_daily', 'fct_sector_performance_daily', 'fct_breadth_daily', 'fct_breadth_funds_daily',
    'fct_valuation_monthly', 'fct_discount_monthly', 'fct_policy_moves', 'fct_policy_stance_daily', 'fct_rates_daily',
    'fct_size_premium', 'fct_size_premium_windows', 'fct_size_premium_win_rate', 'fct_rate_sensitivity_monthly', 'fct_credit_daily',
    'fct_event_study', 'fct_implied_rerating_monthly',
    'fct_technicals_daily', 'fct_levels_daily', 'fct_rotation_daily', 'fct_leadership_cycles'] %}
select distinct '{{ mart }}' as mart, provenance
from {{ ref(mart) }}
where provenance not in ({{ "'simulated'" if target.name == 'sample' else "'observed', 'derived'" }})
{{ 'union all' if not loop.last }}
{% endfor %}
