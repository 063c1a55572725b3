{{ config(materialized='carried', unique_key=['universe_id', 'symbol', 'session_date']) }}
-- Companies of a universe by session: close, the previous session's close, and where the close stands against its averages and
-- its year. Flags are set before any rounding; the averages themselves are not kept (writing them costs more than they are read).
-- A company without a bar for many sessions starts anew: the symbol may have passed to another one.
-- Carried: of a company that a bar came of, the days from that bar on are derived, from the bars of the {{ look_back }} days before or,
-- where these are fewer than the longest window, from all it has.
{% set look_back, longest = 420, 252 %}
{% set read_from = carried_from() ~ ' - ' ~ look_back %}
with
came as (
    select bars.collection as universe_id, bars.symbol, min(bars.session_date) as from_date
    from {{ ref('stg_drop__bars') }} as bars
    join {{ ref('universes') }} as universes on universes.universe_id = bars.collection
    where bars.known_on <= (select as_of_date from {{ ref('stg_clock__day') }}) and {{ came_since('bars_n') }}
    group by bars.collection, bars.symbol
),

scarce as (
    select came.universe_id, came.symbol
    from came
    left join {{ ref('stg_drop__bars') }} as bars
        on bars.collection = came.universe_id
        and bars.symbol = came.symbol
        and bars.session_date < came.from_date
        and bars.session_date >= {{ read_from }}
    where {{ carried('from') }} is not null
    group by came.universe_id, came.symbol
    having count(distinct bars.session_date) < {{ longest - 1 }}
),

known as (
    select came.from_date, bars.*
    from {{ latest_known('(select * from ' ~ ref('stg_drop__bars') ~ ' where session_date >= ' ~ read_from ~ ')', ['collection', 'symbol', 'session_date']) }} as bars
    join came on came.universe_id = bars.collection and came.symbol = bars.symbol

    union all

    select came.from_date, bars.*
    from {{ latest_known('(select * from ' ~ ref('stg_drop__bars') ~ ' where session_date < ' ~ read_from ~ ')', ['collection', 'symbol', 'session_date']) }} as bars
    join came on came.universe_id = bars.collection and came.symbol = bars.symbol
    where exists (from scarce where scarce.universe_id = bars.collection and scarce.symbol = bars.symbol)
),

bars as (
    select
        bars.collection as universe_id,
        bars.symbol,
        bars.session_date,
        bars.from_date,
        sessions.session_no,
        bars.close,
        bars.provenance,
        row_number() over company as bar_no,
        lag(bars.close) over company as last_close,
        sessions.session_no - lag(sessions.session_no) over company as sessions_since
    from known as bars
    join {{ ref('int_sessions') }} as sessions using (session_date)
    window company as (partition by bars.collection, bars.symbol order by bars.session_date)
),

-- A window that reaches back before the new start is not full, so the frames need not know of it.
measured as (
    select
        *,
        bar_no - coalesce(max(case when sessions_since > {{ var('member_gap_sessions') }} then bar_no - 1 end) over company, 0) as bars_n,
        avg(close) over (company rows 49 preceding) as sma_50,
        avg(close) over (company rows 199 preceding) as sma_200,
        max(close) over (company rows {{ longest - 1 }} preceding) as highest_252,
        min(close) over (company rows {{ longest - 1 }} preceding) as lowest_252
    from bars
    window company as (partition by universe_id, symbol order by session_date)
)

select
    universe_id,
    symbol,
    session_date,
    close,
    case when sessions_since = 1 then last_close end as previous_close,
    -- A close that equals its average is not above it: the tolerance is for the last bit of a mean.
    case when bars_n >= 50 then close > sma_50 * (1 + 1e-9) end as is_above_sma_50,
    case when bars_n >= 200 then close > sma_200 * (1 + 1e-9) end as is_above_sma_200,
    case when bars_n >= {{ longest }} then close = highest_252 and highest_252 > lowest_252 end as is_new_high_252d,
    case when bars_n >= {{ longest }} then close = lowest_252 and highest_252 > lowest_252 end as is_new_low_252d,
    provenance
from measured
where session_date >= from_date
