-- What each series says of an instrument on a session: its close where that is a price, and its total return over the session where it has
-- adjusted closes. Witnesses of the catalogue speak too. moved_pct is the move since the session before, by the same voice.
with
witnesses as (
    select first_series.instrument_id, witness.series_id, witness.priority
    from {{ ref('series_catalog') }} as first_series
    join {{ ref('series_catalog') }} as witness on witness.series_id = first_series.witness_series_id
    where first_series.instrument_id is not null and witness.provider = 'fred'
    qualify row_number() over (partition by first_series.instrument_id, witness.series_id order by first_series.priority) = 1
),

said as (
    select bars.instrument_id, bars.series_id, bars.priority, 'close' as measure, bars.session_date, bars.session_no, bars.close as value, bars.known_on, bars.provenance
    from {{ ref('int_bars_daily') }} as bars
    join {{ ref('int_price_bases') }} as bases using (instrument_id, series_id, priority)
    where bases.price_basis = 'price' and not bars.is_partial

    union all

    select witnesses.instrument_id, witnesses.series_id, witnesses.priority, 'close', sessions.session_date, sessions.session_no, observations.value, observations.known_on, observations.provenance
    from witnesses
    join {{ ref('int_fred_observations') }} as observations using (series_id)
    join {{ ref('int_sessions') }} as sessions on sessions.session_date = observations.observation_date

    union all

    select instrument_id, series_id, priority, 'total_return_pct', session_date, session_no, adjusted_close, known_on, provenance
    from {{ ref('int_bars_daily') }}
    where kind = 'fund' and adjusted_close is not null and not is_partial

    union all

    -- Stooq's funds have adjusted closes and no bars.
    select series.instrument_id, series.series_id, series.priority, 'total_return_pct', sessions.session_date, sessions.session_no, closes.adjusted_close, closes.known_on, closes.provenance
    from {{ latest_known(ref('stg_stooq__adjusted_closes'), ['symbol', 'session_date']) }} as closes
    join {{ ref('series_catalog') }} as series on series.provider = 'stooq' and series.symbol = closes.symbol
    join {{ ref('int_sessions') }} as sessions using (session_date)
),

moved as (
    select
        *,
        case when session_no - lag(session_no) over voice = 1 then (value / lag(value) over voice - 1) * 100 end as moved_pct
    from said
    window voice as (partition by instrument_id, measure, series_id order by session_no)
)

select
    instrument_id,
    series_id,
    priority,
    measure,
    session_date,
    session_no,
    case when measure = 'close' then value else moved_pct end as value,
    moved_pct,
    known_on,
    provenance
from moved
where measure = 'close' or moved_pct is not null
order by instrument_id, measure, session_date, priority, series_id
