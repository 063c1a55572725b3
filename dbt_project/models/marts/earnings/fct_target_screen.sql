-- One row a list and capture, from the published upsides. Sums in decimals: a rounding must not depend on the order of the rows.
with
summed as (
    select
        list_id,
        captured_on,
        count(*) as stocks_n,
        count(upside_pct) as n,
        cast({{ exact_sum('upside_pct') }} as double) as total,
        median(cast(upside_pct as double)) as middle,
        count(*) filter (where upside_pct > 0) as above_price_n,
        count(*) filter (where is_outdated) as outdated_n,
        count(*) filter (where age_reason = 'target_date_not_given') as undated_n,
        count(*) filter (where upside_reason = 'no_target') as without_target_n,
        count(*) filter (where upside_reason = 'no_price') as without_price_n,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from {{ ref('fct_target_upside') }}
    group by list_id, captured_on
)

select
    list_id,
    captured_on,
    cast(stocks_n as integer) as stocks_n,
    cast(n as integer) as n,
    cast(total / nullif(n, 0) as decimal(18, 4)) as mean_upside_pct,
    cast(middle as decimal(18, 4)) as median_upside_pct,
    case when n = 0 then 'no_upside_in_the_list' end as upside_reason,
    cast(above_price_n as integer) as above_price_n,
    cast(outdated_n as integer) as outdated_n,
    cast(undated_n as integer) as undated_n,
    cast(without_target_n as integer) as without_target_n,
    cast(without_price_n as integer) as without_price_n,
    known_on,
    provenance
from summed
order by list_id, captured_on
