"""Quality: who earns the return, balance sheets, revenue at home. Not for how pictures look (drawing.py)."""

from pipelines.report.page.drawing import bars
from pipelines.report.page.panel import Column, Panel, Section
from pipelines.report.page.worth import UNIVERSES

SPLIT = Panel(
    key="quality_split",
    is_wide=True,
    bars="name",
    title="Who earns the return: by quality",
    window="the newest session",
    sql="""
select
    universe_id || ' ' || replace(cohort, '_', ' ') as name, universe_id, cohort, horizon, return_pct, return_reason, contribution_pp, weight_pct, members_n,
    instrument_id, source_id
from marts.fct_quality_split_daily
where session_date <= date '{day}' and cohort in ('members', 'earners', 'non_earners', 'roe_q1', 'roe_q5', 'profit_screened', 'all')
qualify session_date = max(session_date) over ()
order by horizon, universe_id, list_position(['all', 'profit_screened', 'members', 'earners', 'non_earners', 'roe_q1', 'roe_q5'], cohort)
""",
    columns=(
        Column("name", "cohort"),
        Column("horizon", "horizon"),
        Column("return_pct", "return", "+.2f", "%", "return_reason"),
        Column("contribution_pp", "contributes", "+.2f", "pp"),
        Column("weight_pct", "weight", ".1f", "%"),
        Column("members_n", "members", ",d"),
        Column("instrument_id", "index or fund"),
        Column("source_id", "earnings by"),
    ),
    metrics=("quality_split_return", "quality_split_contribution"),
    reading="Earners made money over the trailing year. roe q1 is the fifth with the lowest return on equity, q5 the highest. Non-earners ahead: a junk-led rally.",
    empty="No earnings of members are held.",
    legend=(("R2000", "small"), ("SP500", "large")),
    draw=lambda rows, _: bars(
        rows,
        "name",
        "return_pct",
        "percent",
        (("weight_pct", "weight, %", ".1f"), ("members_n", "members", "d")),
        horizon=True,
        paint_by="universe_id",
        paints=UNIVERSES,
    ),
)

REFINANCING = Panel(
    key="refinancing",
    is_wide=True,
    title="Balance sheets",
    window="the newest month end known of each source",
    sql="""
select universe_id, source_id, interest_cover_below_1_pct, median_interest_cover, debt_due_1y_pct, floating_share_pct, cover_change_per_100bp,
    n, coverage_pct, reasons, month_end
from marts.fct_refinancing_monthly
where month_end <= date '{day}' and known_on <= date '{day}'
qualify month_end = max(month_end) over (partition by source_id, universe_id)
order by source_id, universe_id
""",
    columns=(
        Column("universe_id", "universe"),
        Column("source_id", "source"),
        Column("interest_cover_below_1_pct", "do not earn their interest", ".1f", "%", "reasons"),
        Column("median_interest_cover", "median cover", ".2f", "×", "reasons"),
        Column("debt_due_1y_pct", "debt due in a year", ".1f", "%", "reasons"),
        Column("floating_share_pct", "floating", ".1f", "%", "reasons"),
        Column("cover_change_per_100bp", "cover per +100 bp", "+.2f", "×", "reasons"),
        Column("n", "companies", ",d"),
        Column("month_end", "of"),
    ),
    metrics=("interest_cover_below_1", "floating_share"),
    empty="No balance sheets are held: they need filings (ROTATION_CONTACT) or a vendor's file.",
)

HOME = Panel(
    key="domestic",
    is_wide=True,
    title="Revenue at home",
    window="the newest quarter known of each source",
    sql="""
select universe_id, source_id, domestic_revenue_pct, median_domestic_revenue_pct, reason, n, coverage_pct, quarter_end
from marts.fct_domestic_exposure_quarterly
where quarter_end <= date '{day}' and known_on <= date '{day}'
qualify quarter_end = max(quarter_end) over (partition by source_id, universe_id)
order by source_id, universe_id
""",
    columns=(
        Column("universe_id", "universe"),
        Column("source_id", "source"),
        Column("domestic_revenue_pct", "at home", ".1f", "%", "reason"),
        Column("median_domestic_revenue_pct", "median company", ".1f", "%"),
        Column("n", "companies", ",d"),
        Column("coverage_pct", "of market value", ".1f", "%"),
        Column("quarter_end", "of"),
    ),
    metrics=("domestic_revenue",),
    empty="No splits of revenue are held.",
)

SECTION = Section(
    "quality",
    "Quality and balance sheets",
    "Quality",
    (SPLIT, REFINANCING, HOME),
    horizons=("1d", "5d", "1m", "3m", "6m", "ytd", "1y", "3y"),
)
