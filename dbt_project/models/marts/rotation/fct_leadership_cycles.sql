with
turns as (
    select
        row_number() over (order by turn_n) as cycle_no,
        turn_n as start_n,
        lead(turn_n) over (order by turn_n) as end_n,
        direction,
        month_end as confirmed_on
    from {{ ref('int_leadership_months') }}
    where turn_n is not null
),

last_month as (
    select max(n) as n, arg_max(furthest_n, n) as furthest_n
    from {{ ref('int_leadership_months') }}
),

legs as (
    select
        turns.cycle_no,
        turns.direction,
        turns.confirmed_on,
        turns.end_n is null as is_open,
        coalesce(turns.end_n, last_month.n) - turns.start_n as months,
        coalesce(turns.end_n, last_month.furthest_n) as furthest_n,
        start.month_end as start_date,
        finish.month_end as measured_to,
        cast((finish.small_level / start.small_level - 1) * 100 as decimal(18, 4)) as small_pct,
        cast((finish.large_level / start.large_level - 1) * 100 as decimal(18, 4)) as large_pct,
        finish.vintage,
        finish.known_on,
        finish.provenance
    from turns
    cross join last_month
    join {{ ref('int_leadership_months') }} as start on start.n = turns.start_n
    join {{ ref('int_leadership_months') }} as finish on finish.n = coalesce(turns.end_n, last_month.n)
)

select
    cast(legs.cycle_no as integer) as cycle_no,
    case legs.direction when 1 then 'small' else 'large' end as leader,
    legs.start_date,
    case when not legs.is_open then legs.measured_to end as end_date,
    case when legs.is_open then 'still_open' end as end_date_reason,
    legs.measured_to,
    furthest.month_end as furthest_on,
    legs.confirmed_on,
    cast(legs.months as integer) as months,
    legs.small_pct,
    legs.large_pct,
    cast(legs.small_pct - legs.large_pct as decimal(18, 4)) as excess_pp,
    cast(case legs.direction
        when 1 then ((1 + legs.small_pct / 100.0) / (1 + legs.large_pct / 100.0) - 1) * 100
        else ((1 + legs.large_pct / 100.0) / (1 + legs.small_pct / 100.0) - 1) * 100
    end as decimal(18, 4)) as leader_gain_pct,
    '{{ var('leadership_definition') }}' as definition,
    legs.vintage,
    legs.known_on,
    clock.as_of_date,
    {{ derived_provenance(['legs.provenance']) }} as provenance
from legs
join {{ ref('int_leadership_months') }} as furthest on furthest.n = legs.furthest_n
cross join {{ ref('stg_clock__day') }} as clock
order by cycle_no
