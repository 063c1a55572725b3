-- Small minus large around each past event: from the close before it to every horizon, where both sides have both closes.
-- An event on a day without a session stands on the next one; several of a kind on one session are one.
with
events as (
    select distinct events.kind, sessions.session_no as event_no, sessions.session_date as event_session
    from {{ ref('dim_event') }} as events
    asof join {{ ref('int_sessions') }} as sessions on sessions.session_date >= events.event_date
),

closes as (
    select
        pairs.small_id, pairs.large_id, pairs.price_basis, small.session_no, small.level as small_level, large.level as large_level,
        case when 'simulated' in (small.provenance, large.provenance) then 'simulated' else 'derived' end as provenance
    from {{ ref('int_pair_bases') }} as pairs
    join {{ ref('int_levels_daily') }} as small on small.instrument_id = pairs.small_id and small.price_basis = pairs.price_basis
    join {{ ref('int_levels_daily') }} as large
        on large.instrument_id = pairs.large_id and large.price_basis = pairs.price_basis and large.session_no = small.session_no
),

-- The close before each event, and the session each horizon leads to.
aimed as (
    select
        events.kind, events.event_no, events.event_session, closes.*, cast(horizons.horizon_sessions as integer) as horizon_sessions,
        events.event_no + horizons.horizon_sessions as end_no
    from events
    join closes on closes.session_no = events.event_no - 1
    cross join range({{ var('event_horizon_first') }}, {{ var('event_horizon_last') + 1 }}) as horizons (horizon_sessions)
),

measured as (
    select
        aimed.kind, aimed.small_id, aimed.large_id, aimed.horizon_sessions, aimed.event_no, aimed.event_session,
        100 * (ended.small_level / aimed.small_level - ended.large_level / aimed.large_level) as excess_pp,
        aimed.price_basis,
        aimed.provenance,
        -- Sessions by which a later event must follow for its window to begin where this one ended, or after.
        case when aimed.horizon_sessions >= 0 then aimed.horizon_sessions + 1 else -1 - aimed.horizon_sessions end as window_sessions
    from aimed
    join closes as ended on ended.small_id = aimed.small_id and ended.large_id = aimed.large_id and ended.session_no = aimed.end_no
),

-- From the first event on: the next one counted is the first whose window does not begin before the last one counted has ended.
counted as (
    select
        kind, small_id, large_id, horizon_sessions,
        unnest(list_reduce(
            list([event_no] order by event_no),
            lambda kept, later: case when later[1] >= kept[len(kept)] + any_window then list_concat(kept, later) else kept end
        )) as event_no
    from (
        select *, max(window_sessions) over (partition by kind, small_id, large_id, horizon_sessions) as any_window
        from measured
    )
    group by kind, small_id, large_id, horizon_sessions, any_window
)

select measured.* exclude (window_sessions), counted.event_no is not null as is_counted
from measured
left join counted using (kind, small_id, large_id, horizon_sessions, event_no)
order by kind, small_id, large_id, horizon_sessions, event_no
