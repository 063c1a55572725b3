{# Every row keeps the rules, by name; a value is empty where its reason is given and nowhere else; no date lies after the as-of day.
   One scan for all of them: a failing row comes back with the names of what it broke. A rule that cannot be said of a row is kept. #}
{% test rows_hold(model, rules={}, empty_with_reason={}, not_after_as_of=[]) %}
select *
from (
    select
        concat_ws(
            ', ',
            {% for name, expression in rules.items() %}
            case when not ({{ expression }}) then '{{ name }}' end,
            {% endfor %}
            {% for value, reason in empty_with_reason.items() %}
            case when ({{ value }} is null) <> ({{ reason }} is not null) then '{{ value }} is empty if and only if {{ reason }} is given' end,
            {% endfor %}
            {% for day in not_after_as_of %}
            case when {{ day }} > (select as_of_date from {{ ref('stg_clock__day') }}) then '{{ day }} is not after the as-of day' end,
            {% endfor %}
            null
        ) as broken,
        *
    from {{ model }}
)
where broken <> ''
{% endtest %}
