-- How late each series is, in sessions and in its own rhythm: the next observation after the last one held, plus the series' usual
-- lag, moved to a session, is the day it was due; every session from that day on counts as one late.
with
observations as (
    select series_id, max(session_date) as last_observation from {{ ref('int_bars_daily') }} where not is_partial group by series_id
    union all
    select series.series_id, max(closes.session_date)
    from {{ ref('stg_stooq__adjusted_closes') }} as closes
    join {{ ref('series_catalog') }} as series on series.provider = 'stooq' and series.symbol = closes.symbol
    join {{ ref('stg_clock__day') }} as clock on closes.known_on <= clock.as_of_date
    group by series.series_id
    union all
    select series_id, max(observation_date) from {{ ref('int_fred_observations') }} group by series_id
    union all
    select series.series_id, max(returns.vintage_end)
    from {{ ref('stg_french__returns') }} as returns
    join {{ ref('series_catalog') }} as series on series.provider = 'french' and series.symbol = returns.dataset
    join {{ ref('stg_clock__day') }} as clock on returns.known_on <= clock.as_of_date
    group by series.series_id
    union all
    select series.series_id, max(months.month_end)
    from {{ ref('stg_shiller__months') }} as months
    join {{ ref('series_catalog') }} as series on series.provider = 'shiller' and series.symbol = months.symbol
    join {{ ref('stg_clock__day') }} as clock on months.known_on <= clock.as_of_date
    group by series.series_id
    {% for provider in ['ishares', 'ssga', 'nport'] %}
    union all
    select series.series_id, max(lines.holdings_date)
    from {{ ref('stg_' ~ provider ~ '__holdings') }} as lines
    join {{ ref('series_catalog') }} as series on series.provider = '{{ provider }}' and series.instrument_id = lines.fund
    join {{ ref('stg_clock__day') }} as clock on lines.known_on <= clock.as_of_date
    group by series.series_id
    {% endfor %}
    union all
    select 'SEC_TICKERS', max(snapshot_date) from {{ ref('stg_sec__companies') }} where known_on <= (select as_of_date from {{ ref('stg_clock__day') }}) having count(*) > 0
    union all
    select 'SEC_COMPANY_FACTS', max(filed_on) from {{ ref('stg_sec__facts') }} where origin = 'companyfacts' and known_on <= (select as_of_date from {{ ref('stg_clock__day') }}) having count(*) > 0
    union all
    select case origin when 'data_set' then 'SEC_DATA_SETS' else 'SEC_SUBMISSIONS' end, max(filed_on)
    from {{ ref('stg_sec__filings') }} where known_on <= (select as_of_date from {{ ref('stg_clock__day') }}) group by origin
),

due as (
    select
        series.series_id,
        series.provider,
        series.frequency,
        series.is_required,
        series.late_after_sessions,
        series.lag_days,
        observations.last_observation,
        case series.frequency
            when 'daily' then coalesce(next_session.session_date, observations.last_observation + 1)
            when 'weekly' then observations.last_observation + 7
            -- A period is dated by its first day or by its last; the next one likewise.
            when 'monthly' then {{ next_period('observations.last_observation', 1) }}
            when 'quarterly' then {{ next_period('observations.last_observation', 3) }}
        end + series.lag_days as due_on
    from {{ ref('series_catalog') }} as series
    left join observations using (series_id)
    -- DuckDB 1.5 matches an empty key in an asof join with anything, so none is left empty.
    asof left join {{ ref('int_sessions') }} as next_session
        on next_session.session_date > coalesce(observations.last_observation, date '9999-12-31')
),

counted as (
    select
        due.*,
        -- Beyond the last session held only the weekend is known to be closed.
        coalesce(first_session.session_date, due_on + case dayofweek(due_on) when 6 then 2 when 0 then 1 else 0 end) as expected_by,
        case
            when due_on is null then null
            else coalesce((select max(session_no) from {{ ref('int_sessions') }}) - first_session.session_no + 1, 0)
        end as sessions_late
    from due
    asof left join {{ ref('int_sessions') }} as first_session on first_session.session_date >= coalesce(due.due_on, date '9999-12-31')
),

-- Who has the newest session of an instrument in the place of a series that comes before it.
stand_ins as (
    select series.series_id as for_series_id, prices.series_id
    from {{ ref('series_catalog') }} as series
    join {{ ref('int_prices_daily') }} as prices using (instrument_id)
    join {{ ref('stg_clock__day') }} as clock using (session_date)
    join {{ ref('int_price_bases') }} as used on used.series_id = prices.series_id
    where series.kind in ('index', 'fund') and series.priority < used.priority and not prices.is_partial
)

select
    counted.series_id,
    counted.provider,
    counted.frequency,
    counted.is_required,
    counted.last_observation,
    cast(counted.expected_by as date) as expected_by,
    cast(counted.sessions_late as integer) as sessions_late,
    cast(counted.late_after_sessions as integer) as late_after_sessions,
    case
        when counted.last_observation is null then 'missing'
        when counted.frequency = 'ended' then 'ended'
        when counted.sessions_late > counted.late_after_sessions then 'late'
        else 'fresh'
    end as status,
    stand_ins.series_id as stood_in_by,
    clock.as_of_date,
    clock.provenance
from counted
left join stand_ins on stand_ins.for_series_id = counted.series_id
cross join {{ ref('stg_clock__day') }} as clock
-- A place kept for a dropped file is no series until there is one.
where counted.provider <> 'drop' or counted.last_observation is not null
order by series_id
