"""Second vendors of prices as they write them: Stooq, Alpha Vantage. Not for the first ones (forms_series.py)."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.faults.forms_series import bars_of, held_of
from bench.faults.table import Answers, Form, Table


def stooq(name: str, series_id: str) -> Form:
    """CSV of a symbol. Of an index bars are landed, of a fund closes alone, which Stooq adjusts."""
    table = bars_of(("Date", "Open", "High", "Low", "Close", "Volume", "Adjusted"), lambda day: day).without("Adjusted")

    def render(t: Table, _: bool) -> Answers:
        return {"": ("\r\n".join([",".join(t.columns), *(",".join(map(str, row)) for row in t.rows)]) + "\r\n").encode()}

    prices = ("Open", "High", "Low", "Close")
    return Form(name, series_id, table, held_of(table, lambda d: d), render, "Close", "Date", "Close", prices, kind="text/csv")


def index() -> Form:
    return stooq("stooq index", "SP500.stooq")


def fund() -> Form:
    return stooq("stooq fund", "IWM.stooq")


def alphavantage(name: str, columns: tuple[str, ...], plan: tuple[str, ...]) -> Form:
    """Days by name, the newest first, their numbers written as text."""
    plain = bars_of(("day", "1. open", "2. high", "3. low", "4. close", "volume", "5. adjusted close"), str)
    table = plain.renamed("volume", "6. volume" if plan else "5. volume")
    table = table.beside("7. dividend amount", 0.0).beside("8. split coefficient", 1.0) if plan else table.without("5. adjusted close")
    assert set(columns) < set(table.columns)

    def render(t: Table, _: bool) -> Answers:
        days: dict[str, Any] = {}
        for row in t.rows[::-1]:
            said = {k: str(v) for k, v in zip(t.columns, row, strict=True)}
            day = said.pop("day")
            text = json.dumps(said)
            days[day] = [*days.get(day, []), text]
        body = ", ".join(f"{json.dumps(day)}: {text}" for day, texts in days.items() for text in texts)  # a day twice stays twice
        return {"": f'{{"Meta Data": {{"2. Symbol": "IWM"}}, "Time Series (Daily)": {{{body}}}}}'.encode()}

    shift: dict[str, Callable[[Table], Table]] = {"time zone shift": lambda t: t.each(_day_before, "day")}
    return Form(
        name, "IWM.alphavantage", table, held_of(table, str), render, "4. close", "day", "4. close", columns, "2026-02-02",
        asks=lambda _: {"alpha_vantage_plan": plan}, changes=shift,
    )  # fmt: skip


def _day_before(said: str) -> str:
    return str(date.fromisoformat(said) - timedelta(days=1))


def free() -> Form:
    return alphavantage("alphavantage (free)", ("1. open", "2. high", "3. low", "4. close"), ())


def premium() -> Form:
    return alphavantage("alphavantage (premium)", ("1. open", "2. high", "3. low", "4. close", "5. adjusted close"), ("premium",))


FORMS = (index, fund, free, premium)
