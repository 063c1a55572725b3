"""What small costs and earns: the discount by definition, re-rating, earnings, targets. Not for how pictures look (drawing.py)."""

import altair as alt

from pipelines.report.page.drawing import LARGE, MUTED, SMALL, THIRD, Picture, across, bars, by_name
from pipelines.report.page.panel import Column, Panel, Section
from pipelines.report.page.row import Rows

NO_VALUATIONS = "No valuations of both sides are held: they need filings (ROTATION_CONTACT) and prices of the members, or a vendor's file in the drop folder."

MATRIX = Panel(
    key="discounts",
    title="How much cheaper is small? It depends on the definition",
    window="the newest month end known",
    sql="""
select
    metric, basis, aggregation, loss_treatment, concat_ws(' / ', small_source_id, nullif(large_source_id, small_source_id)) as source,
    small_value, large_value, discount_pct, refusal_reason, is_sign_flipped, flipped_on, percentile, window_years, month_end
from marts.fct_discount_monthly
where small_universe_id = 'R2000' and large_universe_id = 'SP500' and month_end <= date '{day}' and known_on <= date '{day}'
qualify month_end = max(month_end) over ()
order by metric = 'pe' desc, metric, basis, source, loss_treatment, aggregation
""",
    columns=(
        Column("metric", "measure"),
        Column("basis", "basis"),
        Column("source", "source"),
        Column("aggregation", "aggregation"),
        Column("loss_treatment", "losses"),
        Column("small_value", "small", ",.2f"),
        Column("large_value", "large", ",.2f"),
        Column("discount_pct", "discount", "+.1f", "%", "refusal_reason", sign=True),
        Column("is_sign_flipped", "sign flips"),
        Column("flipped_on", "against"),
        Column("percentile", "percentile", ".0f"),
    ),
    metrics=("discount", "discount_sign_flip", "discount_percentile"),
    reading="Above zero small is cheaper, below it dearer. ⇄ marks a sign that another treatment of the same measure turns round.",
    empty=NO_VALUATIONS,
    layout="matrix",
    valued="month_end",
    is_wide=True,
)

PE = {
    "aggregate, losses included": LARGE,
    "aggregate, losses excluded": SMALL,
    "median, losses excluded": THIRD,
    "harmonic capped, losses excluded": MUTED,
}

HISTORY = Panel(
    key="discount_history",
    title="Price/earnings of small over that of large, by definition",
    window="month ends, ten years; the source with the longest record",
    sql="""
with told as (
    select *, count(discount_pct) over (partition by small_source_id) as n
    from marts.fct_discount_monthly
    where small_universe_id = 'R2000' and large_universe_id = 'SP500' and metric = 'pe' and basis = 'ltm' and small_source_id = large_source_id
        and month_end <= date '{day}' and known_on <= date '{day}' and month_end > date '{day}' - interval 10 years
)
select month_end, replace(aggregation, '_', ' ') || ', losses ' || loss_treatment as definition, relative, discount_pct, small_source_id as source
from told
where discount_pct is not null
qualify n = max(n) over ()
order by month_end, definition
""",
    columns=(
        Column("month_end", "month end"),
        Column("definition", "definition"),
        Column("relative", "small / large", ".3f"),
        Column("discount_pct", "discount", "+.1f", "%", sign=True),
        Column("source", "source"),
    ),
    metrics=("relative_valuation", "discount"),
    reading="Trailing year. Below 1 small is cheaper, above it dearer.",
    empty=NO_VALUATIONS,
    legend=tuple((label, colour[6:-1]) for label, colour in PE.items()),
    draw=lambda rows, _: by_name(
        rows, "month_end", "definition", "relative", PE, "small / large, log scale", log=True, under=[across(1)], number=".2f"
    ),
)

RERATING = Panel(
    key="rerating",
    title="What a return to the median would mean",
    window="the newest month end known",
    sql="""
select
    metric || ' ' || basis as measure, small_source_id as source, replace(aggregation, '_', ' ') || ', losses ' || loss_treatment as definition,
    relative, median_relative, implied_excess_pp, implied_reason, window_years, month_end
from marts.fct_implied_rerating_monthly
where small_universe_id = 'R2000' and large_universe_id = 'SP500' and month_end <= date '{day}' and known_on <= date '{day}'
qualify month_end = max(month_end) over ()
order by metric = 'pe' desc, metric, basis, small_source_id, loss_treatment, aggregation
""",
    columns=(
        Column("measure", "measure", under="source"),
        Column("definition", "definition"),
        Column("relative", "small / large", ".2f"),
        Column("median_relative", "its median", ".2f"),
        Column("implied_excess_pp", "implied", "+.1f", "pp", "implied_reason", sign=True),
        Column("window_years", "years", ".1f", spare=True),
    ),
    metrics=("implied_rerating",),
    reading="Arithmetic, no forecast: nothing says that, or when, it happens.",
    empty=NO_VALUATIONS,
    valued="month_end",
)

