{# Tables that are carried from run to run: what the last one derived stands, and only what came since is derived.

   `work.intermediate.carried` (laid out with the raw tables) says what each such table was derived from: how many rows of raw.drop_bars and
   raw.drop_constituents (which only grow), the as-of day, the sessions up to it, and the model's own SQL with its seeds and the SQL of the
   carried tables it reads. Where any of these no longer holds, an earlier as-of day among them, the table is derived whole. Otherwise the
   model's rows of days (`day_column`) from the earliest one that came take the place of those with the same key. Table and note are written
   in one transaction.

   A model asks carried('from'): the earliest day that something came of, no value where all is new; carried('day'), carried('bars_n'): up to
   which day and row it has seen raw. They are variables of the connection, so that DuckDB plans with their values. #}
{% macro carried(what) -%}
    getvariable('{{ this.identifier }}_{{ what }}')
{%- endmacro %}

{# Rows of a staging model that the carried table has not seen: in two parts, so that each reads only the blocks that can hold some. #}
{% macro came_since(relation, rows_n) -%}
  (
    select * from {{ relation }} where raw_no >= coalesce({{ carried(rows_n) }}, 0)
    union all
    select * from {{ relation }} where raw_no < {{ carried(rows_n) }} and known_on > {{ carried('day') }}
  )
{%- endmacro %}

{# The day from which on a carried table is derived. #}
{% macro carried_from() -%}
    coalesce({{ carried('from') }}, date '0001-01-01')
{%- endmacro %}
