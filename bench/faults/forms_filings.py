"""Lists of what funds hold as they are written: iShares, State Street, N-PORT. Not for series, nor for what companies file (forms_sec.py)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.faults.forms_series import workbook
from bench.faults.table import LATER, Answers, Form, Table

Changes = dict[str, Callable[[Table], Table]]
NO_HOUR = {"time zone shift": "days are days of the file; nothing has an hour"}
WEIGHTS = (30.0, 25.0, 20.0, 14.8, 10.0)


def _shares(n: int) -> float:
    return 1000.0 + 100 * n


def _list(columns: tuple[str, ...], line: Callable[[int, str, float], tuple[Any, ...]], cash: tuple[Any, ...]) -> Table:
    names = ("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON")
    return Table(columns, (cash, *(line(n, name, WEIGHTS[n]) for n, name in enumerate(names))))


def _cut(t: Table) -> Table:
    return Table(t.columns, t.rows[: len(t.rows) // 2 + 1])


def _twice(t: Table) -> Table:
    return t.repeated()


def ishares() -> Form:
    """CSV below a preamble that names the day."""
    columns = ("Ticker", "Name", "Sector", "Asset Class", "Market Value", "Weight (%)", "Quantity", "Price")

    def line(n: int, name: str, weight: float) -> tuple[Any, ...]:
        return (name[:3], f"{name} INC", "Energy", "Equity", weight * 1000, weight, _shares(n), round(weight * 1000 / _shares(n), 4))

    table = _list(columns, line, ("USD", "USD CASH", "-", "Cash", 200.0, 0.2, 200.0, 1.0))

    def of(day: date) -> Callable[[Table, bool], Answers]:
        def render(t: Table, is_before: bool) -> Answers:
            said = day - timedelta(days=2) if is_before else day
            head = ["iShares Test ETF", f'Fund Holdings as of,"{said:%b %d, %Y}"', "\u00a0", ",".join(t.columns)]
            body = [",".join(f'"{cell}"' for cell in row) for row in t.rows]
            return {"": "\n".join([*head, *body, "\u00a0", '"End."']).encode("utf-8-sig")}

        return render

    changes: Changes = {
        "duplicated dates": _twice,
        "shortened history": _cut,
        "negative price": lambda t: t.put("Price", -20.0),
        "zero where null was meant": lambda t: t.put("Quantity", 0),
        "future dates": lambda t: t.beside("@later", ""),
    }
    later = of(LATER)
    now = of(date(2026, 1, 8))

    def render(t: Table, is_before: bool) -> Answers:
        return later(t.without("@later"), is_before) if "@later" in t.columns else now(t, is_before)

    return Form(
        "ishares", "IWM_HOLDINGS", table, table, render, "Weight (%)", "", "Weight (%)", kind="text/csv", ignored=("line_no",),
        changes=changes, without=NO_HOUR,
    )  # fmt: skip


def ssga() -> Form:
    """A workbook below a preamble that names the day."""
    columns = ("Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency")

    def line(n: int, name: str, weight: float) -> tuple[Any, ...]:
        return (f"{name} INC", name[:3], f"00{n}00{n}10", "-", weight, "Energy", _shares(n), "USD")

    table = _list(columns, line, ("U.S. Dollar", "CASH_USD", "CASH_USD", "-", 0.2, "Unassigned", 1.0, "USD"))

    def render(t: Table, is_before: bool) -> Answers:
        later = "@later" in t.columns
        day = LATER if later else date(2026, 1, 6) if is_before else date(2026, 1, 8)
        t = t.without("@later") if later else t
        head: list[list[Any]] = [["Fund Name:", "Test"], ["Holdings:", f"As of {day:%d-%b-%Y}"], [], list(t.columns)]
        return {"": workbook([*head, *(list(row) for row in t.rows), [], ["End."]])}

    changes: Changes = {
        "duplicated dates": _twice,
        "shortened history": _cut,
        "negative price": lambda t: t.put("Shares Held", -20.0),
        "zero where null was meant": lambda t: t.put("Shares Held", 0),
        "future dates": lambda t: t.beside("@later", ""),
    }
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Form(
        "ssga",
        "SPY_HOLDINGS",
        table,
        table,
        render,
        "Weight",
        "",
        "Weight",
        kind=sheet,
        ignored=("line_no",),
        changes=changes,
        without=NO_HOUR,
    )


def nport() -> Form:
    """EDGAR's list of filings, and the newest of them; the one before is held."""
    columns = ("name", "title", "cusip", "balance", "valUSD", "pctVal", "curCd", "assetCat", "invCountry")

    def line(n: int, name: str, weight: float) -> tuple[Any, ...]:
        return (f"{name} INC", name, f"00{n}00{n}10", _shares(n), weight * 1000, weight, "USD", "EC", "US")

    table = _list(columns, line, ("Cash Fund", "Cash", "000000000", 200.0, 200.0, 0.2, "USD", "STIV", "US"))
    filed = {"0000000001-25-000001": (date(2025, 6, 30), "2025-08-28"), "0000000001-25-000002": (date(2025, 9, 30), "2025-11-26")}

    def document(t: Table, end: date) -> bytes:
        lines = "".join(
            "<invstOrSec>" + "".join(f"<{c.replace(' ', '')}>{v}</{c.replace(' ', '')}>" for c, v in zip(t.columns, row, strict=True))
            + "</invstOrSec>"
            for row in t.rows
        )  # fmt: skip
        gen = f"<genInfo><seriesId>S000004344</seriesId><repPdDate>{end}</repPdDate></genInfo>"
        return (
            f'<edgarSubmission xmlns="http://www.sec.gov/edgar/nport"><formData>{gen}<invstOrSecs>{lines}</invstOrSecs></formData>'
            "</edgarSubmission>"
        ).encode()

    def render(t: Table, is_before: bool) -> Answers:
        later = "@later" in t.columns
        t = t.without("@later") if later else t
        answers, entries = {}, ""
        for accession, (end, day) in list(filed.items())[: 1 if is_before else 2]:
            day = LATER.isoformat() if later and accession.endswith("2") else day
            folder = f"https://www.sec.gov/Archives/edgar/data/1/{accession.replace('-', '')}/"
            entries += (
                f"<entry><content><accession-number>{accession}</accession-number><filing-date>{day}</filing-date>"
                f"<filing-href>{folder}x.htm</filing-href><filing-type>NPORT-P</filing-type></content></entry>"
            )
            answers[f"{accession.replace('-', '')}/primary_doc.xml"] = document(table if accession.endswith("1") else t, end)
        return answers | {"browse-edgar": f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()}

    changes: Changes = {
        "duplicated dates": _twice,
        "shortened history": _cut,
        "negative price": lambda t: t.put("balance", -20.0),
        "zero where null was meant": lambda t: t.put("balance", 0),
        "future dates": lambda t: t.beside("@later", ""),
    }
    return Form(
        "nport",
        "IWM_NPORT",
        table,
        table,
        render,
        "pctVal",
        "",
        "pctVal",
        kind="text/xml",
        ignored=("line_no",),
        changes=changes,
        without=NO_HOUR,
    )


FORMS = (ishares, ssga, nport)
