"""Prices and series as their providers write them: Yahoo, Tiingo, FRED, French, Shiller. Not for lists or filings."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from bench.faults.table import AS_OF, DAY_BEFORE, LATER, SESSIONS, Answers, Form, Table

PRICES = ("open", "high", "low", "close")


def close_of(n: int) -> float:
    return round(200 + 7 * ((n * 37) % 11 - 5) / 5 + n / 10, 2)


def bars_of(names: tuple[str, ...], day: Callable[[date], Any]) -> Table:
    rows = []
    for n, session in enumerate(SESSIONS[-70:]):
        close = close_of(n)
        rows.append((day(session), round(close - 0.5, 2), round(close + 1, 2), round(close - 1, 2), close, 1_000_000 + n, close))
    return Table(names, tuple(rows))


def held_of(table: Table, form: Callable[[date], Any]) -> Table:
    until = form(DAY_BEFORE)
    return table.where(lambda row: row[table.columns[0]] <= until)


def _stamp(day: date) -> int:
    return int(datetime.combine(day, time(14, 30), UTC).timestamp())


def yahoo() -> Form:
    """A chart: columns of numbers beside a column of Unix seconds."""
    table = bars_of(("timestamp", *PRICES, "volume", "adjclose"), _stamp)

    def render(t: Table, _: bool) -> Answers:
        given = {name: t.column(name) for name in t.columns}
        meta = {
            "symbol": "IWM", "currency": "USD", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d",
            "regularMarketTime": int(datetime(2026, 1, 9, 21, tzinfo=UTC).timestamp()),
        }  # fmt: skip
        adjusted = {n: v for n, v in given.items() if n.startswith("adjclose")}
        stamps = {n: v for n, v in given.items() if "timestamp" in n}
        quote = {n: v for n, v in given.items() if n not in adjusted and n not in stamps}
        result = {"meta": meta, **stamps, "indicators": {"quote": [quote], "adjclose": [adjusted]}}
        return {"": json.dumps({"chart": {"result": [result], "error": None}}).encode()}

    shift = {"time zone shift": lambda t: t.each(lambda s: s - s % 86_400, "timestamp")}
    return Form(
        "yahoo",
        "IWM",
        table,
        held_of(table, _stamp),
        render,
        "close",
        "timestamp",
        "close",
        (*PRICES, "adjclose"),
        _stamp(LATER),
        changes=shift,
    )


def tiingo() -> Form:
    """A list of days, each an object."""
    names = ("date", *PRICES, "volume", "adjClose", "divCash", "splitFactor")
    plain = bars_of(names[:7], lambda d: f"{d}T00:00:00.000Z")
    table = plain.beside("divCash", 0.0).beside("splitFactor", 1.0)

    def render(t: Table, _: bool) -> Answers:
        return {"": json.dumps([dict(zip(t.columns, row, strict=True)) for row in t.rows]).encode()}

    def west(said: str) -> str:
        return f"{date.fromisoformat(said[:10]) - timedelta(days=1)}T19:00:00-05:00"

    return Form(
        "tiingo", "IWM.tiingo", table, held_of(table, lambda d: f"{d}T00:00:00.000Z"), render, "close", "date", "close", (*PRICES, "adjClose"),
        f"{LATER}T00:00:00.000Z", changes={"time zone shift": lambda t: t.each(west, "date")},
    )  # fmt: skip


def fred() -> Form:
    """CSV of two columns."""
    rows = tuple((day, round(3.5 + (n % 7) / 50, 2)) for n, day in enumerate(SESSIONS[:-1]))  # a day's lag
    table = Table(("observation_date", "DGS2"), rows)

    def render(t: Table, _: bool) -> Answers:
        return {"": ("\n".join([",".join(t.columns), *(",".join(map(str, row)) for row in t.rows)]) + "\n").encode()}

    before = table.where(lambda row: row["observation_date"] < DAY_BEFORE)
    return Form("fred (csv)", "DGS2", table, before, render, "DGS2", "observation_date", "DGS2", kind="application/csv", without_token=True)


def _months(n: int, last: date) -> list[date]:
    """The last days of n months, the newest last."""
    found, day = [], last
    for _ in range(n):
        found.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return found[::-1]


def french() -> Form:
    """A zip with one text: a sentence with the vintage, a table by month, one by year; each vintage is whole."""
    months = _months(24, date(2025, 10, 31))
    rows = tuple((f"{d:%Y%m}", *(round(((n * k) % 13 - 6) / 2 + 0.25, 2) for k in (3, 5, 7)), 0.3) for n, d in enumerate(months))
    table = Table(("", "Mkt-RF", "SMB", "HML", "RF"), rows)

    def render(t: Table, is_before: bool) -> Answers:
        lines = [f"This file was created using the {'202509' if is_before else '202510'} CRSP database.", "", ",".join(t.columns)]
        lines += [",".join(map(str, row)) for row in t.rows]
        lines += ["", " Annual Factors: January-December", ",Mkt-RF,SMB,HML,RF", "2023,10.0,1.0,2.0,4.0", "", "Copyright 2025"]
        return {"": zipped({"F-F_Research_Data_Factors.csv": "\r\n".join(lines)})}

    changes: dict[str, Callable[[Table], Table]] = {
        "negative price": lambda t: t.put("SMB", -150.0),  # a return below minus a hundred
        "zero where null was meant": lambda t: Table(t.columns, (*t.rows[:-1], (t.rows[-1][0], 0, 0, 0, 0))),
        "future dates": lambda t: t.repeated().put("", "202602"),
    }
    why = {"time zone shift": "periods are months; nothing has an hour"}
    before = table.where(lambda row: row[""] < "202510")
    return Form(
        "french", "FF_FACTORS", table, before, render, "SMB", "", "SMB", ("Mkt-RF", "SMB", "HML", "RF"), kind="application/zip",
        changes=changes, without=why,
    )  # fmt: skip


def shiller() -> Form:
    """A workbook with a preamble; the month is a number whose last zero is lost."""
    months = _months(30, date(2025, 11, 30))
    rows = tuple(
        (f"{d:%Y.%m}".removesuffix("0"), 5000.0 + 10 * n, 70.0, 200.0 + n, 310.0 + n / 10, 4.2, 35.0) for n, d in enumerate(months)
    )
    table = Table(("Date", "P", "D", "E", "CPI", "Rate GS10", "CAPE"), rows)

    def render(t: Table, _: bool) -> Answers:
        return {"": workbook([["Stock Market Data"], [], list(t.columns), *(list(row) for row in t.rows)])}

    changes: dict[str, Callable[[Table], Table]] = {"zero where null was meant": lambda t: t.put("E", 0)}
    why = {"time zone shift": "months are named by a number; nothing has an hour"}
    before = table.where(lambda row: row["Date"] != "2025.11")
    return Form(
        "shiller", "SHILLER_SP500", table, before, render, "E", "Date", "P", ("E",), "2026.02", "application/vnd.ms-excel",
        changes=changes, without=why,
    )  # fmt: skip


def zipped(members: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return file.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(AS_OF, time())})
        page = book.add_worksheet("Data")
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                page.write_string(i, j, str(cell))
    return file.getvalue()


FORMS = (yahoo, tiingo, fred, french, shiller)
