{# For each pair of a seed, the basis on which both sides can be compared, or why there is none: price with price, else total return
   with total return. #}
{% macro comparable_bases(pairs, left, right, kept) -%}
with
instruments as (
    select instrument_id, price_basis, price_basis = 'total_return' or has_adjusted_closes as has_total_return
    from {{ ref('int_price_bases') }}
    where is_primary
)

select
    pairs.{{ left }},
    pairs.{{ right }},
    pairs.{{ kept }},
    case
        when one.price_basis = 'price' and other.price_basis = 'price' then 'price'
        when one.has_total_return and other.has_total_return then 'total_return'
    end as price_basis,
    case
        when one.instrument_id is null and other.instrument_id is null then 'no series held for ' || pairs.{{ left }} || ' and ' || pairs.{{ right }}
        when one.instrument_id is null then 'no series held for ' || pairs.{{ left }}
        when other.instrument_id is null then 'no series held for ' || pairs.{{ right }}
        when not (one.price_basis = 'price' and other.price_basis = 'price') and not (one.has_total_return and other.has_total_return)
            then pairs.{{ left }} || ' is held as ' || one.price_basis || ', ' || pairs.{{ right }} || ' as ' || other.price_basis
    end as missing_reason
from {{ pairs }} as pairs
left join instruments as one on one.instrument_id = pairs.{{ left }}
left join instruments as other on other.instrument_id = pairs.{{ right }}
order by 1, 2
{%- endmacro %}
