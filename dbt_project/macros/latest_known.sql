{# The newest version of each key known by the as-of day. Only for staging models, which all carry is_first, known_on and pulled_at, and for
   the key of their raw table: a row that was the first of its key and was never revised needs no comparison, and those are nearly all. #}
{% macro latest_known(relation, key) -%}
  {% set same %}{% for column in key %}known.{{ column }} is not distinct from revised.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}{% endset %}
  (
    with
    known as not materialized (
      select * from {{ relation }} where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    ),

    revised as (
      select distinct {{ key | join(', ') }} from known where is_first is distinct from true
    )

    select known.* exclude (is_first) from known anti join revised on {{ same }}
    union all
    select known.* exclude (is_first) from known semi join revised on {{ same }}
    qualify row_number() over (partition by {% for column in key %}known.{{ column }}{{ ', ' if not loop.last }}{% endfor %} order by known_on desc, pulled_at desc) = 1
  )
{%- endmacro %}
