"""FRED's series: as CSV through pandas-datareader, one pull one vintage; with a key from ALFRED. Blanks are no rows. Not for real-time periods (fred_vintages)."""

import csv
import re
from datetime import date
from itertools import pairwise

import pandas as pd
import polars as pl
from pandas_datareader.fred import FredReader

from pipelines.catalog import Series
from pipelines.sources import fred_vintages
from pipelines.sources.http import Client, Payload
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "fred"
TABLES = ("fred_observations", fred_vintages.TABLE)
FIRST_DAY = date(1700, 1, 1)  # before the first observation; the library's own default is five years ago
DATE_NAMES = ("observation_date", "DATE")  # now, and until 2024
BLANK = ("", ".")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def unavailable(_client: Client) -> str | None:
    """FRED's CSV can always be asked, key or not."""
    return None


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Observations of the window; with a key every version they had.

    Raises:
        SourceError: no usable answer, another series' answer, or one that the library reads otherwise than it stands.
    """
    if client.token(PROVIDER):
        return fred_vintages.read(series, client, window)
    source = f"fred {series.symbol}"
    seen: list[list[list[str]]] = []

    def look(payload: Payload) -> None:
        seen.append(_look_at(source, payload, series.symbol))

    start = window.start or FIRST_DAY
    if start > window.end:
        return {"fred_observations": _frame(series.symbol, [], pl.Series(dtype=pl.Float64))}
    try:
        with client.session(PROVIDER, "csv", look) as session:
            table = FredReader(series.symbol, start, window.end, retry_count=0, session=session).read()
    except SourceError:
        raise
    except Exception as problem:  # noqa: BLE001 - the library raises what pandas raises
        raise SourceError(source, "what pandas-datareader can read", f"{type(problem).__name__}: {str(problem)[:200]}", LOOK) from None
    values = table[series.symbol].dropna()
    due = sum(1 for day, value in seen[-1] if value.strip() not in BLANK and start.isoformat() <= day <= window.end.isoformat())
    if due != len(values):
        raise SourceError(source, f"{due} values, as the payload has", f"{len(values)} read by pandas-datareader", LOOK)
    is_number = pd.api.types.is_numeric_dtype(values.dtype)
    column = pl.Series(values.to_list(), dtype=pl.Float64) if is_number else pl.Series([str(v) for v in values], dtype=pl.String)
    return {"fred_observations": _frame(series.symbol, [t.date() for t in values.index], column)}


def _frame(symbol: str, days: list[date], values: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"observation_date": pl.Series(days, dtype=pl.Date), "value": values})
    return frame.select(pl.lit(symbol).alias("series_id"), "observation_date", "value")


def _look_at(source: str, payload: Payload, symbol: str) -> list[list[str]]:
    """The rows below the header, once it is sure that the library cannot misread them."""
    try:
        rows = list(csv.reader(payload.content.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise SourceError(source, "CSV in UTF-8", str(problem), LOOK) from None
    header, body = rows[0], rows[1:]
    if len(header) != 2 or header[0] not in DATE_NAMES or header[1] != symbol:
        raise SourceError(source, f"the header {DATE_NAMES[0]},{symbol}", repr(",".join(header)[:200]), LOOK)
    odd = [row for row in body if len(row) != 2 or not _DAY.fullmatch(row[0]) or not _is_day(row[0])]
    if odd:
        found = f"{len(odd)} others, such as {','.join(odd[0])[:100]!r}"
        raise SourceError(source, "a date YYYY-MM-DD and a value on every line", found, LOOK)
    back = next((b[0] for a, b in pairwise(body) if b[0] < a[0]), None)
    if back:
        raise SourceError(source, "dates in order", f"{back} after a later one", LOOK)
    return body


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text) >= FIRST_DAY
    except ValueError:
        return False
