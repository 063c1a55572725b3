{# Tables that are carried from run to run: what the last one derived stands, and only what came since is derived.

   `work.intermediate.carried` (laid out with the raw tables) says what each such table was derived from: how many rows of raw.drop_bars and raw.drop_constituents (which only
   grow), the as-of day, the sessions up to it, and the model's own SQL with its seeds and the SQL of the carried tables it reads. Where any of these no longer
   holds, an earlier as-of day among them, the table is derived whole. Otherwise the model's rows of days (`day_column`)
   from the earliest one that came take the place of those with the same key. Table and note are written in one transaction.

   A model asks carried('from'): the earliest day that something came of, no value where all is new; carried('day'), carried('bars_n'): up to
   which day and row it has seen raw. They are variables of the connection, so that DuckDB plans with their values. #}
{% macro carried(what) -%}
    getvariable('{{ this.identifier }}_{{ what }}')
{%- endmacro %}

{# Rows of a staging model that the carried table has not seen. #}
{% macro came_since(rows_n) -%}
    not coalesce(raw_no < {{ carried(rows_n) }} and known_on <= {{ carried('day') }}, false)
{%- endmacro %}

{# The day from which on a carried table is derived. #}
{% macro carried_from() -%}
    coalesce({{ carried('from') }}, date '0001-01-01')
{%- endmacro %}

{% macro _sessions_until(day) -%}
    (select md5(string_agg(session_date, ' ' order by session_date)) from {{ this.incorporate(path={'identifier': 'int_sessions'}) }} where session_date <= date '{{ day }}')
{%- endmacro %}

{% macro _raw(table) %}{{ return(this.incorporate(path={'schema': 'raw', 'identifier': table})) }}{% endmacro %}

{% materialization carried, adapter='duckdb' %}
  {% set name, notes = this.identifier, this.incorporate(path={'identifier': 'carried'}) %}
  {% set bars, lists, clock = _raw('drop_bars'), _raw('drop_constituents'), _raw('clock_day') %}
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
  {% if load_cached_relation(this) is not none %}
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
    {% set unseen = "known_on <= date '" ~ today ~ "' and not (known_on <= date '" ~ since[0] ~ "' and rowid < " %}
    {% set from = run_query(
        "select min(day) from (select min(session_date) as day from " ~ bars ~ " where collection <> 'instruments' and " ~ unseen ~ since[1] ~ ")"
        ~ " union all select min(snapshot_date) from " ~ lists ~ " where " ~ unseen ~ since[2] ~ "))"
    ).columns[0].values()[0] %}
    {% call statement('main') %}
      {% if from is none %}
        select 'nothing came' as told
      {% else %}
        set variable {{ name }}_from = date '{{ from }}';
        set variable {{ name }}_day = date '{{ since[0] }}';
        set variable {{ name }}_bars_n = {{ since[1] }};
        set variable {{ name }}_lists_n = {{ since[2] }};
        create or replace temp table {{ name }}__came as ({{ sql }});
        delete from {{ this }} where {{ config.get('day_column', 'session_date') }} >= date '{{ from }}' and ({{ key }}) in (select ({{ key }}) from {{ name }}__came);
        insert into {{ this }} by name from {{ name }}__came;
        drop table {{ name }}__came;
        reset variable {{ name }}_from;
        reset variable {{ name }}_day;
        reset variable {{ name }}_bars_n;
        reset variable {{ name }}_lists_n;
      {% endif %}
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
