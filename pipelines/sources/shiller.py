"""Robert Shiller's ie_data.xls: the S&P composite by month since 1871. Not for choosing among its derived columns."""

import re
from datetime import date, timedelta

import fastexcel
import polars as pl

from pipelines.catalog import Series
from pipelines.sources.columns import column
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "shiller"
TABLES = ("shiller_months",)
URL = "https://www.econ.yale.edu/~shiller/data/{symbol}.xls"
NAMES = {"P": "close", "D": "dividend", "E": "earnings", "CPI": "cpi", "Rate GS10": "long_rate_pct", "CAPE": "cape"}
NOT_YET = ("", "NA")
HEADER_WITHIN = 60
_MONTH = re.compile(r"(\d{4})\.(\d{1,2})")


def unavailable(_client: Client) -> str | None:
    """The file can always be asked for."""
    return None


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Months of the window. The file is served whole, whatever the day: later months are left out here.

    Raises:
        SourceError: no usable answer, no sheet with the header, or no months in it.
    """
    source = f"shiller {series.symbol}"
    payload = client.get(PROVIDER, URL.format(symbol=series.symbol), kind="excel")
    header, body = _sheet(source, payload.content)
    place = {ours: header.index(theirs) for theirs, ours in NAMES.items()}
    days, kept = [], []
    for row in body:
        day = _month_end(row[header.index("Date")])
        if day is None and row[place["close"]] and _number(row[place["close"]]) is not None and row[header.index("Date")]:
            raise SourceError(source, "months YYYY.MM", f"a price at {row[header.index('Date')]!r}", LOOK)
        if day is not None and (window.start is None or day >= window.start) and day <= window.end:
            days.append(day)
            kept.append(row)
    values = {name: column(_number(row[at]) for row in kept) for name, at in place.items()}
    months = pl.DataFrame({"month_end": pl.Series(days, dtype=pl.Date), **values})
    return {"shiller_months": months.select(pl.lit(series.symbol).alias("symbol"), "month_end", *NAMES.values())}


def _sheet(source: str, content: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the first sheet that has the header, wherever it stands."""
    try:
        book = fastexcel.read_excel(content)
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
            rows = [["" if cell is None else cell.strip() for cell in row] for row in sheet.iter_rows()]
            for i, row in enumerate(rows[:HEADER_WITHIN]):
                if {"Date", *NAMES} <= set(row):
                    return row, rows[i + 1 :]
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError, OverflowError) as problem:
        raise SourceError(source, "a readable Excel file", f"{str(problem)[:200]}: half a body?", LOOK) from None
    raise SourceError(source, f"a sheet with the header Date, {', '.join(NAMES)}", f"sheets {book.sheet_names}", LOOK)


def _month_end(cell: str) -> date | None:
    """2021.01 is January, 2021.1 October: the cell is a number, and its last zero is lost."""
    match = _MONTH.fullmatch(cell)
    if not match:
        return None
    year, month = int(match[1]), int(match[2]) * (10 if len(match[2]) == 1 else 1)
    if not 1 <= month <= 12 or not 1 <= year <= 9998:
        return None
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _number(cell: str) -> float | str | None:
    if cell in NOT_YET:
        return None
    try:
        return float(cell)
    except ValueError:
        return cell
