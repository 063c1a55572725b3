-- A sample run publishes simulated prices only, a live run none.
{% for mart in ['fct_performance_daily', 'fct_relative_performance_daily', 'fct_sector_performance_daily', 'fct_breadth_daily',
    'fct_valuation_monthly', 'fct_discount_monthly', 'fct_policy_moves', 'fct_rates_daily'] %}
select distinct '{{ mart }}' as mart, provenance
from {{ ref(mart) }}
where provenance not in ({{ "'simulated'" if target.name == 'sample' else "'observed', 'derived'" }})
{{ 'union all' if not loop.last }}
{% endfor %}
