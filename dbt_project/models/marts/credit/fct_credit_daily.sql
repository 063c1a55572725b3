-- Each observation among those before it, as they were first known: the percentile a reader could have computed on the day.
with
observations as (
    select first_known.*, series.published_since
    from {{ ref('int_fred_first_known') }} as first_known
    join {{ ref('credit_series') }} as series using (series_id)
),

placed as (
    select
        *,
        cast(observation_date - to_months(3) as date) as target_date,
        min(observation_date) over so_far as window_start,
        count(*) over so_far as window_n,
        -- One more than the number of values above it so far.
        rank(order by value desc) over so_far as rank_from_above,
        max(provenance) over (partition by series_id) as series_provenance
    from observations
    window so_far as (partition by series_id order by observation_date rows between unbounded preceding and current row)
),

measured as (
    select *, (observation_date - window_start) / 365.25 as window_years
    from placed
)

select
    today.observation_date as date,
    today.series_id,
    today.unit,
    cast(today.value as decimal(18, 6)) as value,
    cast(case
        when today.window_years >= {{ var('credit_window_min_years') }}
            then 100.0 * (today.window_n - today.rank_from_above + 1) / today.window_n
    end as decimal(18, 4)) as percentile,
    case when today.window_years < {{ var('credit_window_min_years') }} then 'fewer_than_{{ var('credit_window_min_years') }}_years' end as percentile_reason,
    today.window_start,
    cast(today.window_years as decimal(18, 4)) as window_years,
    cast(today.window_n as integer) as window_n,
    today.window_years < {{ var('credit_window_years') }} or today.window_start > today.published_since + 31 as is_window_truncated,
    case
        when today.window_start > today.published_since + 31 then 'provider_truncated'
        when today.window_years < {{ var('credit_window_years') }} then 'shorter_than_{{ var('credit_window_years') }}_years'
    end as truncation_reason,
    case when base.observation_date >= today.target_date - {{ var('base_close_tolerance_days') }} then base.observation_date end as change_base_date,
    cast(case
        when base.observation_date >= today.target_date - {{ var('base_close_tolerance_days') }}
            then cast(today.value as decimal(18, 6)) - cast(base.value as decimal(18, 6))
    end as decimal(18, 6)) as change_3m,
    case
        when base.observation_date is null then 'history_starts_later'
        when base.observation_date < today.target_date - {{ var('base_close_tolerance_days') }} then 'no_observation_3_months_back'
    end as change_reason,
    today.known_on,
    case when today.series_provenance = 'simulated' then 'simulated' else 'derived' end as provenance
from measured as today
asof left join observations as base on base.series_id = today.series_id and base.observation_date <= today.target_date
order by year(today.observation_date), today.series_id, today.observation_date
