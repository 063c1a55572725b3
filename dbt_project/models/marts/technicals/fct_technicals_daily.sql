with bars as (
    select
        prices.session_date,
        prices.instrument_id,
        prices.close,
        prices.split_factor,
        prices.is_partial,
        prices.price_basis,
        prices.provenance,
        case when prices.is_partial then 'partial_session' end as partial_reason,
        averages.* exclude (instrument_id, session_date, close, split_factor),
        averages.close / averages.high_252d as close_to_high,
        rsi.rsi_14,
        volumes.volume_source,
        volumes.volume,
        volumes.volume_average_63d,
        volumes.volume_ratio_63d,
        volumes.average_reason
    from {{ ref('int_prices_daily') }} as prices
    left join {{ ref('int_technicals_daily') }} as averages using (instrument_id, session_date)
    left join {{ ref('int_rsi_daily') }} as rsi using (instrument_id, session_date)
    left join {{ ref('int_volumes_daily') }} as volumes using (instrument_id, session_date)
)

select
    session_date,
    instrument_id,
    cast(close as decimal(18, 6)) as close,
    -- In shares of the session's day, as its close is.
    cast(sma_50 / split_factor as decimal(18, 4)) as sma_50,
    case when sma_50 is null then coalesce(partial_reason, 'warm_up') end as sma_50_reason,
    cast(sma_200 / split_factor as decimal(18, 4)) as sma_200,
    case when sma_200 is null then coalesce(partial_reason, 'warm_up') end as sma_200_reason,
    cast(slope_50 as decimal(18, 4)) as slope_sma_50_20d_pct,
    case when slope_50 is null then coalesce(partial_reason, 'warm_up') end as slope_sma_50_reason,
    cast(slope_200 as decimal(18, 4)) as slope_sma_200_20d_pct,
    case when slope_200 is null then coalesce(partial_reason, 'warm_up') end as slope_sma_200_reason,
    is_fresh_turn_50,
    case when is_fresh_turn_50 is null then coalesce(partial_reason, 'warm_up') end as is_fresh_turn_50_reason,
    is_fresh_turn_200,
    case when is_fresh_turn_200 is null then coalesce(partial_reason, 'warm_up') end as is_fresh_turn_200_reason,
    rsi_14,
    case when rsi_14 is null then coalesce(partial_reason, 'warm_up') end as rsi_14_reason,
    cast(high_252d / split_factor as decimal(18, 6)) as high_252d,
    cast((close_to_high - 1) * 100 as decimal(18, 4)) as gap_to_high_pct,
    case
        when high_252d is not null then null
        when is_partial then partial_reason
        when bar_no < 252 then 'warm_up'
        else 'no_intraday_high_in_window'
    end as high_252d_reason,
    is_record_high,
    record_high_since,
    case when is_record_high is null then coalesce(partial_reason, 'warm_up') end as is_record_high_reason,
    volume,
    volume_source,
    case when volume is null then 'no_volume_held' end as volume_reason,
    cast(volume_average_63d as decimal(18, 4)) as volume_average_63d,
    cast(case when not is_partial then volume_ratio_63d end as decimal(18, 6)) as volume_ratio_63d,
    case
        when volume is null then 'no_volume_held'
        when is_partial then partial_reason
        when average_reason is not null then average_reason
        when volume_ratio_63d is null then 'no_trading_in_window'
    end as volume_ratio_reason,
    is_partial as is_partial_session,
    price_basis,
    {{ derived_provenance(['provenance']) }} as provenance
from bars
order by year(session_date), instrument_id, session_date
