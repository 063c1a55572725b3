-- A sample run publishes simulated prices only, a live run none.
{% for mart in measured_marts() %}
select distinct '{{ mart }}' as mart, provenance
from {{ ref(mart) }}
where provenance not in ({{ "'simulated'" if target.name == 'sample' else "'observed', 'derived'" }})
{{ 'union all' if not loop.last }}
{% endfor %}
