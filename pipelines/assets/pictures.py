"""Small pictures of the marts people would rather look at than read, for the UI. Not for the report."""

import base64
import io
from collections.abc import Callable
from typing import Any

import dagster as dg
import duckdb

SESSIONS = 504


def _relative(axes: Any, connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(
        "select session_date, any_value(relative_strength) as rs from rotation.marts.fct_relative_performance_daily where small_id = 'R2000' and large_id = 'SP500' "
        f"group by session_date order by session_date desc limit {SESSIONS}"
    ).pl()
    axes.plot(rows["session_date"], rows["rs"], color="#1f5fa8")
    axes.set_title("R2000 / SP500, relative strength")


def _breadth(axes: Any, connection: duckdb.DuckDBPyConnection) -> None:
    for universe, colour in (("R2000", "#1f5fa8"), ("SP500", "#c0641c")):
        rows = connection.sql(
            f"select session_date, pct_above_sma_200 as share from rotation.marts.fct_breadth_daily where universe_id = ? order by session_date desc limit {SESSIONS}",
            params=[universe],
        ).pl()
        axes.plot(rows["session_date"], rows["share"], color=colour, label=universe)
    axes.legend(frameon=False)
    axes.set_title("% of members above their 200-day average")


def _sectors(axes: Any, connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(
        "select sector, return_pct from rotation.marts.fct_sector_performance_daily where horizon = 'ytd' "
        "and session_date = (select max(session_date) from rotation.marts.fct_sector_performance_daily) order by return_pct"
    ).pl()
    axes.barh(rows["sector"], rows["return_pct"], color=["#1f5fa8" if (v or 0) >= 0 else "#c0641c" for v in rows["return_pct"]])
    axes.set_title("Sectors, year to date, %")


def _policy(axes: Any, connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql("select effective_date, upper_pct from rotation.marts.fct_policy_moves order by effective_date").pl()
    axes.step(rows["effective_date"], rows["upper_pct"], where="post", color="#1f5fa8")
    axes.set_title("Federal funds target, upper bound, %")


def _discount(axes: Any, connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(
        "select month_end, concat_ws(' ', metric, basis, aggregation, 'losses', loss_treatment, '(' || small_source_id || '/' || large_source_id || ')') "
        "as definition, discount_pct "
        "from rotation.marts.fct_discount_monthly where discount_pct is not null and small_universe_id = 'R2000' and large_universe_id = 'SP500' order by month_end"
    ).pl()
    for (definition,), part in rows.group_by("definition", maintain_order=True):
        axes.plot(part["month_end"], part["discount_pct"], label=definition, linewidth=1)
    axes.axhline(0, color="#888", linewidth=0.5)
    if rows.height:  # a market without a vendor has no valuations of small caps
        axes.legend(frameon=False, fontsize=5)
    axes.set_title("Discount of R2000 to SP500, %, by definition")


PICTURES: dict[str, Callable[[Any, duckdb.DuckDBPyConnection], None]] = {
    "fct_relative_performance_daily": _relative,
    "fct_breadth_daily": _breadth,
    "fct_sector_performance_daily": _sectors,
    "fct_policy_moves": _policy,
    "fct_discount_monthly": _discount,
}


def picture(connection: duckdb.DuckDBPyConnection, table: str) -> dg.MarkdownMetadataValue | None:
    """A picture of a mart as Markdown with the image inside it; None for tables better read."""
    draw = PICTURES.get(table)
    if draw is None:
        return None
    from matplotlib.figure import Figure  # half a second to import: only where a picture is drawn

    figure = Figure(figsize=(6, 2.6), dpi=90, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)
    draw(axes, connection)
    axes.title.set_fontsize(9)
    simulated = connection.sql("select max(source_mode) = 'sample' from work.raw.clock_day").fetchall()[0][0]
    if simulated:
        figure.text(0.99, 0.99, "SIMULATED", ha="right", va="top", color="#b00020", fontsize=8)
    body = io.BytesIO()
    figure.savefig(body, format="png")
    return dg.MetadataValue.md(f"![{table}](data:image/png;base64,{base64.b64encode(body.getvalue()).decode()})")
