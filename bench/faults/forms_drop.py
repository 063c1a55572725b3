"""Dropped files of every kind, as CSV. Not for workbooks and Parquet, which the reader brings to the same table (tests of the drop folder)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.faults.table import DAY_BEFORE, LATER, SESSIONS, Answers, Form, Table

Changes = dict[str, Callable[[Table], Table]]
NO_HOUR = {"time zone shift": "days are days of the file; nothing has an hour"}
OTHER_DAY = "each file is of another day; lists differ in length"


def _file(folder: str) -> Callable[[Table, bool], Answers]:
    def render(t: Table, is_before: bool) -> Answers:
        lines = [",".join(t.columns), *(",".join("" if cell is None else str(cell) for cell in row) for row in t.rows)]
        return {f"{folder}/{'held' if is_before else 'new'}.csv": ("\n".join(lines) + "\n").encode()}

    return render


def _form(kind: str, folder: str, now: Table, before: Table, needed: str, day: str, value: str, **others: Any) -> Form:
    return Form(
        f"drop {kind}", f"{folder}/new.csv", now, before, _file(folder), needed, day, value, kind="",
        **({"without": NO_HOUR} | others),
    )  # fmt: skip


def bars() -> Form:
    rows = tuple((day, "AAA", 20 + n / 10, 21 + n / 10, 19 + n / 10, 20.5 + n / 10, 1000 + n) for n, day in enumerate(SESSIONS[-70:]))
    table = Table(("Date", "Symbol", "Open", "High", "Low", "Close", "Volume"), rows)
    before = table.where(lambda row: row["Date"] <= DAY_BEFORE)
    return _form(
        "bars", "bars/R2000", table, before, "Close", "Date", "Close", scaled=("Open", "High", "Low", "Close"), without={},
        changes={"future dates": lambda t: t.repeated().put("Date", LATER)},
    )  # fmt: skip


def constituents() -> Form:
    def of(day: date) -> Table:
        return Table(("date", "ticker", "company", "weight", "shares"), tuple((day, f"T{n}", f"Co {n}", 20.0, 10.0 + n) for n in range(5)))

    table = of(date(2026, 1, 8))
    changes: Changes = {
        "future dates": lambda t: t.each(lambda _: LATER, "date"),
        "zero where null was meant": lambda t: t.put("shares", 0),
        "shortened history": lambda t: Table(t.columns, t.rows[:3]),
        "header renamed": lambda t: t.renamed("ticker", "Paper"),
        "column missing": lambda t: t.without("ticker"),
        "duplicated dates": lambda t: t.repeated(),
    }
    return _form("constituents", "constituents/R2000", table, of(date(2026, 1, 6)), "ticker", "date", "weight", changes=changes)


def valuations() -> Form:
    columns = (
        "month_end", "universe_id", "metric", "basis", "aggregation", "loss_treatment", "financials_treatment", "earnings_definition",
        "value", "value_status", "source_id",
    )  # fmt: skip
    said = ("R2000", "pe", "ltm", "aggregate", "excluded", "included", "as_reported")
    days = [date(2025, m, d) for m, d in ((7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31))]
    table = Table(columns, tuple((day, *said, 18.5 + n / 10, "ok", "desk") for n, day in enumerate(days)))
    before = Table(columns, table.rows[:-1])
    return _form("valuations", "valuations", table, before, "value", "month_end", "value", changes=_months("month_end"))


def _months(day: str) -> Changes:
    return {"future dates": lambda t: t.repeated().put(day, date(2026, 2, 28))}


def targets() -> Form:
    columns = ("date", "ticker", "price", "target_mean", "target_high", "target_low")

    def of(day: date) -> Table:
        return Table(columns, tuple((day, f"T{n}", 20.0 + n, 25.0 + n, 30.0 + n, 18.0 + n) for n in range(5)))

    return _form(
        "targets", "targets/LIST", of(date(2026, 1, 8)), of(date(2026, 1, 6)), "target_mean", "date", "target_mean",
        changes={"duplicated dates": lambda t: t.repeated().put("price", 21.0)}, without=NO_HOUR | {"shortened history": OTHER_DAY},
    )  # fmt: skip


def consensus() -> Form:
    columns = ("captured_on", "universe_id", "period", "sector", "earnings_base", "earnings_expected", "source_id")

    def of(day: date) -> Table:
        return Table(columns, tuple((day, "R2000", f"2026Q{q}", "all", 100.0 + q, 110.0 + q, "desk") for q in (1, 2, 3, 4)))

    return _form(
        "consensus", "consensus", of(date(2026, 1, 8)), of(date(2026, 1, 6)), "earnings_expected", "captured_on", "earnings_expected",
        without=NO_HOUR | {"shortened history": OTHER_DAY, "negative price": "expected losses are real"},
    )  # fmt: skip


def fundamentals() -> Form:
    columns = ("period_end", "universe_id", "measure", "value", "source_id", "published_on")
    days = [date(2025, m, d) for m, d in ((7, 31), (8, 31), (9, 30), (10, 31), (11, 30))]
    rows = tuple((day, "R2000", "debt_due_1y_pct", 12.0 + n, "desk", day + timedelta(days=30)) for n, day in enumerate(days))
    table = Table(columns, rows)
    before = Table(columns, rows[:-1])
    return _form("fundamentals", "fundamentals", table, before, "value", "period_end", "value", changes=_months("period_end"))


def events() -> Form:
    columns = ("event_id", "kind", "date", "is_scheduled", "title", "announced_on")
    rows = tuple((f"policy_{n}", "policy", date(2026, 2, n), "true", f"Decision {n}", date(2026, 1, 2)) for n in range(1, 7))
    table = Table(columns, rows)
    none = "events have no numbers"
    why = NO_HOUR | dict.fromkeys(("text in numbers", "NaN and Infinity", "negative price", "zero where null was meant", "unit ×100"), none)
    return _form(
        "events", "events", table, Table(columns, rows[:-1]), "title", "announced_on", "title", without=why,
        changes={"duplicated dates": lambda t: t.repeated().put("title", "Another decision")},
    )  # fmt: skip


FORMS = (bars, constituents, valuations, targets, consensus, fundamentals, events)
