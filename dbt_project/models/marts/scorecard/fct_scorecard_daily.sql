-- Every session of the headline pair, every component, and their weighted mean: what spoke for small caps, by what was known on the day.
with
sessions as (
    select session_date, provenance
    from {{ ref('int_sessions') }}
    where session_date >= (select min(session_date) from {{ ref('int_pair_levels_daily') }} where small_id = 'R2000' and large_id = 'SP500')
),

grid as (
    select sessions.session_date, sessions.provenance as session_provenance, components.*
    from sessions
    cross join {{ ref('scorecard_components') }} as components
),

carried as (
    select
        grid.*,
        inputs.* exclude (component, provenance),
        inputs.provenance as input_provenance,
        grid.session_date - inputs.observed_on > grid.stale_after_days as is_stale
    from grid
    asof left join {{ ref('int_scorecard_percentiles') }} as inputs
        on inputs.component = grid.component and inputs.known_on <= grid.session_date
),

scored as (
    select
        *,
        case
            when observed_on is null then no_input_reason
            when is_stale then 'stale'
            when window_years < min_history_years then 'fewer_than_' || min_history_years || '_years'
        end as score_reason,
        cast(case when score_reason is null then case when direction > 0 then percentile else 100 - percentile end end as decimal(18, 4)) as score,
        sum(case when score_reason is null then weight_pct end) over (partition by session_date) as scored_weight_pct
    from carried
),

-- A component without a score hands its weight to the others; a session with too little of it has no total, and uses none.
weighed as (
    select
        *,
        scored_weight_pct >= {{ var('scorecard_min_weight_pct') }} as has_total,
        cast(case when score is not null and has_total then 100 * cast(weight_pct as double) / scored_weight_pct else 0 end as decimal(18, 4)) as weight_used_pct,
        cast(case
            when score is not null and has_total then cast(weight_pct as double) / scored_weight_pct * (cast(score as double) - 50) else 0
        end as decimal(18, 4)) as contribution_points
    from scored
),

totals as (
    select
        session_date,
        cast(case
            when any_value(has_total) then cast(sum(score * weight_pct) as double) / cast(any_value(scored_weight_pct) as double)
        end as decimal(18, 4)) as score,
        cast(sum(weight_pct) as decimal(18, 4)) as weight_pct,
        cast(coalesce(any_value(scored_weight_pct), 0) as decimal(18, 4)) as scored_weight_pct,
        bool_or(is_stale) as is_stale,
        min(observed_on) filter (where score is not null) as input_date,
        max(known_on) filter (where score is not null) as known_on,
        array_to_string(list_sort(list_distinct(flatten(list(string_split(input_ids, ' '))))), ' ') as input_ids,
        bool_or(coalesce(input_provenance, session_provenance) = 'simulated') as is_simulated
    from weighed
    group by session_date
),

-- A mean of percentiles keeps to the middle: its own percentile says how unusual it is.
placed as (
    select
        *,
        min(session_date) over so_far as window_start,
        count(*) over so_far as window_n,
        rank(order by score) over so_far - 1 as below_n,
        rank(order by score desc) over so_far - 1 as above_n
    from totals
    where score is not null
    window so_far as (order by session_date rows between unbounded preceding and current row)
)

select
    session_date,
    component,
    raw_value,
    percentile,
    coalesce(score_reason, '') = no_input_reason as is_missing,
    score,
    score_reason,
    cast(weight_pct as decimal(18, 4)) as weight_pct,
    weight_used_pct,
    contribution_points,
    coalesce(is_stale, false) as is_stale,
    observed_on as input_date,
    window_start,
    window_n,
    source_table,
    source_column,
    input_ids,
    known_on,
    {{ derived_provenance(['session_provenance', 'input_provenance']) }} as provenance
from weighed

union all

select
    totals.session_date,
    'total',
    cast(totals.score as decimal(18, 6)),
    cast(100.0 * (below_n + window_n - above_n) / (2 * window_n) as decimal(18, 4)),
    false,
    totals.score,
    case when totals.score is null then 'under_{{ var('scorecard_min_weight_pct') }}_percent_of_weight' end,
    totals.weight_pct,
    case when totals.score is null then 0 else totals.scored_weight_pct end,
    cast(case when totals.score is null then 0 else totals.score - 50 end as decimal(18, 4)),
    coalesce(totals.is_stale, false),
    case when totals.score is not null then totals.input_date end,
    window_start,
    cast(window_n as integer),
    'fct_scorecard_daily',
    'score',
    totals.input_ids,
    case when totals.score is not null then totals.known_on end,
    case when totals.is_simulated then 'simulated' else 'derived' end
from totals
left join placed using (session_date)
order by year(session_date), component, session_date
