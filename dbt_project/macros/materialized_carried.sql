{# How a carried table is written (carried.sql says what that is). #}
{% macro _sessions_until(day) -%}
    (select md5(string_agg(session_date, ' ' order by session_date)) from {{ this.incorporate(path={'identifier': 'int_sessions'}) }} where session_date <= date '{{ day }}')
{%- endmacro %}

{% macro _in(schema, table) %}{{ return(this.incorporate(path={'schema': schema, 'identifier': table})) }}{% endmacro %}

{% materialization carried, adapter='duckdb' %}
  {% set name, notes = this.identifier, this.incorporate(path={'identifier': 'carried'}) %}
  {% set bars, lists, clock = _in('raw', 'drop_bars'), _in('raw', 'drop_constituents'), _in('raw', 'clock_day') %}
  {% set key = config.require('unique_key') | join(', ') %}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% set read, seeds = [], [] %}
  {% for node in model.depends_on.nodes %}
    {% do read.append(node.split('.')[-1]) %}
    {% if node.startswith('seed.') %}{% do seeds.append(graph.nodes[node].checksum.checksum) %}{% endif %}
  {% endfor %}
  {% set codes = run_query("select coalesce(string_agg(code, ' ' order by model), '') from " ~ notes ~ " where model in ('" ~ read | join("', '") ~ "')").columns[0].values()[0] %}
  {% set code = local_md5(sql ~ codes ~ seeds | join) %}
  {% set today = run_query('select as_of_date from ' ~ clock).columns[0].values()[0] %}
  {% set since = none %}
  {% if load_cached_relation(this) is not none and not should_full_refresh() %}
    {% set note = run_query(
        "select as_of_date, bars_n, lists_n, sessions from " ~ notes ~ " where model = '" ~ name ~ "' and code = '" ~ code ~ "' and as_of_date <= date '" ~ today ~ "'"
    ).rows %}
    {% if note %}
      {% set stands = run_query(
          "select (select count(*) from " ~ bars ~ " where rowid < " ~ note[0][1] ~ ") = " ~ note[0][1]
          ~ " and (select count(*) from " ~ lists ~ " where rowid < " ~ note[0][2] ~ ") = " ~ note[0][2]
          ~ " and " ~ _sessions_until(note[0][0]) ~ " = '" ~ note[0][3] ~ "'"
      ).columns[0].values()[0] %}
      {% set since = note[0] if stands else none %}
    {% endif %}
  {% endif %}
  {% if since is none %}
    {% call statement('main') %}
      create or replace table {{ this }} as ({{ sql }})
    {% endcall %}
  {% else %}
    {% call statement('seen') %}
      set variable {{ name }}_day = date '{{ since[0] }}';
      set variable {{ name }}_bars_n = {{ since[1] }};
      set variable {{ name }}_lists_n = {{ since[2] }};
    {% endcall %}
    {% set from = run_query(
        "select min(day) from (select min(session_date) as day from " ~ came_since(_in('staging', 'stg_drop__bars'), 'bars_n') ~ " where collection <> 'instruments' and known_on <= date '" ~ today
        ~ "' union all select min(snapshot_date) from " ~ came_since(_in('staging', 'stg_drop__constituents'), 'lists_n') ~ " where known_on <= date '" ~ today ~ "')"
    ).columns[0].values()[0] %}
    {% call statement('main') %}
      {% if from is none %}
        select 'nothing came' as told
      {% else %}
        set variable {{ name }}_from = date '{{ from }}';
        create or replace temp table {{ name }}__came as ({{ sql }});
        delete from {{ this }} where {{ config.get('day_column', 'session_date') }} >= date '{{ from }}' and ({{ key }}) in (select ({{ key }}) from {{ name }}__came);
        insert into {{ this }} by name from {{ name }}__came;
        drop table {{ name }}__came;
        reset variable {{ name }}_from;
      {% endif %}
    {% endcall %}
    {% call statement('forgotten') %}
      reset variable {{ name }}_day;
      reset variable {{ name }}_bars_n;
      reset variable {{ name }}_lists_n;
    {% endcall %}
  {% endif %}
  {% call statement('note') %}
    delete from {{ notes }} where model = '{{ name }}';
    insert into {{ notes }}
      select '{{ name }}', '{{ code }}', {{ _sessions_until(today) }}, date '{{ today }}',
        (select count(*) from {{ bars }}), (select count(*) from {{ lists }});
  {% endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [this]}) }}
{% endmaterialization %}
