{% macro left_out_fact() %}
{#- Why the first universe does not use a fact; null where it does. The fact stays: it is marked and counted. #}
case
    when regexp_matches(form, '^(20-F|40-F|6-K)') or taxonomy = 'ifrs-full' then 'foreign_filer'
    when unit not in ('USD', 'shares', 'USD/shares') then 'unit'
    when taxonomy = 'custom' then 'custom_tag'
end
{%- endmacro %}
