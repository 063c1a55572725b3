-- Every session up to the last completed one. The exchange's calendar is trusted from 1970; before that a session is
-- a day on which the S&P 500 has a bar. session_no counts from the first, so that "n sessions back" is a subtraction.
{% set calendar_start = "date '1970-01-01'" %}

with
closures as (
    select session_date, kind
    from {{ ref('exchange_closures') }}
    where announced_on <= (select as_of_date from {{ ref('stg_clock__day') }})
),

days as (
    -- A day that was landed as a session before its closure was known is none after all.
    select sessions.session_date, sessions.is_half_day or coalesce(closures.kind = 'half_day', false) as is_half_day, 'exchange_calendar' as calendar_source
    from {{ ref('stg_exchange__sessions') }} as sessions
    left join closures using (session_date)
    where sessions.session_date >= {{ calendar_start }} and coalesce(closures.kind <> 'closed', true)

    union

    select bars.session_date, null as is_half_day, 'sp500_bars' as calendar_source
    from {{ ref('stg_yahoo__bars') }} as bars
    join {{ ref('series_catalog') }} as series on series.provider = bars.provider and series.symbol = bars.symbol
    where series.series_id = 'SP500' and bars.session_date < {{ calendar_start }}
)

select
    days.session_date,
    cast(row_number() over (order by days.session_date) as integer) as session_no,
    lag(days.session_date) over (order by days.session_date) as previous_session_date,
    is_half_day,
    calendar_source,
    clock.provenance
from days
cross join {{ ref('stg_clock__day') }} as clock
where days.session_date <= clock.session_date
order by days.session_date
