{{ config(materialized='carried', unique_key=['universe_id', 'symbol', 'session_date']) }}
{% set look_back, longest = 420, 252 %}
{% set key = ['collection', 'symbol', 'session_date'] %}
{% set read_from = carried_from() ~ ' - ' ~ look_back %}
-- Companies of a universe by session: close, the previous session's close, and where the close stands against its averages and
-- its year. Flags are set before any rounding; the averages themselves are not kept (writing them costs more than they are read).
-- A company without a bar for many sessions starts anew: the symbol may have passed to another one.
-- Carried: of a company that a bar came of, the days from that bar on are derived, from the bars of the {{ look_back }} days before or,
-- where these are fewer than the longest window, from all it has.
with
came as (
    select bars.collection as universe_id, bars.symbol, min(bars.session_date) as from_date
    from {{ came_since(ref('stg_drop__bars'), 'bars_n') }} as bars
    join {{ ref('universes') }} as universes on universes.universe_id = bars.collection
    where bars.known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    group by bars.collection, bars.symbol
),

-- A company goes by its number through the windows, which sort by it: strings would cost half as much again.
companies as materialized (
    select *, cast(row_number() over (order by universe_id, symbol) as integer) as company_no
    from came
),

recent as materialized (
    select companies.company_no, companies.from_date, bars.session_date, bars.close, bars.provenance
    from {{ latest_known('(select * from ' ~ ref('stg_drop__bars') ~ ' where session_date >= ' ~ read_from ~ ')', key) }} as bars
    join companies on companies.universe_id = bars.collection and companies.symbol = bars.symbol
),

scarce as materialized (
    select companies.*
    from companies
    join (
        select company_no
        from recent
        where {{ carried('from') }} is not null
        group by company_no
        having count(*) filter (where session_date < from_date) < {{ longest - 1 }}
    ) using (company_no)
),

-- The symbols as a list, since a join would hash every bar there is to find the few.
of_scarce as materialized (
    select *
    from {{ ref('stg_drop__bars') }}
    where session_date < {{ read_from }} and list_contains((select list(symbol) from scarce), symbol)
),

bars as materialized (
    select bars.* exclude (from_date), sessions.session_no
    from (
        select * from recent
        union all
        select scarce.company_no, scarce.from_date, bars.session_date, bars.close, bars.provenance
        from {{ latest_known('of_scarce', key) }} as bars
        join scarce on scarce.universe_id = bars.collection and scarce.symbol = bars.symbol
    ) as bars
    join {{ ref('int_sessions') }} as sessions using (session_date)
),

-- Companies that missed enough sessions to have begun anew: few, so that only these are looked at for where they did.
patchy as (
    select company_no
    from bars
    group by company_no
    having max(session_no) - min(session_no) + 1 - count(*) >= {{ var('member_gap_sessions') }}
),

lives as (
    select *, 0 as life_no
    from bars
    anti join patchy using (company_no)

    union all

    select * exclude (is_new_start), count(*) filter (where is_new_start) over (partition by company_no order by session_date) as life_no
    from (
        select *, session_no - lag(session_no) over (partition by company_no order by session_date) > {{ var('member_gap_sessions') }} as is_new_start
        from bars
        semi join patchy using (company_no)
    )
),

measured as (
    select
        *,
        row_number() over life as bars_n,
        lag(close) over life as last_close,
        session_no - lag(session_no) over life as sessions_since,
        avg(close) over (life rows 49 preceding) as sma_50,
        avg(close) over (life rows 199 preceding) as sma_200,
        max(close) over (life rows {{ longest - 1 }} preceding) as highest_252,
        min(close) over (life rows {{ longest - 1 }} preceding) as lowest_252
    from lives
    window life as (partition by company_no, life_no order by session_date)
)

select
    companies.universe_id,
    companies.symbol,
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
join companies using (company_no)
where session_date >= from_date
