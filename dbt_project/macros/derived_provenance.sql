{# What a computed row is: derived, unless an input was simulated. #}
{% macro derived_provenance(inputs) -%}
  case when {% for i in inputs %}{{ i }} = 'simulated'{{ ' or ' if not loop.last }}{% endfor %} then 'simulated' else 'derived' end
{%- endmacro %}
