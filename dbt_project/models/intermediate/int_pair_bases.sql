-- The basis on which both sides of a pair can be compared, or why there is none: price with price, else total return with total return.
with
instruments as (
    select instrument_id, price_basis, price_basis = 'total_return' or has_adjusted_closes as has_total_return
    from {{ ref('int_price_bases') }}
    where is_primary
)

select
    pairs.small_id,
    pairs.large_id,
    pairs.is_headline,
    case
        when small.price_basis = 'price' and large.price_basis = 'price' then 'price'
        when small.has_total_return and large.has_total_return then 'total_return'
    end as price_basis,
    case
        when small.instrument_id is null and large.instrument_id is null then 'no series held for ' || pairs.small_id || ' and ' || pairs.large_id
        when small.instrument_id is null then 'no series held for ' || pairs.small_id
        when large.instrument_id is null then 'no series held for ' || pairs.large_id
        when not (small.price_basis = 'price' and large.price_basis = 'price') and not (small.has_total_return and large.has_total_return)
            then pairs.small_id || ' is held as ' || small.price_basis || ', ' || pairs.large_id || ' as ' || large.price_basis
    end as missing_reason
from {{ ref('pairs') }} as pairs
left join instruments as small on small.instrument_id = pairs.small_id
left join instruments as large on large.instrument_id = pairs.large_id
order by 1, 2
