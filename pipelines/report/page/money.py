"""Rates, policy and credit. Not for how pictures look (drawing.py)."""

import altair as alt

from pipelines.report.page.drawing import INK, MUTED, ROWS, THIRD, Picture, amounts, days, lines, plain
from pipelines.report.page.panel import Column, Panel, Section
from pipelines.report.page.row import Rows

RATES = Panel(
    key="rates",
    title="Policy and Treasury yields",
    window="the last session of each month, twenty years",
    sql="""
with months as (
    select last_day(session_date) as month_end, series_id, arg_max(value_pct, session_date) as value_pct, max(session_date) as session_date
    from marts.fct_rates_daily
    where series_id in ('DFEDTARU', 'DFEDTAR', 'DGS2', 'DGS10') and value_pct is not null
        and session_date <= date '{day}' and known_on <= date '{day}' and session_date > date '{day}' - interval 20 years
    group by all
)
select
    max(session_date) as session_date,
    coalesce(max(value_pct) filter (series_id = 'DFEDTARU'), max(value_pct) filter (series_id = 'DFEDTAR')) as target,
    max(value_pct) filter (series_id = 'DGS2') as two_years, max(value_pct) filter (series_id = 'DGS10') as ten_years
from months
group by month_end
order by session_date
""",
    columns=(
        Column("session_date", "session"),
        Column("target", "Fed target, upper", ".2f", "%"),
        Column("two_years", "2-year yield", ".2f", "%"),
        Column("ten_years", "10-year yield", ".2f", "%"),
    ),
    metrics=("policy_upper_of_day", "rate"),
    legend=(("Fed target, upper bound", "ink"), ("2-year", "third"), ("10-year", "muted")),
    draw=lambda rows, _: lines(
        rows, "session_date", {"target": ("Fed target", INK), "two_years": ("2-year", THIRD), "ten_years": ("10-year", MUTED)}, "percent"
    ),
)

CREDIT = Panel(
    key="credit",
    title="Credit spreads",
    window="the last value of each month, twenty years",
    sql="""
with months as (
    select last_day(date) as month_end, series_id, arg_max(value, date) as value, max(date) as date
    from marts.fct_credit_daily
    where series_id in ('BAA10Y', 'BAMLH0A0HYM2', 'BAMLC0A4CBBB') and value is not null
        and date <= date '{day}' and known_on <= date '{day}' and date > date '{day}' - interval 20 years
    group by all
)
select
    max(date) as date, max(value) filter (series_id = 'BAA10Y') as baa, max(value) filter (series_id = 'BAMLH0A0HYM2') as high_yield,
    max(value) filter (series_id = 'BAMLC0A4CBBB') as bbb
from months
group by month_end
order by date
""",
    columns=(
        Column("date", "day"),
        Column("baa", "Baa − 10-year", ".2f", "pp"),
        Column("high_yield", "high yield", ".2f", "pp"),
        Column("bbb", "BBB", ".2f", "pp"),
    ),
    metrics=("credit_value",),
    reading="Widening spreads hit weak balance sheets first.",
    legend=(("high yield", "ink"), ("Baa less 10-year Treasury", "muted"), ("BBB", "third")),
    draw=lambda rows, _: lines(
        rows, "date", {"high_yield": ("high yield", INK), "baa": ("Baa − 10-year", MUTED), "bbb": ("BBB", THIRD)}, "percentage points"
    ),
)

CREDIT_NOW = Panel(
    key="credit_now",
    is_wide=True,
    title="Credit and financial conditions",
    window="the newest value of each series",
    sql="""
select coalesce(catalogue.name, series_id) as name, series_id, value, credit.unit, change_3m, change_reason, percentile, percentile_reason,
    window_years, replace(truncation_reason, '_', ' ') as truncation_reason, date
from marts.fct_credit_daily as credit
left join reference.series_catalog as catalogue using (series_id)
where date <= date '{day}' and known_on <= date '{day}'
qualify date = max(date) over (partition by series_id)
order by series_id
""",
    columns=(
        Column("name", "series", under="series_id"),
        Column("value", "value", ",.2f", under="unit"),
        Column("change_3m", "change, 3 months", "+.2f", reason="change_reason", under="unit"),
        Column("percentile", "percentile", ".0f", reason="percentile_reason"),
        Column("window_years", "of years", ".1f"),
        Column("truncation_reason", "window cut short"),
        Column("date", "of"),
    ),
    metrics=("credit_percentile", "credit_change_3m"),
)

