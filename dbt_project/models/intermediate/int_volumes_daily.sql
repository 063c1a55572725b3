-- Volume by instrument and session, against the mean of the 63 full sessions before it. An index has the volume of the fund that stands
-- for it: vendors copy one index's volume into another's.
with
instruments as (
    select distinct on (instrument_id) instrument_id, kind, proxy_of
    from {{ ref('series_catalog') }}
    where instrument_id is not null
    order by instrument_id, priority
),

sources as (
    select
        instruments.instrument_id,
        case when instruments.kind = 'index' then min(funds.instrument_id) else instruments.instrument_id end as volume_source
    from instruments
    left join instruments as funds on funds.proxy_of = instruments.instrument_id and funds.kind = 'fund'
    group by instruments.instrument_id, instruments.kind
),

averages as (
    select
        instrument_id,
        session_date,
        cast({{ exact_sum('volume') }} over previous as double) / 63 as average,
        count(volume) over previous as sessions_n,
        count(*) over previous as bars_n
    from {{ ref('int_full_bars_daily') }}
    window previous as (partition by instrument_id, stretch_no order by bar_no rows between 63 preceding and 1 preceding)
)

select
    sources.instrument_id,
    volumes.session_date,
    sources.volume_source,
    volumes.volume,
    volumes.is_partial,
    -- In shares of the session's day, as the volume is.
    case when averages.sessions_n = 63 then averages.average * volumes.split_factor end as volume_average_63d,
    case
        when averages.sessions_n = 63 and averages.average > 0 then volumes.volume / (averages.average * volumes.split_factor)
    end as volume_ratio_63d,
    case
        when volumes.is_partial then 'partial_session'
        when averages.bars_n < 63 then 'warm_up'
        when averages.sessions_n < 63 then 'no_volume_in_window'
    end as average_reason
from sources
join {{ ref('int_prices_daily') }} as volumes on volumes.instrument_id = sources.volume_source
left join averages on averages.instrument_id = volumes.instrument_id and averages.session_date = volumes.session_date
where volumes.volume is not null
order by sources.instrument_id, volumes.session_date
