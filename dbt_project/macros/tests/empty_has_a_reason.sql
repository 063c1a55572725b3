{# A value is empty where its reason is given, and nowhere else. #}
{% test empty_has_a_reason(model, reasons) %}
select *
from {{ model }}
where {% for value, reason in reasons.items() %}({{ value }} is null) <> ({{ reason }} is not null){{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
