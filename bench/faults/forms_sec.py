"""The four offers of the SEC as they are written: facts of a company, data sets, filings, tickers. Not for what funds hold (forms_filings.py)."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from bench.faults.forms_filings import NO_HOUR
from bench.faults.forms_series import zipped
from bench.faults.table import LATER, Answers, Form, Table

Changes = dict[str, Callable[[Table], Table]]
FACT = ("taxonomy", "tag", "unit", "start", "end", "val", "accn", "fy", "fp", "form", "filed")


def _quarters(n: int, last: date) -> list[tuple[date, date]]:
    found = []
    end = last
    for _ in range(n):
        start = date(end.year, end.month - 2, 1)
        found.append((start, end))
        end = start - timedelta(days=1)
    return found[::-1]


def companyfacts() -> Form:
    """Facts of one company by taxonomy, tag and unit; the newest filing is new."""
    rows: list[tuple[Any, ...]] = []
    for n, (start, end) in enumerate(_quarters(10, date(2025, 9, 30))):
        filed = end + timedelta(days=38)
        about = (f"0000000007-{filed:%y}-{n:06}", end.year, f"Q{end.month // 3}", "10-Q", filed)
        rows += [
            ("dei", "EntityCommonStockSharesOutstanding", "shares", None, end, 50_000_000 + 1000 * n, *about),
            ("us-gaap", "Revenues", "USD", start, end, 100_000_000 + 1_000_000 * n, *about),
            ("us-gaap", "NetIncomeLoss", "USD", start, end, 9_000_000 + 100_000 * n, *about),
            ("us-gaap", "Assets", "USD", None, end, 900_000_000 + 5_000_000 * n, *about),
        ]
    table = Table(FACT, tuple(rows))

    def render(t: Table, _: bool) -> Answers:
        facts: dict[str, Any] = {}
        for row in t.rows:
            said = dict(zip(t.columns, row, strict=True))
            place = facts.setdefault(said.pop("taxonomy"), {}).setdefault(said.pop("tag"), {"units": {}})["units"]
            said = {k: v if isinstance(v, int | float | str) else str(v) for k, v in said.items() if v is not None}
            place.setdefault(said.pop("unit"), []).append(said)
        return {"": json.dumps({"cik": 7, "entityName": "SEVEN INC", "facts": facts}).encode()}

    before = table.where(lambda row: row["filed"] < date(2025, 9, 1))
    return Form(
        "sec companyfacts", "SEC_COMPANY_FACTS", table, before, render, "start", "filed", "val", asks=lambda _: {"sec_companies": ("7",)},
        changes={"column missing": lambda t: t.without("val")}, without=NO_HOUR,
    )  # fmt: skip


SUB = ("adsh", "cik", "name", "sic", "fye", "form", "period", "fy", "fp", "filed", "accepted", "prevrpt")
NUM = ("adsh", "tag", "version", "ddate", "qtrs", "uom", "segments", "coreg", "value")


def data_set() -> Form:
    """A zip of tab-separated tables; one quarter is held, another comes."""
    said = companyfacts().now
    spans = {row[6]: (row[4], row[10]) for row in said.rows}

    def num(accessions: list[str]) -> Table:
        rows = []
        for _, tag, unit, start, end, value, accession, *_ in said.rows:
            if accession in accessions:
                taxonomy = "dei/2025" if tag.startswith("Entity") else "us-gaap/2025"
                rows.append((accession, tag, taxonomy, f"{end:%Y%m%d}", 0 if start is None else 1, unit, "", "", value))
        return Table(NUM, tuple(rows))

    accessions = list(spans)
    now, before = num(accessions[-1:]), num(accessions[:-1])

    def render(t: Table, is_before: bool) -> Answers:
        held = accessions[:-1] if is_before else accessions[-1:]
        late = "@later" in t.columns
        t = t.without("@later") if late else t
        sub = ["\t".join(SUB)]
        for accession in held:
            end, filed = spans[accession]
            filed = LATER if late else filed
            about = (accession, 7, "SEVEN INC", 3711, "1231", "10-Q", f"{end:%Y%m%d}", end.year, f"Q{end.month // 3}", f"{filed:%Y%m%d}")
            sub.append("\t".join(map(str, (*about, f"{filed} 17:14:00.0", 0))))
        members = {
            "sub.txt": "\n".join(sub) + "\n",
            "num.txt": "\n".join(["\t".join(t.columns), *("\t".join(map(str, row)) for row in t.rows)]) + "\n",
            "tag.txt": "tag\tversion\tcustom\nRevenues\tus-gaap/2025\t0\n",
            "pre.txt": "adsh\n",
        }
        return {"2025q2.zip" if is_before else "2025q4.zip": zipped(members)}

    def asks(is_before: bool) -> Mapping[str, tuple[str, ...]]:
        return {"sec_data_sets": ("2025q2",) if is_before else ("2025q4",)}

    return Form(
        "sec data sets", "SEC_DATA_SETS", now, before, render, "value", "", "value", kind="application/zip", asks=asks,
        changes={
            "future dates": lambda t: t.beside("@later", ""),
            "shortened history": lambda t: Table(t.columns, t.rows[: len(t.rows) // 2]),
        },
        without={
            "time zone shift": "acceptance is kept as sent; nothing is dated by it",
            "shortened history": "a quarter is its own; the ones before are not sent again",
        },
    )  # fmt: skip


def submissions() -> Form:
    """Filings of one company in columns of one length."""
    columns = ("accessionNumber", "filingDate", "reportDate", "acceptanceDateTime", "form")
    rows = tuple(
        (f"0000000007-{end:%y}-{n:06}", str(end + timedelta(days=38)), str(end), f"{end + timedelta(days=38)}T17:40:00.000Z", "10-Q")
        for n, (_, end) in enumerate(_quarters(10, date(2025, 9, 30)))
    )
    table = Table(columns, rows)

    def render(t: Table, _: bool) -> Answers:
        recent = {name: t.column(name) for name in t.columns}
        about = {"cik": "7", "name": "SEVEN INC", "sic": "3711", "fiscalYearEnd": "1231"}
        return {"": json.dumps(about | {"filings": {"files": [], "recent": recent}}).encode()}

    none = "an answer of words and days: no numbers"
    changes: Changes = {"duplicated dates": lambda t: t.repeated().put("form", "10-K")}
    before = table.where(lambda row: row["filingDate"] < "2025-09-01")
    return Form(
        "sec submissions", "SEC_SUBMISSIONS", table, before, render, "filingDate", "filingDate", "form", later=LATER.isoformat(),
        asks=lambda _: {"sec_companies": ("7",)}, changes=changes,
        without=dict.fromkeys(("text in numbers", "NaN and Infinity", "negative price", "zero where null was meant", "unit ×100"), none)
        | {"time zone shift": "acceptance is kept as sent; nothing is dated by it"},
    )  # fmt: skip


def tickers() -> Form:
    """Numbered objects, the companies of today."""
    rows = tuple((n, f"T{n}", f"COMPANY {n}") for n in range(1, 31))
    table = Table(("cik_str", "ticker", "title"), rows)

    def render(t: Table, _: bool) -> Answers:
        return {"": json.dumps({str(n): dict(zip(t.columns, row, strict=True)) for n, row in enumerate(t.rows)}).encode()}

    today = "the list is of today and carries no day"
    changes: Changes = {
        "duplicated dates": lambda t: t.repeated().put("cik_str", 99),
        "zero where null was meant": lambda t: t.put("cik_str", 0),
    }
    return Form(
        "sec tickers", "SEC_TICKERS", table, table, render, "ticker", "", "cik_str", changes=changes,
        without=dict.fromkeys(("future dates", "time zone shift"), today) | {"unit ×100": "a CIK is a name, not a measure"},
    )  # fmt: skip


FORMS = (companyfacts, data_set, submissions, tickers)
