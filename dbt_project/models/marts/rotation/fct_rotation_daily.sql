-- Trailing windows only: the whole history never scales a day. Sums are of decimals, so that no order of rows moves a digit.
{% set n = var('rotation_ratio_sessions') %}
{% set m = var('rotation_momentum_sessions') %}

with
days as (
    select
        *,
        cast(case
            when day_no >= {{ n }}
                then 100 * relative_strength / (cast({{ exact_sum('relative_strength') }} over ratio_days as double) / {{ n }})
        end as decimal(18, 6)) as rs_ratio,
        case when day_no >= 50 then cast({{ exact_sum('relative_strength') }} over trend_days as double) / 50 end as strength_sma_50,
        max(relative_strength) over so_far as highest_strength,
        small_level / lag(small_level) over so_far - 1 as small_return,
        large_level / lag(large_level) over so_far - 1 as large_return
    from {{ ref('int_pair_levels_daily') }}
    window
        so_far as (partition by small_id, large_id order by day_no),
        ratio_days as (partition by small_id, large_id order by day_no rows {{ n - 1 }} preceding),
        trend_days as (partition by small_id, large_id order by day_no rows 49 preceding)
),

sums as (
    select
        *,
        cast(case
            when count(rs_ratio) over momentum_days = {{ m }}
                then 100 * rs_ratio / (cast({{ exact_sum('rs_ratio') }} over momentum_days as double) / {{ m }})
        end as decimal(18, 6)) as rs_momentum,
        (strength_sma_50 / lag(strength_sma_50, 20) over (partition by small_id, large_id order by day_no) - 1) * 100 as trend_slope,
        count(small_return) over beta_days as returns_n,
        cast({{ exact_sum('small_return') }} over beta_days as double) as s,
        cast({{ exact_sum('large_return') }} over beta_days as double) as l,
        cast({{ exact_sum('small_return * small_return') }} over beta_days as double) as ss,
        cast({{ exact_sum('large_return * large_return') }} over beta_days as double) as ll,
        cast({{ exact_sum('small_return * large_return') }} over beta_days as double) as sl
    from days
    window
        momentum_days as (partition by small_id, large_id order by day_no rows {{ m - 1 }} preceding),
        beta_days as (partition by small_id, large_id order by day_no rows 251 preceding)
),

-- Variances times n. A spread of less than 1e-9, two millionths a day, is none: the sums have fifteen decimals.
spreads as (
    select
        *,
        returns_n = 252 as is_beta_window_whole,
        case when ss - s * s / returns_n > 1e-9 then ss - s * s / returns_n end as small_spread,
        case when ll - l * l / returns_n > 1e-9 then ll - l * l / returns_n end as large_spread,
        sl - s * l / returns_n as common_spread
    from sums
),

betas as (
    select
        *,
        case when is_beta_window_whole then common_spread / large_spread end as beta,
        case when is_beta_window_whole then common_spread / sqrt(small_spread * large_spread) end as correlation
    from spreads
)

select
    session_date,
    small_id,
    large_id,
    cast(relative_strength as decimal(18, 6)) as relative_strength,
    base_date as relative_strength_base_date,
    cast(trend_slope as decimal(18, 4)) as rs_slope_50_20d_pct,
    case when trend_slope > 0 then 'rising' when trend_slope < 0 then 'falling' when trend_slope = 0 then 'flat' end as rs_trend,
    case when trend_slope is null then 'warm_up' end as rs_trend_reason,
    rs_ratio,
    case when rs_ratio is null then 'warm_up' end as rs_ratio_reason,
    rs_momentum,
    case
        when rs_momentum is null then null
        when rs_ratio >= 100 then case when rs_momentum >= 100 then 'leading' else 'weakening' end
        when rs_momentum >= 100 then 'improving'
        else 'lagging'
    end as quadrant,
    case when rs_momentum is null then 'warm_up' end as quadrant_reason,
    cast((relative_strength / highest_strength - 1) * 100 as decimal(18, 4)) as drawdown_pct,
    cast(beta as decimal(18, 6)) as beta_252d,
    case when beta is null then case when is_beta_window_whole then 'no_spread' else 'warm_up' end end as beta_252d_reason,
    cast(sign(correlation) * least(abs(correlation), 1) as decimal(18, 6)) as correlation_252d,
    case when correlation is null then case when is_beta_window_whole then 'no_spread' else 'warm_up' end end as correlation_252d_reason,
    price_basis,
    {{ derived_provenance(['provenance']) }} as provenance
from betas
order by year(session_date), small_id, large_id, session_date
