select
    runs.session_date,
    runs.instrument_id,
    runs.level,
    cast(runs.level_of_day as decimal(18, 6)) as comparable_level,
    cast(runs.close as decimal(18, 6)) as close,
    -- The first that applies.
    case
        when runs.is_failed then 'failed'
        when runs.sessions_held >= {{ var('level_confirming_closes') }} then 'above'
        when runs.sessions_held > 0 then 'testing'
        when 100 * abs(runs.linked_close - runs.linked_level) <= {{ var('level_testing_pct') }} * runs.linked_level then 'testing'
        else 'below'
    end as state,
    runs.sessions_held,
    runs.broke_on,
    case when runs.broke_on is null then 'no_break_in_history' end as broke_on_reason,
    case when runs.broke_on is not null then volumes.volume_ratio_63d >= 1 end as is_volume_confirmed,
    case
        when runs.broke_on is null then 'no_break_in_history'
        when volumes.volume_ratio_63d is null then coalesce(volumes.average_reason, 'no_volume_held')
    end as is_volume_confirmed_reason,
    {{ derived_provenance(['runs.provenance']) }} as provenance
from {{ ref('int_level_runs_daily') }} as runs
left join {{ ref('int_volumes_daily') }} as volumes on volumes.instrument_id = runs.instrument_id and volumes.session_date = runs.broke_on
order by year(runs.session_date), runs.instrument_id, runs.level, runs.session_date
