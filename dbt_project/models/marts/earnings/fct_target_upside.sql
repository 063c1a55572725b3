-- Each stock of each list as captured on each day. A capture stands for its day: nothing is carried forward, nothing dated back.
with
targets as (
    select
        *,
        cast(case when target_mean is not null and price is not null then 100 * (target_mean / price - 1) end as decimal(18, 4)) as upside_pct,
        cast(case when target_mean is not null then captured_on - target_date end as integer) as target_age_days
    from {{ latest_known(ref('stg_drop__targets'), ['list_id', 'symbol', 'captured_on']) }}
)

select
    list_id,
    captured_on,
    symbol,
    name,
    cast(price as decimal(18, 4)) as price,
    cast(target_mean as decimal(18, 4)) as target_mean,
    cast(target_high as decimal(18, 4)) as target_high,
    cast(target_low as decimal(18, 4)) as target_low,
    upside_pct,
    case when target_mean is null then 'no_target' when price is null then 'no_price' end as upside_reason,
    cast(analysts_n as integer) as analysts_n,
    target_date,
    target_age_days,
    target_age_days > {{ var('target_outdated_days') }} as is_outdated,
    case when target_mean is null then 'no_target' when target_date is null then 'target_date_not_given' end as age_reason,
    known_on,
    {{ derived_provenance(['provenance']) }} as provenance
from targets
order by list_id, captured_on, symbol
