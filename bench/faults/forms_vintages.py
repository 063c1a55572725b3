"""FRED's API with real-time periods as a form of the matrix: one request a span of vintages. Not for the CSV (forms_series.py)."""

import json
from collections.abc import Mapping
from datetime import date, timedelta

from bench.faults.table import DAY_BEFORE, SESSIONS, Answers, Form, Table

SPANS = [date(1776, 7, 4), *(date(year, 1, 1) for year in range(2000, 2026, 5))]


def fred_api() -> Form:
    """A JSON object a span, with the versions that came out in it."""
    rows = tuple((day + timedelta(days=1), "9999-12-31", day, f"{3.5 + (n % 7) / 50:.2f}") for n, day in enumerate(SESSIONS[:-1]))
    table = Table(("realtime_start", "realtime_end", "date", "value"), rows)

    def render(t: Table, _: bool) -> Answers:
        return {f"realtime_start={begin}": _body(t, begin, until) for begin, until in zip(SPANS, [*SPANS[1:], date.max], strict=True)}

    def west(t: Table) -> Table:
        return t.each(lambda d: d - timedelta(days=1), "date")

    before = table.where(lambda row: row["date"] < DAY_BEFORE)
    shortened = "a span of vintages says nothing of what came out before it; what we hold stays"
    return Form(
        "fred (api)", "DGS2", table, before, render, "value", "date", "value",
        changes={"time zone shift": west}, without={"shortened history": shortened},
    )  # fmt: skip


def _body(table: Table, begin: date, until: date) -> bytes:
    known = table.columns.index("realtime_start") if "realtime_start" in table.columns else None
    kept = [row for row in table.rows if known is None or begin <= row[known] < until]
    rows: list[Mapping[str, str]] = [dict(zip(table.columns, map(str, row), strict=True)) for row in kept]
    head = {"units": "lin", "output_type": 1, "count": len(rows), "offset": 0, "limit": 100000}
    return json.dumps(head | {"observations": rows}).encode()


FORMS = (fred_api,)
