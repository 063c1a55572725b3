-- Daily rates and spreads on exchange sessions; a session without an observation stays, with the reason, so that gaps are seen.
with
observations as (
    select series_id, observation_date, value, known_on, provenance
    from {{ ref('int_fred_observations') }}
    where kind in ('rate', 'spread') and unit = 'percent' and frequency in ('daily', 'ended')
),

spans as (
    select series_id, min(observation_date) as first_date, max(observation_date) as last_date, max(provenance) as provenance
    from observations
    group by series_id
),

grid as (
    select
        spans.series_id,
        spans.provenance,
        sessions.session_date,
        lag(sessions.session_date, 63) over (partition by spans.series_id order by sessions.session_date) as target_date
    from spans
    join {{ ref('int_sessions') }} as sessions on sessions.session_date between spans.first_date and spans.last_date
)

select
    grid.session_date,
    grid.series_id,
    cast(today.value as decimal(18, 4)) as value_pct,
    case when today.value is null then 'no_observation' end as value_reason,
    case when base.observation_date >= grid.target_date - {{ var('base_close_tolerance_days') }} then base.observation_date end as change_base_date,
    cast(
        case when base.observation_date >= grid.target_date - {{ var('base_close_tolerance_days') }} then (today.value - base.value) * 100 end
        as decimal(18, 4)
    ) as change_63d_bp,
    case
        when today.value is null then 'no_observation'
        when grid.target_date is null then 'history_starts_later'
        when base.observation_date is null or base.observation_date < grid.target_date - {{ var('base_close_tolerance_days') }} then 'no_observation_63_sessions_back'
    end as change_reason,
    today.known_on,
    case when grid.provenance = 'simulated' then 'simulated' else 'observed' end as provenance
from grid
left join observations as today on today.series_id = grid.series_id and today.observation_date = grid.session_date
-- DuckDB 1.5 matches an empty key in an asof join with anything, so none is left empty.
asof left join observations as base
    on base.series_id = grid.series_id and base.observation_date <= coalesce(grid.target_date, date '0001-01-01')
order by year(grid.session_date), grid.series_id, grid.session_date
