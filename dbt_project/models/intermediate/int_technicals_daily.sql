-- Averages, highs and their slopes by instrument and full session, in linked prices and before rounding.
with
averages as (
    select
        *,
        case when bar_no >= 50 then cast({{ exact_sum('close') }} over last_50 as double) / 50 end as sma_50,
        case when bar_no >= 200 then cast({{ exact_sum('close') }} over last_200 as double) / 200 end as sma_200,
        count(high) over last_252 as highs_n,
        max(high) over last_252 as high_252d,
        max(close) over before as highest_close_before,
        min(session_date) over before as record_high_since,
        count(*) over before as bars_before_n
    from {{ ref('int_full_bars_daily') }}
    window
        last_50 as (partition by instrument_id, stretch_no order by bar_no rows 49 preceding),
        last_200 as (partition by instrument_id, stretch_no order by bar_no rows 199 preceding),
        last_252 as (partition by instrument_id, stretch_no order by bar_no rows 251 preceding),
        before as (partition by instrument_id order by session_no rows between unbounded preceding and 1 preceding)
),

slopes as (
    select
        *,
        (sma_50 / lag(sma_50, 20) over bars - 1) * 100 as slope_50,
        (sma_200 / lag(sma_200, 20) over bars - 1) * 100 as slope_200
    from averages
    window bars as (partition by instrument_id, stretch_no order by bar_no)
)

select
    instrument_id,
    session_date,
    close,
    split_factor,
    sma_50,
    sma_200,
    slope_50,
    slope_200,
    -- Rising now and not rising at some time in the 60 sessions before.
    case
        when slope_50 <= 0 then false
        when slope_50 is null then null
        when min(slope_50) over last_60 <= 0 then true
        when count(slope_50) over last_60 = 60 then false
    end as is_fresh_turn_50,
    case
        when slope_200 <= 0 then false
        when slope_200 is null then null
        when min(slope_200) over last_60 <= 0 then true
        when count(slope_200) over last_60 = 60 then false
    end as is_fresh_turn_200,
    case when highs_n = 252 then high_252d end as high_252d,
    bar_no,
    -- A record of less than a year is none.
    case when bars_before_n >= 251 then close > highest_close_before end as is_record_high,
    case when bars_before_n >= 251 then record_high_since end as record_high_since
from slopes
window last_60 as (partition by instrument_id, stretch_no order by bar_no rows between 60 preceding and 1 preceding)
order by instrument_id, session_date
