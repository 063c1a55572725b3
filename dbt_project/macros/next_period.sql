{# The date of the next period of n months: last days stay last days. #}
{% macro next_period(day, months) -%}
  cast(case
    when {{ day }} = last_day({{ day }}) then last_day({{ day }} + to_months({{ months }}))
    else {{ day }} + to_months({{ months }})
  end as date)
{%- endmacro %}
