{# A ticker without what vendors write between the symbol and the class of its shares: BRK.B, BRK-B and BRKB are one. #}
{% macro symbol_key(symbol) -%}
  upper(regexp_replace({{ symbol }}, '[^A-Za-z0-9]', '', 'g'))
{%- endmacro %}
{# A company's name without signs, the form of the company and the class of its shares, so that two writers' names can be compared. #}
{% macro company_name_key(name) -%}
  trim(regexp_replace(
    regexp_replace(
      regexp_replace(upper(replace({{ name }}, '&', ' AND ')), '\b(CLASS|CL|SERIES|SER) [A-C]\b|/[A-Z]{2,3}/?|[.''’]', '', 'g'),
      '[^A-Z0-9]+', ' ', 'g'),
    '\b(THE|INC|INCORPORATED|CORP|CORPORATION|CO|COMPANY|LTD|LIMITED|PLC|LP|LLC|NV|SA|AG|NEW|COM|COMMON STOCK|REIT|CLASS)\b *', '', 'g'))
{%- endmacro %}
