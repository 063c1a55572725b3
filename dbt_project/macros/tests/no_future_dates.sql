{# Nothing is dated after the as-of day of the run. #}
{% test no_future_dates(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} > (select as_of_date from {{ ref('stg_clock__day') }})
{% endtest %}
