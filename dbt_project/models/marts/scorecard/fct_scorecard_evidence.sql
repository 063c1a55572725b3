-- What followed the scores: small minus large by fifth of the score, with an interval that knows months hang together. Judged on all of
-- history held, so it carries the as-of day and feeds nothing back into the score.
{% set quintiles = range(1, 6) %}
with
tested as (
    select component, horizon, any_value(horizon_months) as horizon_months, count(*) as months_n,
        min(session_date) as first_month_end, max(session_date) as last_month_end, max(provenance) as provenance,
        greatest({{ var('evidence_min_block_months') }}, 2 * any_value(horizon_months)) as block_months
    from {{ ref('int_scorecard_months') }}
    group by component, horizon
),

fifths as (
    select component, horizon, quintile, count(*) as observations_n, cast({{ exact_sum('excess_pp') }} as double) / count(*) as mean_excess
    from {{ ref('int_scorecard_months') }}
    group by component, horizon, quintile
),

drawn as (
    unpivot (select component, horizon, draw_no, {% for q in quintiles %}mean_{{ q }}, {% endfor %} spread from {{ ref('int_scorecard_draws') }})
    on {% for q in quintiles %}mean_{{ q }}, {% endfor %} spread
    into name measure value drawn_mean
),

intervals as (
    select
        component, horizon, measure,
        quantile_cont(drawn_mean, 0.025) as low, quantile_cont(drawn_mean, 0.975) as high, count(*) as draws_n
    from drawn
    group by component, horizon, measure
),

grid as (
    select components.component, components.title, horizons.horizon, horizons.horizon_months, cast(quintiles.quintile as integer) as quintile
    from (select component, title from {{ ref('scorecard_components') }} union all select 'total', 'Total') as components
    cross join (values ('1m', 1), ('3m', 3), ('12m', 12)) as horizons (horizon, horizon_months)
    cross join (select unnest(range(1, 6)) as quintile) as quintiles
),

placed as (
    select
        grid.*,
        coalesce(own.observations_n, 0) as observations_n,
        own.mean_excess,
        case
            when coalesce(own.observations_n, 0) < {{ var('evidence_min_months') }} then 'fewer_than_{{ var('evidence_min_months') }}_months'
            when tested.months_n < 2 * tested.block_months then 'shorter_than_two_blocks'
            when ranges.draws_n < 0.95 * {{ var('evidence_draws') }} then 'absent_from_many_draws'
        end as ci_reason,
        case
            when least(coalesce(top.observations_n, 0), coalesce(bottom.observations_n, 0)) < {{ var('evidence_min_months') }}
                then 'fewer_than_{{ var('evidence_min_months') }}_months'
            when tested.months_n < 2 * tested.block_months then 'shorter_than_two_blocks'
            when spreads.draws_n < 0.95 * {{ var('evidence_draws') }} then 'absent_from_many_draws'
        end as spread_reason,
        ranges.low,
        ranges.high,
        top.mean_excess - bottom.mean_excess as spread,
        spreads.low as spread_low,
        spreads.high as spread_high,
        coalesce(top.observations_n, 0) as top_n,
        coalesce(bottom.observations_n, 0) as bottom_n,
        tested.months_n,
        tested.first_month_end,
        tested.last_month_end,
        tested.provenance
    from grid
    left join tested using (component, horizon)
    left join fifths as own using (component, horizon, quintile)
    left join fifths as top on top.component = grid.component and top.horizon = grid.horizon and top.quintile = 5
    left join fifths as bottom on bottom.component = grid.component and bottom.horizon = grid.horizon and bottom.quintile = 1
    left join intervals as ranges
        on ranges.component = grid.component and ranges.horizon = grid.horizon and ranges.measure = 'mean_' || grid.quintile
    left join intervals as spreads on spreads.component = grid.component and spreads.horizon = grid.horizon and spreads.measure = 'spread'
),

rounded as (
    select
        *,
        cast(case when spread_reason is null then spread end as decimal(18, 4)) as top_minus_bottom_pp,
        cast(case when spread_reason is null then spread_low end as decimal(18, 4)) as top_minus_bottom_ci_low_pp,
        cast(case when spread_reason is null then spread_high end as decimal(18, 4)) as top_minus_bottom_ci_high_pp
    from placed
)

select
    component,
    horizon,
    quintile,
    cast(20 * (quintile - 1) as integer) as score_from,
    cast(20 * quintile as integer) as score_to,
    cast(mean_excess as decimal(18, 4)) as mean_excess_pp,
    case when observations_n = 0 then 'no_month_with_such_a_score' end as mean_reason,
    cast(case when ci_reason is null then low end as decimal(18, 4)) as ci_low_pp,
    cast(case when ci_reason is null then high end as decimal(18, 4)) as ci_high_pp,
    ci_reason,
    cast(observations_n as integer) as observations_n,
    cast(observations_n / cast(horizon_months as double) as decimal(18, 4)) as independent_n,
    cast(coalesce(months_n, 0) as integer) as months_n,
    first_month_end,
    last_month_end,
    top_minus_bottom_pp,
    top_minus_bottom_ci_low_pp,
    top_minus_bottom_ci_high_pp,
    spread_reason as top_minus_bottom_reason,
    case when coalesce(rounded.provenance, clock.provenance) = 'simulated' then 'In the simulated market (not the real one): ' else '' end
    || title || ' over ' || horizon || ': '
    || case
        when spread_reason is not null then format(
            'too little to say: {} months with a score, {} of them in the lowest fifth and {} in the highest.', coalesce(months_n, 0), bottom_n, top_n
        )
        when top_minus_bottom_ci_low_pp <= 0 and top_minus_bottom_ci_high_pp >= 0 then format(
            'predicted nothing measurable: highest less lowest fifth {:+.1f} pp, and the interval from {:+.1f} to {:+.1f} holds zero.',
            cast(top_minus_bottom_pp as double), cast(top_minus_bottom_ci_low_pp as double), cast(top_minus_bottom_ci_high_pp as double)
        )
        else format(
            'high scores were followed by {} returns of small against large: highest less lowest fifth {:+.1f} pp, interval {:+.1f} to {:+.1f}; '
            || 'about {:.0f} such windows side by side, and one of {} tests, of which one in twenty errs.',
            case when top_minus_bottom_pp > 0 then 'better' else 'worse' end, cast(top_minus_bottom_pp as double),
            cast(top_minus_bottom_ci_low_pp as double), cast(top_minus_bottom_ci_high_pp as double),
            (top_n + bottom_n) / cast(horizon_months as double), (select count(*) from grid where quintile = 1)
        )
    end as finding,
    clock.as_of_date,
    case when coalesce(rounded.provenance, clock.provenance) = 'simulated' then 'simulated' else 'derived' end as provenance
from rounded
cross join {{ ref('stg_clock__day') }} as clock
order by component, horizon_months, quintile
