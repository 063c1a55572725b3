-- The slope of an average is its change over 20 bars: seen where both ends are published, the bars between are whole, and no split lies between.
select session_date, instrument_id, sma_50, slope_sma_50_20d_pct, sma_50_before
from (
    select
        session_date, instrument_id, sma_50, slope_sma_50_20d_pct,
        lag(sma_50, 20) over bars as sma_50_before,
        count(*) filter (where slope_sma_50_20d_pct is null) over (partition by instrument_id order by session_date rows 20 preceding) as gaps_n
    from {{ ref('fct_technicals_daily') }}
    where not is_partial_session
    window bars as (partition by instrument_id order by session_date)
)
where gaps_n = 0
    -- A split between the two days shows as a jump of the average that no 20 bars of trading make.
    and sma_50 / cast(sma_50_before as double) between 0.6 and 1.6
    and abs(slope_sma_50_20d_pct - 100 * (sma_50 / cast(sma_50_before as double) - 1)) > 0.0002 + 0.02 / sma_50_before
