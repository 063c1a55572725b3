-- Ordinary least squares of the weekly excess on the weekly change of a rate, one regression a month end, pair and rate, all in sets.
-- Sums in decimals: a rounding must not depend on the order of the rows.
{% set weeks = var('rate_sensitivity_weeks') %}
{% set lags = var('rate_sensitivity_lags') %}
with
rate_weeks as (
    select
        series_id,
        cast(date_trunc('week', observation_date) as date) as week_start,
        observation_date,
        value,
        known_on,
        provenance
    from {{ ref('int_fred_first_known') }}
    where series_id in ('{{ var('rate_sensitivity_series') | join("', '") }}')
),

-- The rate at the week's last close: the last observation of the week up to that session.
levels as (
    select
        pairs.small_id, pairs.large_id, pairs.price_basis, rates.series_id, pairs.week_start, pairs.week_end, pairs.excess_pp,
        rates.value, rates.known_on,
        case when 'simulated' in (pairs.provenance, rates.provenance) then 'simulated' else 'derived' end as provenance
    from {{ ref('int_pair_weeks') }} as pairs
    join rate_weeks as rates on rates.week_start = pairs.week_start and rates.observation_date <= pairs.week_end
    qualify row_number() over (
        partition by pairs.small_id, pairs.large_id, rates.series_id, pairs.week_start order by rates.observation_date desc
    ) = 1
),

changes as (
    select
        small_id, large_id, price_basis, series_id, week_start, week_end, excess_pp, provenance,
        case when lag(week_start) over weeks = week_start - 7
            then cast(cast(value as decimal(18, 6)) - cast(lag(value) over weeks as decimal(18, 6)) as double)
        end as change_pp,
        greatest(known_on, week_end) as known_on
    from levels
    window weeks as (partition by small_id, large_id, series_id order by week_start)
),

pairs_held as (
    select small_id, large_id, price_basis, series_id, min(week_end) as first_week_end, max(week_end) as last_week_end, max(provenance) as provenance
    from changes
    group by small_id, large_id, price_basis, series_id
),

months as (
    select pairs_held.*, month_ends.month_end
    from pairs_held
    join (select distinct last_day(session_date) as month_end from {{ ref('int_sessions') }}) as month_ends
        on month_ends.month_end >= first_week_end and month_ends.month_end <= last_day(last_week_end)
    cross join {{ ref('stg_clock__day') }} as clock
    -- Months that are over.
    where month_ends.month_end < clock.as_of_date or month_ends.month_end = clock.session_date
),

-- The weeks that were over and whose rate was known by the month's end, as many calendar weeks back from the last of them.
samples as (
    select
        months.small_id, months.large_id, months.series_id, months.month_end,
        changes.week_start, changes.week_end, changes.known_on, changes.change_pp as x, changes.excess_pp as y
    from months
    join changes
        on changes.small_id = months.small_id and changes.large_id = months.large_id and changes.series_id = months.series_id
        and changes.week_start between months.month_end - {{ 7 * (weeks + 4) }} and months.month_end - 4
        and changes.known_on <= months.month_end
        -- On the evening of its last close a week has the rate of the day before: it counts from the day after, when its own is out.
        and changes.week_end < months.month_end
    qualify changes.week_start > max(changes.week_start) over (
        partition by months.small_id, months.large_id, months.series_id, months.month_end
    ) - {{ 7 * weeks }}
),

sums as (
    select
        small_id, large_id, series_id, month_end,
        min(week_start) as window_start, max(week_end) as window_end, max(known_on) as known_on,
        count(*) as n,
        cast({{ exact_sum('x') }} as double) / count(*) as mean_x,
        cast({{ exact_sum('y') }} as double) / count(*) as mean_y
    from samples
    where x is not null and y is not null
    group by small_id, large_id, series_id, month_end
),

centred as (
    select samples.*, x - mean_x as dx, y - mean_y as dy
    from samples
    join sums using (small_id, large_id, series_id, month_end)
    where x is not null and y is not null
),

fits as (
    select
        small_id, large_id, series_id, month_end,
        cast({{ exact_sum('dx * dx') }} as double) as sxx,
        cast({{ exact_sum('dx * dy') }} as double) as sxy,
        cast({{ exact_sum('dy * dy') }} as double) as syy,
        max(x) > min(x) as has_spread
    from centred
    group by small_id, large_id, series_id, month_end
),

-- Newey and West: the score of a week is the rate's distance from its mean times the residual, and scores some weeks apart may go together.
residuals as (
    select *, dy - sxy / nullif(sxx, 0) * dx as residual, dx * (dy - sxy / nullif(sxx, 0) * dx) as score
    from centred
    join fits using (small_id, large_id, series_id, month_end)
),

lagged as (
    select
        small_id, large_id, series_id, month_end, residual, score
        {% for lag in range(1, lags + 1) %}
        , coalesce(lag(score, {{ lag }}) over weeks, 0) as score_{{ lag }}
        {% endfor %}
    from residuals
    window weeks as (partition by small_id, large_id, series_id, month_end order by week_start)
),

errors as (
    select
        small_id, large_id, series_id, month_end,
        cast({{ exact_sum('residual * residual') }} as double) as sse,
        cast({{ exact_sum('score * score') }} as double)
        {% for lag in range(1, lags + 1) %}
        + 2 * (1 - {{ lag }} / {{ lags + 1 }}.0) * cast({{ exact_sum('score * score_' ~ lag) }} as double)
        {% endfor %}
        as score_variance
    from lagged
    group by small_id, large_id, series_id, month_end
),

measured as (
    select
        months.*, window_start, window_end, sums.known_on, coalesce(sums.n, 0) as n,
        case
            when coalesce(sums.n, 0) < {{ var('rate_sensitivity_min_weeks') }} then 'fewer_than_{{ var('rate_sensitivity_min_weeks') }}_weeks'
            when not has_spread then 'rate_did_not_move'
        end as beta_reason,
        sxy / nullif(sxx, 0) as beta,
        sqrt(greatest(score_variance, 0)) / nullif(sxx, 0) as standard_error,
        1 - sse / nullif(syy, 0) as r_squared
    from months
    left join sums using (small_id, large_id, series_id, month_end)
    left join fits using (small_id, large_id, series_id, month_end)
    left join errors using (small_id, large_id, series_id, month_end)
)

select
    month_end,
    small_id,
    large_id,
    series_id,
    cast({{ weeks }} as integer) as window_weeks,
    window_start,
    window_end,
    cast(case when beta_reason is null then beta end as decimal(18, 4)) as beta,
    cast(case when beta_reason is null then standard_error end as decimal(18, 4)) as standard_error,
    cast(case when beta_reason is null then beta / nullif(standard_error, 0) end as decimal(18, 4)) as t_stat,
    cast(case when beta_reason is null then r_squared end as decimal(18, 4)) as r_squared,
    beta_reason,
    cast(n as integer) as n,
    price_basis,
    known_on,
    provenance
from measured
order by small_id, large_id, series_id, month_end