MOVES = Panel(
    key="moves",
    title="The Fed's last moves",
    window="the twelve newest",
    sql="""
select effective_date, lower_pct, upper_pct, change_bp, consecutive_moves, cumulative_bp, stance, previous_stance
from marts.fct_policy_moves
where effective_date <= date '{day}' and known_on <= date '{day}'
order by effective_date desc
limit 12
""",
    columns=(
        Column("effective_date", "in force from"),
        Column("lower_pct", "from", ".2f", "%"),
        Column("upper_pct", "to", ".2f", "%"),
        Column("change_bp", "move", "+.0f", "bp"),
        Column("consecutive_moves", "of its run", "d"),
        Column("cumulative_bp", "run so far", "+.0f", "bp"),
        Column("stance", "stance"),
    ),
    metrics=("policy_change", "consecutive_moves"),
)


def _betas(rows: Rows) -> Picture:
    told = [
        r | {"low": float(r["beta"]) - 1.96 * float(r["standard_error"]), "high": float(r["beta"]) + 1.96 * float(r["standard_error"])}
        for r in rows
        if r["beta"] is not None and r["standard_error"] is not None
    ]
    base = alt.Chart(ROWS)
    colour = alt.Color("series_id:N", scale=alt.Scale(domain=["DGS2", "DGS10"], range=[THIRD, INK]), legend=None)
    tips = [
        alt.Tooltip("month_end:T", title="month end", format="%Y-%m"),
        alt.Tooltip("series_id:N", title="rate"),
        alt.Tooltip("beta:Q", format="+.2f"),
    ]
    tips += [alt.Tooltip("low:Q", title="95 % from", format="+.2f"), alt.Tooltip("high:Q", title="to", format="+.2f")]
    band = base.mark_area(opacity=0.16).encode(
        x=days("month_end"), y=amounts("low", "percentage points of small minus large per point of yield"), y2="high:Q", color=colour
    )
    line = base.mark_line(strokeWidth=1.6).encode(x=days("month_end"), y=alt.Y("beta:Q"), color=colour)
    dots = base.mark_point(opacity=0, size=90, filled=True).encode(x=days("month_end"), y=alt.Y("beta:Q"), color=colour, tooltip=tips)
    zero = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color=MUTED).encode(y="at:Q")
    return Picture(alt.LayerChart(layer=[band, zero, line, dots]), plain(told, ("month_end", "series_id", "beta", "low", "high")))


SENSITIVITY = Panel(
    key="sensitivity",
    title="Does small suffer when rates rise?",
    window="month ends, ten years; weekly changes of two years each",
    sql="""
select month_end, series_id, beta, standard_error, t_stat, r_squared, beta_reason, n
from marts.fct_rate_sensitivity_monthly
where small_id = 'R2000' and large_id = 'SP500' and series_id in ('DGS2', 'DGS10') and window_weeks = 104
    and month_end <= date '{day}' and known_on <= date '{day}' and month_end > date '{day}' - interval 10 years
order by month_end, series_id
""",
    columns=(
        Column("month_end", "month end"),
        Column("series_id", "rate"),
        Column("beta", "sensitivity", "+.2f", "pp", "beta_reason"),
        Column("standard_error", "standard error", ".2f"),
        Column("t_stat", "t", "+.2f"),
        Column("r_squared", "R²", ".3f"),
        Column("n", "weeks", "d"),
    ),
    metrics=("rate_sensitivity", "rate_sensitivity_error"),
    reading="Only where the whole band lies below zero did rising rates hurt small more.",
    legend=(("2-year yield", "third"), ("10-year yield", "ink"), ("band: 95 % interval", "muted")),
    draw=lambda rows, _: _betas(rows),
)

SECTION = Section("rates", "Rates, policy and credit", "Rates and credit", (RATES, CREDIT, SENSITIVITY, MOVES, CREDIT_NOW))
