-- What the thesis names as its risks, by session: the value against its thresholds, and one sentence with the numbers.
with
sessions as (
    select session_date, provenance from {{ ref('fct_scorecard_daily') }} where component = 'total'
),

-- What the whole of the evidence rests on.
everything as (
    select string_agg(distinct input_id, ' ' order by input_id) as input_ids
    from (
        select unnest(string_split(input_ids, ' ')) as input_id from {{ ref('scorecard_components') }}
        union all
        select series_id from {{ ref('credit_series') }}
    )
),

carried as (
    select
        sessions.session_date,
        sessions.provenance as session_provenance,
        flags.* exclude (input_ids),
        coalesce(nullif(flags.input_ids, ''), everything.input_ids) as input_ids,
        inputs.* exclude (flag, provenance),
        inputs.provenance as input_provenance,
        sessions.session_date - inputs.observed_on > flags.stale_after_days as is_stale
    from sessions
    cross join {{ ref('risk_flags') }} as flags
    cross join everything
    asof left join {{ ref('int_risk_inputs') }} as inputs on inputs.flag = flags.flag and inputs.known_on <= sessions.session_date
)

select
    session_date,
    flag,
    case
        when value is null or is_stale then 'unknown'
        when is_outright then 'raised'
        when not is_at_risk then 'clear'
        when raised_when = 'above' and value >= threshold or raised_when = 'below' and value < threshold then 'raised'
        when raised_when = 'above' and value >= watch_threshold or raised_when = 'below' and value < watch_threshold then 'watch'
        else 'clear'
    end as status,
    case when not is_stale then value end as value,
    case when value is null then 'no_input_known' when is_stale then 'stale' end as value_reason,
    threshold,
    watch_threshold,
    unit,
    case when session_provenance = 'simulated' or input_provenance = 'simulated' then 'Simulated market: ' else '' end
    || case
        when value is null then format('Nothing is known of it on the day; it needs {}.', how_to_supply)
        when is_stale then format('The last input is of {}, more than {} days old; it needs {}.', observed_on, stale_after_days, how_to_supply)
        else format(
            '{} Raised {} {:g}{}, watched {} {:g}.', said, case when raised_when = 'above' then 'from' else 'below' end, cast(threshold as double),
            -- An index, a ratio or a percentile is a bare number.
            case when unit in ('RSI', 'ratio', 'percentile') then '' else ' ' || unit end,
            case when raised_when = 'above' then 'from' else 'below' end, cast(watch_threshold as double)
        )
    end as explanation,
    observed_on as input_date,
    coalesce(source_table, 'none') as source_table,
    input_ids,
    known_on,
    {{ derived_provenance(['session_provenance', 'input_provenance']) }} as provenance
from carried
order by year(session_date), flag, session_date
