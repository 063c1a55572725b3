"""The first screen: is small taking the lead, how sure are we, what changed. Not for the sentences (report/answer.py, report/case.py)."""

import altair as alt

from pipelines.report.page.drawing import INK, LARGE, ROWS, SMALL, Picture, amounts, days, lines, plain
from pipelines.report.page.panel import Column, Panel, Section
from pipelines.report.page.row import Rows


def _relative(rows: Rows, beside: dict[str, Rows]) -> Picture:
    under = []
    cycles = [c | {"until": c["end_date"] or c["measured_to"]} for c in beside["cycles"]]
    first = rows[0]["session_date"] if rows else None
    shown = [c | {"start_date": max(c["start_date"], first)} for c in cycles if first and c["until"] > first]
    if shown:
        data = alt.InlineData(values=plain(shown, ("start_date", "until", "leader")), name="cycles")
        colour = alt.Color("leader:N", scale=alt.Scale(domain=["small", "large"], range=[SMALL, LARGE]), legend=None)
        under.append(alt.Chart(data).mark_rect(opacity=0.13).encode(x=days("start_date"), x2="until:T", color=colour))
    column = {"relative_strength": ("relative strength", INK)}
    return lines(rows, "session_date", column, "index, first common session = 100; log scale", under=under, log=True)


RELATIVE = Panel(
    key="relative",
    title="Russell 2000 against the S&P 500, with the cycles of leadership",
    window="last session of each month, and the newest; all there is",
    sql="""
select session_date, relative_strength, rs_trend, quadrant, drawdown_pct
from marts.fct_rotation_daily
where small_id = 'R2000' and large_id = 'SP500' and session_date <= date '{day}'
qualify row_number() over (partition by date_trunc('month', session_date) order by session_date desc) = 1
order by session_date
""",
    beside=(
        (
            "cycles",
            """
select cycle_no, leader, start_date, end_date, measured_to, months, leader_gain_pct
from marts.fct_leadership_cycles
order by cycle_no
""",
        ),
    ),
    columns=(
        Column("session_date", "session"),
        Column("relative_strength", "relative strength", ",.2f"),
        Column("rs_trend", "trend"),
        Column("quadrant", "quadrant"),
        Column("drawdown_pct", "below its high", "+.1f", "%"),
    ),
    metrics=("rotation_relative_strength", "leadership_leader"),
    reading="A rising line: small does better than large. Shaded: who led, by the long record of Kenneth French's portfolios (its own definition).",
    reading_alone="A rising line: small does better than large.",
    legend=(("small led", "small"), ("large led", "large")),
    draw=_relative,
    tall=330,
)

HORIZONS = Panel(
    key="horizons",
    title="Small against large, by horizon",
    window="the newest session",
    sql="""
select horizon, small_return_pct, large_return_pct, excess_pp, excess_reason, multiple, multiple_reason, base_date, price_basis
from marts.fct_relative_performance_daily
where small_id = 'R2000' and large_id = 'SP500' and session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by base_date desc, horizon
""",
    columns=(
        Column("horizon", "horizon"),
        Column("small_return_pct", "Russell 2000", "+.2f", "%"),
        Column("large_return_pct", "S&P 500", "+.2f", "%"),
        Column("excess_pp", "difference", "+.2f", "pp", "excess_reason", sign=True),
        Column("multiple", "multiple", ".2f", "×"),
        Column("base_date", "from the close of", spare=True),
    ),
    metrics=("excess_return", "return_multiple"),
    reading="Price returns, not annualised. No multiple where the signs differ or the large return is under 1 %.",
)

SCORECARD = Panel(
    key="scorecard",
    title="Scorecard, with its receipts",
    window="the newest session; percentiles over each input's own history",
    sql="""
select
    component, coalesce(title, 'Total') as title, raw_value, percentile, score, score_reason, weight_used_pct, contribution_points, input_date,
    case when is_stale then 'stale' end as staleness,
    card.source_table || '.' || card.source_column as receipt, card.input_ids
from marts.fct_scorecard_daily as card
left join reference.scorecard_components using (component)
where session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by component = 'total' desc, abs(contribution_points) desc nulls last, component
""",
    columns=(
        Column("title", "component", under="receipt"),
        Column("score", "score", ".0f", "0–100", "score_reason"),
        Column("weight_used_pct", "weight", ".0f", "%"),
        Column("contribution_points", "moves the total by", "+.1f", "points", sign=True),
        Column("input_date", "input of", under="staleness"),
    ),
    metrics=("scorecard_score", "scorecard_contribution"),
    reading="50 is neutral; above it speaks for small. A component without input gives its weight to the others.",
)

