{# Pairs of successive versions of one key of a raw table, seen through its staging model: what stood and what took its place, as JSON.
   Only for reference.revisions. The key is the source contract's; a staging model may call a column otherwise. A table with a vintage in
   its key has a version in each, and what two vintages say alike is no revision. #}
{% macro revised_rows(table, relation, renamed) -%}
  {% set ns = namespace(key=['known_on'], has_vintage=false) %}
  {% if execute %}
    {% for node in graph.sources.values() if node.name == table %}
      {% set ns.key = node.config.meta.key | reject('equalto', 'vintage') | list %}
      {% set ns.has_vintage = 'vintage' in node.config.meta.key %}
    {% endfor %}
  {% endif %}
  {% set columns = [] %}
  {% for column in ns.key %}{% do columns.append(renamed.get(column, column)) %}{% endfor %}
  {% set key = columns | join(', ') %}
  {% set bookkeeping = 'known_on, pulled_at, provenance' %}
  {% set unvalued = columns + ['raw_no', 'is_first', 'known_on', 'pulled_at', 'provenance', 'vintage', 'vintage_end'] %}
  (
    with
    known as (
        select * from {{ relation }} where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    ),

    versions as (
        select
            concat_ws(' | ', {{ key }}) as row_key,
            cast(to_json(struct_pack(*columns(lambda c: c not in ('{{ unvalued | join("', '") }}')))) as varchar) as row_values,
            {{ bookkeeping }}
        from known
        where ({{ key }}) in (select ({{ key }}) from known {{ 'group by ' ~ key ~ ' having count(*) > 1' if ns.has_vintage else 'where is_first is distinct from true' }})
    )

    select
        '{{ table }}' as table_name,
        row_key,
        lag(row_values) over (partition by row_key order by known_on, pulled_at) as old_value,
        row_values as new_value,
        lag(known_on) over (partition by row_key order by known_on, pulled_at) as known_since,
        known_on as superseded_on,
        provenance
    from versions
    qualify old_value is not null and old_value <> new_value
  )
{%- endmacro %}
