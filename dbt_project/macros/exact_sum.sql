{# A sum that does not depend on the order of its rows. Threads add doubles in any order, and the last bit decides a rounding:
   one published value in three thousand sessions moved between two builds of the same data. Decimals add exactly. #}
{% macro exact_sum(value) -%}
    sum(cast({{ value }} as decimal(38, 15)))
{%- endmacro %}