EVIDENCE = Panel(
    key="evidence",
    title="Did such scores mean anything?",
    window="month ends; non-overlapping windows counted apart",
    sql="""
select horizon, quintile, score_from, score_to, mean_excess_pp, mean_reason, ci_low_pp, ci_high_pp, observations_n, independent_n,
    top_minus_bottom_pp, top_minus_bottom_reason, top_minus_bottom_ci_low_pp, top_minus_bottom_ci_high_pp, finding
from marts.fct_scorecard_evidence
where component = 'total'
order by case horizon when '1m' then 1 when '3m' then 3 else 12 end, quintile
""",
    columns=(
        Column("horizon", "over"),
        Column("score_from", "score from", ".0f"),
        Column("score_to", "to", ".0f"),
        Column("mean_excess_pp", "small minus large after it", "+.2f", "pp", "mean_reason", sign=True),
        Column("ci_low_pp", "95 % from", "+.2f", "pp"),
        Column("ci_high_pp", "to", "+.2f", "pp"),
        Column("observations_n", "months", ",d"),
        Column("independent_n", "side by side", ".1f"),
        Column("top_minus_bottom_pp", "highest less lowest fifth", "+.2f", "pp", "top_minus_bottom_reason", sign=True),
        Column("top_minus_bottom_ci_low_pp", "95 % from", "+.2f", "pp"),
        Column("top_minus_bottom_ci_high_pp", "to", "+.2f", "pp"),
    ),
    metrics=("evidence_mean_excess", "evidence_independent"),
    reading="Dots: one month on, squares: three, diamonds: twelve. Each fifth is shown by itself: where its interval holds zero, nothing is measured "
    "of that fifth. Whether the highest differs from the lowest is a test of its own; the sentence on the score tells it for twelve months.",
    draw=lambda rows, _: _fifths(rows),
)


def _fifths(rows: Rows) -> Picture:
    told = [r | {"fifth": f"{r['score_from']}–{r['score_to']}"} for r in rows if r["mean_excess_pp"] is not None]
    names = ("horizon", "fifth", "quintile", "mean_excess_pp", "ci_low_pp", "ci_high_pp", "independent_n")
    base = alt.Chart(ROWS)
    x = alt.X("fifth:N", title="score", sort=None, axis=alt.Axis(labelAngle=0, grid=False))
    offset = alt.XOffset("horizon:N", sort=["1m", "3m", "12m"])
    tips = [alt.Tooltip("horizon:N"), alt.Tooltip("fifth:N", title="score")]
    tips += [
        alt.Tooltip(f"{n}:Q", title=t, format="+.2f")
        for n, t in (("mean_excess_pp", "mean, pp"), ("ci_low_pp", "95 % from"), ("ci_high_pp", "to"))
    ]
    tips.append(alt.Tooltip("independent_n:Q", title="windows side by side", format=".1f"))
    colour = alt.condition(alt.datum.mean_excess_pp >= 0, alt.value(SMALL), alt.value(LARGE))
    spread = base.mark_rule(strokeWidth=1.5).encode(
        x=x,
        xOffset=offset,
        y=amounts("ci_low_pp", "small minus large after it, pp; bars: 95 %"),
        y2="ci_high_pp:Q",
        color=colour,
        tooltip=tips,
    )
    dots = base.mark_point(filled=True, size=52, opacity=1).encode(
        x=x, xOffset=offset, y=alt.Y("mean_excess_pp:Q"), color=colour, tooltip=tips,
        shape=alt.Shape("horizon:N", scale=alt.Scale(domain=["1m", "3m", "12m"], range=["circle", "square", "diamond"]), legend=None),
    )  # fmt: skip
    zero = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color="var(--muted)").encode(y="at:Q")
    return Picture(alt.LayerChart(layer=[zero, spread, dots]), plain(told, names))


