-- Changes of the target since 1994 (before, the Fed announced none), with the meeting that decided them and the run they belong to.
with
target as (
    select observation_date, value as lower_pct, value as upper_pct, known_on, provenance
    from {{ ref('int_fred_observations') }}
    where series_id = 'DFEDTAR'
        and observation_date < (select coalesce(min(observation_date), date '9999-12-31') from {{ ref('int_fred_observations') }} where series_id = 'DFEDTARU')

    union all

    select observation_date, lower.value, upper.value, greatest(upper.known_on, lower.known_on), case when lower.provenance = 'simulated' then 'simulated' else upper.provenance end
    from {{ ref('int_fred_observations') }} as upper
    join {{ ref('int_fred_observations') }} as lower using (observation_date)
    where upper.series_id = 'DFEDTARU' and lower.series_id = 'DFEDTARL'
),

changes as (
    select *, upper_pct - lag(upper_pct) over (order by observation_date) as change_pct
    from target
    qualify change_pct <> 0
),

meetings as (
    select event_date, is_scheduled, count(*) filter (where is_scheduled) over (order by event_date) as scheduled_meeting_no
    from {{ ref('int_events') }}
    where kind = 'fomc'
),

-- The decision is the last one on or before the day the change shows; a change a week after any decision belongs to none.
decided as (
    select
        changes.observation_date as source_date,
        lower_pct,
        upper_pct,
        change_pct,
        known_on,
        provenance,
        case when observation_date - meetings.event_date <= 4 then meetings.event_date end as decision_date,
        meetings.scheduled_meeting_no
    from changes
    asof left join meetings on meetings.event_date <= changes.observation_date
    where observation_date >= date '1994-01-01'
),

spaced as (
    select
        *,
        lag(change_pct) over (order by source_date) as previous_change_pct,
        -- Scheduled meetings strictly between this move's and the one before, all without a move.
        scheduled_meeting_no - lag(scheduled_meeting_no) over (order by source_date)
        - case when decision_date in (select event_date from meetings where is_scheduled) then 1 else 0 end as meetings_held
    from decided
),

runs as (
    select
        *,
        meetings_held >= {{ var('hold_meetings') }} as follows_hold,
        count(*) filter (
            where previous_change_pct is null or sign(change_pct) <> sign(previous_change_pct) or meetings_held >= {{ var('hold_meetings') }}
        ) over (order by source_date) as run_no
    from spaced
)

select
    -- Since the first rise of 2015 a decision takes effect on the next day. FRED has two of them by decision day.
    case when decision_date = source_date and source_date >= date '2015-12-16' then source_date + 1 else source_date end as effective_date,
    source_date,
    decision_date,
    lower_pct,
    upper_pct,
    change_pct * 100 as change_bp,
    run_no,
    row_number() over run as consecutive_moves,
    sum(change_pct * 100) over run as cumulative_bp,
    case when change_pct > 0 then 'tightening' else 'easing' end as stance,
    case
        when previous_change_pct is null then 'unknown'
        when follows_hold then 'hold'
        when previous_change_pct > 0 then 'tightening'
        else 'easing'
    end as previous_stance,
    known_on,
    provenance
from runs
window run as (partition by run_no order by source_date)
order by effective_date
