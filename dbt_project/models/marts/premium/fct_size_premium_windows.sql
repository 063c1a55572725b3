-- Rolling windows, stepped monthly, of months that follow each other without a gap. Who won is decided before rounding.
{% set months = var('size_premium_window_months') %}
with
logs as (
    select
        definition, vintage, period_end, known_on, provenance,
        case when small_pct > -100 then ln(1 + small_pct / 100) end as small_log,
        case when large_pct > -100 then ln(1 + large_pct / 100) end as large_log,
        case
            when small_pct is not null then ln(1 + nullif(greatest(small_pct, -100), -100) / 100) - ln(1 + nullif(greatest(large_pct, -100), -100) / 100)
            when premium_pct > -100 then ln(1 + premium_pct / 100)
        end as premium_log
    from {{ ref('int_size_returns') }}
    where frequency = 'monthly'
),

windows as (
    select
        definition,
        vintage,
        period_end as window_end,
        min(period_end) over held as first_month_end,
        count(premium_log) over held as months_n,
        cast({{ exact_sum('small_log') }} over held as double) as small_log,
        cast({{ exact_sum('large_log') }} over held as double) as large_log,
        cast({{ exact_sum('premium_log') }} over held as double) as premium_log,
        known_on,
        provenance
    from logs
    window held as (partition by definition, vintage order by period_end rows between {{ months - 1 }} preceding and current row)
)

select
    definition,
    vintage,
    cast({{ months }} as integer) as window_months,
    cast(date_trunc('month', first_month_end) as date) as window_start,
    window_end,
    cast(100 * (exp(small_log) - 1) as decimal(18, 4)) as small_pct,
    cast(100 * (exp(large_log) - 1) as decimal(18, 4)) as large_pct,
    case when small_log is null then 'factor_without_legs' end as legs_reason,
    cast(100 * (exp(premium_log) - 1) as decimal(18, 4)) as premium_pct,
    premium_log > 0 as small_won,
    known_on,
    case when provenance = 'simulated' then 'simulated' else 'derived' end as provenance
from windows
where months_n = {{ months }} and datediff('month', first_month_end, window_end) = {{ months - 1 }}
order by definition, vintage, window_end