FLAGS = Panel(
    key="flags",
    title="Risk flags",
    window="the newest session",
    sql="""
select coalesce(title, flag) as title, status, value, value_reason, flags.unit, flags.watch_threshold, flags.threshold, input_date, explanation, source_table
from marts.fct_risk_flags_daily as flags
left join reference.risk_flags using (flag)
where session_date <= date '{day}'
qualify session_date = max(session_date) over ()
order by case status when 'raised' then 1 when 'watch' then 2 when 'unknown' then 3 else 4 end, flag
""",
    columns=(
        Column("status", "status"),
        Column("title", "flag", under="explanation"),
        Column("value", "value", ",.2f", "", "value_reason", under="unit"),
    ),
    metrics=("risk_flag_status", "risk_flag_value"),
)

# Every part says what it is, how it stood on the session before, how it stands now.
CHANGES = Panel(
    key="changes",
    title="What changed since the last session",
    window="the newest session and the one before it",
    sql="""
with cards as (
    select 'score: ' || lower(coalesce(title, 'total')) as what, session_date, score::double as value, null as word, 'points' as unit
    from marts.fct_scorecard_daily left join reference.scorecard_components using (component)
    where session_date <= date '{day}' and session_date > date '{day}' - 15
),
flags as (
    select 'risk flag: ' || lower(coalesce(title, flag)) as what, session_date, null::double as value, status as word, '' as unit
    from marts.fct_risk_flags_daily left join reference.risk_flags using (flag)
    where session_date <= date '{day}' and session_date > date '{day}' - 15
),
rotation as (
    select 'relative strength: ' || part as what, session_date, value, word, unit
    from marts.fct_rotation_daily,
    lateral (values
        ('line', relative_strength::double, null, 'index'), ('trend', null, rs_trend, ''), ('quadrant', null, quadrant, '')
    ) as parts(part, value, word, unit)
    where small_id = 'R2000' and large_id = 'SP500' and session_date <= date '{day}' and session_date > date '{day}' - 15
),
breadth as (
    select 'above 200-day average, %: ' || universe_id as what, session_date, pct_above_sma_200::double as value, null as word, 'pp' as unit
    from marts.fct_breadth_daily
    where session_date <= date '{day}' and session_date > date '{day}' - 15
),
levels as (
    select instrument_id || ' against ' || level::integer as what, session_date, null::double as value, state as word, '' as unit
    from marts.fct_levels_daily
    where session_date <= date '{day}' and session_date > date '{day}' - 15
),
policy as (
    select 'policy stance' as what, session_date, null::double as value, stance as word, '' as unit
    from marts.fct_policy_stance_daily
    where session_date <= date '{day}' and session_date > date '{day}' - 15
),
all_of_them as (
    from cards union all by name from flags union all by name from rotation
    union all by name from breadth union all by name from levels union all by name from policy
),
pairs as (
    select
        what, unit, session_date, value, word,
        lag(session_date) over since as session_before, lag(value) over since as value_before, lag(word) over since as word_before
    from all_of_them
    window since as (partition by what order by session_date)
)
select
    what, coalesce(word_before, printf('%.2f', value_before)) as before, coalesce(word, printf('%.2f', value)) as now,
    round(value - value_before, 4)::decimal(18, 4) as change, unit, session_before, session_date
from pairs
where session_before is not null
qualify session_date = max(session_date) over ()
    and (word is distinct from word_before or abs(value - value_before) >= 0.005 or (value is null) <> (value_before is null))
order by word is null, abs(value - value_before) desc, what
""",
    columns=(
        Column("what", "what"),
        Column("before", "before"),
        Column("now", "now"),
        Column("change", "change", "+.2f", under="unit"),
        Column("session_before", "since"),
    ),
    reading="Words that changed come first, then the largest moves. What is not listed did not move.",
    empty="Nothing that is watched changed, or there is no session before this one.",
)

SECTION = Section(
    "standing",
    "Is small taking the lead, and how sure are we",
    "Standing",
    (RELATIVE, HORIZONS, SCORECARD, FLAGS, CHANGES, EVIDENCE),
)
