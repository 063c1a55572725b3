"""Holdings of State Street's funds as the workbook of their pages gives them. Not for choosing the members among them (int_list_members)."""

import re
from datetime import date, datetime

import fastexcel
import polars as pl

from pipelines.catalog import Series
from pipelines.sources.holdings import frame, number, once, text
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "ssga"
TABLES = ("ssga_holdings",)
URL = "https://www.ssga.com/us/en/intermediary/library-content/products/fund-data/etfs/us/holdings-daily-us-en-{symbol}.xlsx"
NAMES = {
    "Name": "name", "Ticker": "ticker", "Identifier": "cusip", "SEDOL": "sedol", "Weight": "weight_pct", "Sector": "sector",
    "Shares Held": "shares", "Local Currency": "currency",
}  # fmt: skip
NEEDED = {"Name", "Ticker", "Weight"}
HEADER_WITHIN = 40
FILLER = "DUMMY"
_DAY = re.compile(r"as of (\d{1,2}-[A-Za-z]{3}-\d{4})", re.IGNORECASE)


def unavailable(_client: Client) -> str | None:
    """The pages can always be asked."""
    return None


def read(series: Series, client: Client, _window: Window) -> dict[str, pl.DataFrame]:
    """The newest list of the fund, at the file's own date, whatever the day asked for: landing sets aside what came later.

    Raises:
        SourceError: no usable answer, no sheet with the header, no date, or no holdings.
    """
    source, fund = f"ssga {series.symbol}", str(series.instrument_id)
    payload = client.get(PROVIDER, URL.format(symbol=series.symbol.lower()), kind="excel")
    preamble, header, body = _sheet(source, payload.content)
    day = _day(source, preamble)
    place = {ours: header.index(theirs) for theirs, ours in NAMES.items() if theirs in header}
    lines = []
    for row in once(source, body):
        line = {ours: (number if ours in ("weight_pct", "shares") else text)(row[at]) for ours, at in place.items()}
        if line["name"] == FILLER and line["weight_pct"] is None:
            continue  # a line the fund puts in so that none is missing
        line["asset_class"] = _asset_class(line)
        if line["asset_class"] == "cash":
            line["cusip"] = None
        lines.append(line)
    if not lines:
        raise SourceError(source, "holdings under the header", "none", LOOK)
    return {"ssga_holdings": frame(fund, day.isoformat(), lines)}


def _sheet(source: str, content: bytes) -> tuple[list[tuple[str, ...]], list[str], list[tuple[str, ...]]]:
    """Preamble, header and lines of the first sheet that has the header, up to the first line without name and weight."""
    try:
        book = fastexcel.read_excel(content)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
            rows = [tuple("" if cell is None else cell.strip() for cell in row) for row in sheet.iter_rows()]
            for i, row in enumerate(rows[:HEADER_WITHIN]):
                if set(row) >= NEEDED:
                    weight = row.index("Weight")
                    end = next((j for j in range(i + 1, len(rows)) if not rows[j][weight]), len(rows))
                    return rows[:i], list(row), rows[i + 1 : end]
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError, OverflowError) as problem:
        raise SourceError(source, "a readable Excel file", f"{str(problem)[:200]}: half a body?", LOOK) from None
    raise SourceError(source, f"a sheet with the header {', '.join(sorted(NEEDED))}", f"sheets {book.sheet_names}", LOOK)


def _day(source: str, preamble: list[tuple[str, ...]]) -> date:
    cells = [cell for row in preamble for cell in row if cell]
    for match in filter(None, map(_DAY.search, cells)):
        try:
            return datetime.strptime(match[1], "%d-%b-%Y").date()  # noqa: DTZ007
        except ValueError:
            continue
    raise SourceError(source, "As of DD-Mon-YYYY above the header", str(cells)[:200], LOOK)


def _asset_class(line: dict[str, float | str | None]) -> str:
    ticker, name = str(line["ticker"] or "").upper(), str(line["name"] or "").upper()
    if ticker.startswith("CASH") or name in ("U.S. DOLLAR", "US DOLLAR") or "MONEY MARKET" in name:
        return "cash"
    if "FUTURE" in name or "EMINI" in name.replace("-", "").replace(" ", ""):
        return "future"
    return "equity"
