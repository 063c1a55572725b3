-- What policy was on each session: the last move in force and known, and the scheduled meetings that have passed since without one.
-- A meeting of the session itself has not passed: what it decides takes effect on the next.
with
moves as (
    select *, greatest(effective_date, known_on) as counts_from
    from {{ ref('int_policy_moves') }}
    qualify row_number() over (partition by counts_from order by effective_date desc) = 1
),

in_force as (
    select sessions.session_date, sessions.provenance as session_provenance, moves.*
    from {{ ref('int_sessions') }} as sessions
    asof join moves on moves.counts_from <= sessions.session_date
),

-- Only meetings whose date was known on the session: one entered later must not move a past count.
meetings as (
    select
        in_force.session_date,
        count(*) filter (
            where events.event_date > coalesce(in_force.decision_date, in_force.source_date) and events.event_date < in_force.session_date
        ) as meetings_since_move,
        min(events.event_date) filter (where events.event_date > in_force.session_date) as next_meeting_date
    from in_force
    join {{ ref('dim_event') }} as events on events.known_on <= in_force.session_date
    where events.kind = 'fomc' and events.is_scheduled
    group by in_force.session_date
),

days as (
    select in_force.*, coalesce(meetings.meetings_since_move, 0) as meetings_since_move, meetings.next_meeting_date
    from in_force
    left join meetings using (session_date)
),

stances as (
    select
        *,
        case when meetings_since_move >= {{ var('hold_meetings') }} then 'hold' else stance end as stance_of_day
    from days
),

turns as (
    select *, stance_of_day is distinct from lag(stance_of_day) over (order by session_date) as is_turn
    from stances
)

select
    session_date,
    cast(lower_pct as decimal(18, 4)) as lower_pct,
    cast(upper_pct as decimal(18, 4)) as upper_pct,
    stance_of_day as stance,
    max(case when is_turn then session_date end) over (order by session_date) as stance_since,
    effective_date as last_move_date,
    cast(change_bp as decimal(18, 4)) as last_change_bp,
    cast(consecutive_moves as integer) as consecutive_moves,
    cast(cumulative_bp as decimal(18, 4)) as cumulative_bp,
    cast(meetings_since_move as integer) as meetings_since_move,
    next_meeting_date,
    case when next_meeting_date is null then 'none_announced' end as next_meeting_reason,
    known_on,
    {{ derived_provenance(['provenance', 'session_provenance']) }} as provenance
from turns
order by session_date
