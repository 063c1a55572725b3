{# The newest version of each key known by the as-of day. Only for staging models, which all carry known_on and pulled_at. #}
{% macro latest_known(relation, key) -%}
  (
    select *
    from {{ relation }}
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    qualify row_number() over (partition by {{ key | join(', ') }} order by known_on desc, pulled_at desc) = 1
  )
{%- endmacro %}