VALUATION = Section("valuation", "Valuation: the discount, by definition", "Valuation", (MATRIX, HISTORY, RERATING))

GROWTH = Panel(
    key="earnings",
    bars="name",
    title="Earnings growth, with and without health care",
    window="the newest capture of each source",
    sql="""
select
    universe_id || ' ' || period || '|' || source_id as name, universe_id, period, basis, source_id, growth_pct, value_status,
    growth_ex_health_care_pct, ex_health_care_status, growth_source, n, captured_on
from marts.fct_earnings_growth
where captured_on <= date '{day}' and known_on <= date '{day}'
qualify captured_on = max(captured_on) over (partition by source_id, universe_id)
order by source_id, period, universe_id
""",
    columns=(
        Column("universe_id", "universe"),
        Column("period", "period"),
        Column("basis", "basis"),
        Column("source_id", "source"),
        Column("growth_pct", "growth", "+.1f", "%", "value_status"),
        Column("growth_ex_health_care_pct", "without health care", "+.1f", "%", "ex_health_care_status"),
        Column("growth_source", "by"),
        Column("n", "companies", ",d"),
        Column("captured_on", "of"),
    ),
    metrics=("earnings_growth", "earnings_growth_ex_health_care"),
    empty="No consensus and no filings are held: put a vendor's file into the drop folder, or set ROTATION_CONTACT.",
    draw=lambda rows, _: _growth(rows),
    legend=(("small universes", "small"), ("large universes", "large")),
)

UNIVERSES = alt.Scale(domain=["R2000", "SP600", "SP500", "R1000"], range=[SMALL, SMALL, LARGE, LARGE])


def _growth(rows: Rows) -> Picture:
    return bars(rows, "name", "growth_pct", "percent", (("universe_id", "universe", ""),), paint_by="universe_id", paints=UNIVERSES)


TARGETS = Panel(
    key="targets",
    is_wide=True,
    title="Analyst targets against prices",
    window="the newest capture of each list",
    sql="""
select list_id, captured_on, stocks_n, n, mean_upside_pct, median_upside_pct, upside_reason, above_price_n, outdated_n, without_target_n, without_price_n
from marts.fct_target_screen
where captured_on <= date '{day}' and known_on <= date '{day}'
qualify captured_on = max(captured_on) over (partition by list_id)
order by list_id
""",
    columns=(
        Column("list_id", "list"),
        Column("captured_on", "of"),
        Column("stocks_n", "stocks", "d"),
        Column("n", "with target and price", "d"),
        Column("mean_upside_pct", "mean upside", "+.1f", "%", "upside_reason"),
        Column("median_upside_pct", "median", "+.1f", "%", "upside_reason"),
        Column("above_price_n", "targets above price", "d"),
        Column("outdated_n", "outdated", "d"),
    ),
    metrics=("target_screen_mean",),
    empty="No price targets are held: put a list into the drop folder.",
)

UPSIDE = Panel(
    key="upside",
    bars="symbol",
    title="Upside to the target, by stock",
    window="the newest capture; drawn: the twelve highest",
    sql="""
select symbol, name, list_id, price, target_mean, target_low, target_high, upside_pct, upside_reason, analysts_n, target_date, is_outdated, captured_on
from marts.fct_target_upside
where captured_on <= date '{day}' and known_on <= date '{day}'
qualify captured_on = max(captured_on) over (partition by list_id)
order by upside_pct desc nulls last, symbol
""",
    columns=(
        Column("symbol", "symbol"),
        Column("name", "name"),
        Column("price", "price", ",.2f"),
        Column("target_mean", "target", ",.2f"),
        Column("upside_pct", "upside", "+.1f", "%", "upside_reason"),
        Column("analysts_n", "analysts", "d"),
        Column("target_date", "target of"),
        Column("is_outdated", "outdated"),
    ),
    metrics=("target_upside", "target_outdated"),
    reading="Targets are opinions, and rise with prices; outdated ones are marked.",
    empty="No price targets are held: put a list into the drop folder.",
    draw=lambda rows, _: bars(
        rows[:12],
        "symbol",
        "upside_pct",
        "percent",
        (("name", "name", ""), ("is_outdated", "outdated", "")),
        is_of_sides=False,
    ),
)

EARNINGS = Section("earnings", "Earnings and targets", "Earnings", (GROWTH, UPSIDE, TARGETS))
