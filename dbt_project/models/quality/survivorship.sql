-- What projecting today's list back would have added: mean monthly returns of the companies on the newest list, against those of the
-- members of the day, over the same months. Members of the day are the list known at the end of the month before.
with
closes as (
    select closes.collection as universe_id, {{ symbol_key('closes.symbol') }} as symbol_key, closes.month_end, arg_max(closes.close, closes.session_date) as close
    from {{ ref('int_month_closes') }} as closes
    join {{ ref('universes') }} as universes on universes.universe_id = closes.collection
    where closes.month_end <= (select as_of_date from {{ ref('stg_clock__day') }})
    group by all
),

-- A company that stops trading within a month counts with its last close.
returns as (
    select
        after.universe_id, after.symbol_key, after.month_end, after.close / before.close - 1 as month_return
    from closes as after
    join closes as before
        on before.universe_id = after.universe_id
        and before.symbol_key = after.symbol_key
        and before.month_end = last_day(after.month_end - interval 1 month)
),

newest as (
    select universe_id, basis, source_id, accession, list_date
    from {{ ref('int_membership_lists') }}
    qualify row_number() over (partition by universe_id order by valid_from desc, list_date desc) = 1
),

projected as (
    select members.universe_id, newest.list_date, {{ symbol_key('members.symbol') }} as symbol_key
    from {{ ref('int_list_companies') }} as members
    semi join newest using (universe_id, basis, source_id, accession, list_date)
    join newest using (universe_id)
),

of_the_day as (
    select
        returns.universe_id, returns.month_end,
        {{ exact_sum('returns.month_return') }} / count(*) as month_return,
        count(*) as priced_n
    from returns
    join {{ ref('int_memberships_monthly') }} as members
        on members.universe_id = returns.universe_id
        and members.month_end = last_day(returns.month_end - interval 1 month)
        and {{ symbol_key('members.symbol') }} = returns.symbol_key
    where members.membership_basis <> 'current'
    group by all
),

of_today as (
    select
        returns.universe_id, returns.month_end, any_value(projected.list_date) as list_date,
        {{ exact_sum('returns.month_return') }} / count(*) as month_return,
        count(*) as priced_n
    from returns
    join projected using (universe_id, symbol_key)
    group by all
),

both_known as (
    select
        universe_id, month_end, of_today.list_date,
        of_the_day.month_return as day_return, of_the_day.priced_n as day_n,
        of_today.month_return as today_return, of_today.priced_n as today_n,
        row_number() over (partition by universe_id order by month_end desc) as months_back
    from of_the_day
    join of_today using (universe_id, month_end)
),

windows as (
    select universes.universe_id, spans.months
    from {{ ref('universes') }} as universes
    cross join (select unnest([12, 36, 60, 120]) as months) as spans
),

measured as (
    select
        windows.universe_id,
        windows.months,
        count(months_back) as months_n,
        max(list_date) as list_date,
        min(month_end) as first_month,
        max(month_end) as last_month,
        cast(avg(day_n) as double) as day_n,
        cast(avg(today_n) as double) as today_n,
        100 * (exp(cast({{ exact_sum('ln(1 + day_return)') }} as double) * 12 / windows.months) - 1) as day_return_pct,
        100 * (exp(cast({{ exact_sum('ln(1 + today_return)') }} as double) * 12 / windows.months) - 1) as today_return_pct
    from windows
    left join both_known on both_known.universe_id = windows.universe_id and both_known.months_back <= windows.months
    group by windows.universe_id, windows.months
)

select
    measured.universe_id,
    cast(measured.months as integer) as window_months,
    cast(measured.months_n as integer) as months_n,
    measured.list_date as current_list_date,
    measured.first_month,
    measured.last_month,
    cast(measured.day_n as decimal(18, 4)) as members_of_the_day_mean_n,
    cast(measured.today_n as decimal(18, 4)) as current_list_mean_n,
    cast(case when months_n = months then day_return_pct end as decimal(18, 4)) as members_of_the_day_return_pct,
    cast(case when months_n = months then today_return_pct end as decimal(18, 4)) as current_list_return_pct,
    cast(case when months_n = months then cast(today_return_pct as decimal(18, 4)) - cast(day_return_pct as decimal(18, 4)) end as decimal(18, 4))
        as survivorship_pp,
    case
        when months_n = 0 then 'no_dated_list_with_prices'
        when months_n < months then 'window_too_short'
    end as reason,
    clock.as_of_date,
    {{ derived_provenance(['clock.provenance']) }} as provenance
from measured
cross join {{ ref('stg_clock__day') }} as clock
order by universe_id, window_months
