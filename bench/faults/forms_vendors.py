"""Prices as the vendors write them who stand in for others: Stooq, Alpha Vantage. Not for the first of their chains (forms_series.py)."""

import json
from datetime import date

from bench.faults.forms_series import PRICES, _bars, _held
from bench.faults.table import LATER, Answers, Form, Table


def _csv(t: Table, _: bool) -> Answers:
    return {"": "".join(f"{','.join(map(str, row))}\r\n" for row in (t.columns, *t.rows)).encode()}


def stooq() -> Form:
    """CSV of an index, as text."""
    table = _bars(("Date", "Open", "High", "Low", "Close", "Volume", "unused"), date.isoformat).without("unused")
    return Form(
        "stooq", "SP500.stooq", table, _held(table, date.isoformat), _csv, "Close", "Date", "Close", tuple(p.title() for p in PRICES),
        str(LATER), "text/csv", changes={"time zone shift": lambda t: t.each(_day_before, "Date")},
    )  # fmt: skip


def stooq_fund() -> Form:
    """CSV of a fund, of which the close is taken as an adjusted close."""
    form = stooq()
    why = "a fund's closes change with every dividend, so a jump is no proof"
    return Form(
        "stooq (fund)", "IWM.stooq", form.now, form.before, _csv, "Close", "Date", "Close", ("Close",), str(LATER), "text/csv",
        changes={"time zone shift": lambda t: t.each(_day_before, "Date")}, without={"unit ×100": why},
    )  # fmt: skip


def alphavantage() -> Form:
    """JSON of the free plan: an object of days, newest first, numbers as text."""
    names = ("day", "1. open", "2. high", "3. low", "4. close", "5. volume")
    table = _bars((*names, "unused"), date.isoformat).without("unused")

    def render(t: Table, _: bool) -> Answers:
        days: dict[str, dict[str, str]] = {}
        said = []
        for row in reversed(t.rows):
            cells = dict(zip(t.columns, map(str, row), strict=True))
            day = cells.pop("day")
            days[day] = cells
            said.append(f"{json.dumps(day)}: {json.dumps(cells)}")
        meta = {"1. Information": "Daily Prices", "2. Symbol": "IWM", "5. Time Zone": "US/Eastern"}
        return {"": f'{{"Meta Data": {json.dumps(meta)}, "Time Series (Daily)": {{{", ".join(said)}}}}}'.encode()}

    return Form(
        "alphavantage", "IWM.alphavantage", table, _held(table, date.isoformat), render, "4. close", "day", "4. close",
        ("1. open", "2. high", "3. low", "4. close"), str(LATER), changes={"time zone shift": lambda t: t.each(_day_before, "day")},
    )  # fmt: skip


def _day_before(day: str) -> str:
    return str(date.fromordinal(date.fromisoformat(day).toordinal() - 1))


FORMS = (stooq, stooq_fund, alphavantage)
