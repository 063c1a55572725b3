-- Every kind of event, pair and horizon, with what is known of the past ones and the date of the next. Sums in decimals: a rounding
-- must not depend on the order of the rows.
with
grid as (
    select kinds.kind, pairs.small_id, pairs.large_id, pairs.price_basis, cast(horizons.horizon_sessions as integer) as horizon_sessions
    from (select distinct kind from {{ ref('dim_event') }}) as kinds
    cross join {{ ref('int_pair_bases') }} as pairs
    cross join range({{ var('event_horizon_first') }}, {{ var('event_horizon_last') + 1 }}) as horizons (horizon_sessions)
    where pairs.price_basis is not null
),

next_events as (
    select events.kind, min(events.event_date) as next_event_date
    from {{ ref('dim_event') }} as events
    join {{ ref('stg_clock__day') }} as clock on events.event_date > clock.session_date and events.event_date >= clock.as_of_date
    group by events.kind
),

summed as (
    select
        kind, small_id, large_id, horizon_sessions,
        count(*) filter (where is_counted) as events_n,
        count(*) filter (where not is_counted) as overlapping_n,
        min(event_session) filter (where is_counted) as first_event_session,
        max(event_session) filter (where is_counted) as last_event_session,
        cast({{ exact_sum('excess_pp') }} filter (where is_counted) as double) as total,
        cast({{ exact_sum('excess_pp * excess_pp') }} filter (where is_counted) as double) as total_of_squares,
        median(excess_pp) filter (where is_counted) as median_excess_pp
    from {{ ref('int_event_windows') }}
    group by kind, small_id, large_id, horizon_sessions
)

select
    grid.kind,
    grid.small_id,
    grid.large_id,
    grid.horizon_sessions,
    cast(total / events_n as decimal(18, 4)) as mean_excess_pp,
    cast(median_excess_pp as decimal(18, 4)) as median_excess_pp,
    case when events_n is null then 'no_past_events_held' end as excess_reason,
    cast(case
        when events_n > 1 then sqrt(greatest(total_of_squares - total * total / events_n, 0) / (events_n - 1) / events_n)
    end as decimal(18, 4)) as standard_error,
    case when events_n is null then 'no_past_events_held' when events_n = 1 then 'fewer_than_2_events' end as standard_error_reason,
    cast(coalesce(events_n, 0) as integer) as events_n,
    cast(coalesce(overlapping_n, 0) as integer) as overlapping_n,
    first_event_session,
    last_event_session,
    next_event_date,
    case when next_event_date is null then 'none_announced' end as next_event_reason,
    grid.price_basis,
    clock.as_of_date,
    case when clock.provenance = 'simulated' then 'simulated' else 'derived' end as provenance
from grid
left join summed using (kind, small_id, large_id, horizon_sessions)
left join next_events using (kind)
cross join {{ ref('stg_clock__day') }} as clock
order by grid.kind, grid.small_id, grid.large_id, grid.horizon_sessions
