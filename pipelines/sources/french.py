"""Kenneth French's library: factor and size-portfolio returns by the vintage written in the file. Not for compounding or premiums."""

import re
from datetime import date, timedelta
from typing import Any

import polars as pl
from pandas_datareader.famafrench import FamaFrenchReader

from pipelines.catalog import Series
from pipelines.sources.columns import column
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "french"
TABLES = ("french_returns",)
MISSING = (-99.99, -999.0)
_VINTAGE = re.compile(r"using the (\d{4})(\d{2}) CRSP database")
_PERIOD = re.compile(r"\s*(\d{4})(\d{2})?\s*")
_RETURNS = re.compile(r"(value|equal)[ -]weight(?:ed)? returns", re.IGNORECASE)
_FACTORS = re.compile(r"annual factors", re.IGNORECASE)
_SCHEMA = {
    "dataset": pl.String,
    "vintage": pl.String,
    "vintage_end": pl.Date,
    "frequency": pl.String,
    "weighting": pl.String,
    "period_end": pl.Date,
    "portfolio": pl.String,
}


def unavailable(_client: Client) -> str | None:
    """The library can always be asked."""
    return None


def read(series: Series, client: Client, _window: Window) -> dict[str, pl.DataFrame]:
    """Every return of one file of the library. The file is whole or nothing: what a run may know is decided by its vintage.

    Raises:
        SourceError: no usable answer, no vintage in it, or a table that is not as the library writes tables.
    """
    source = f"french {series.symbol}"
    lines = _text(source, series, client).splitlines()
    year, month = _vintage(source, lines)
    tables = [t for t in _tables(source, lines) if t is not None]
    if not any(t["frequency"][0] == "monthly" for t in tables):
        raise SourceError(source, "a table of monthly returns below a header that begins with a comma", f"{len(tables)} other tables", LOOK)
    rows = pl.concat(tables, how="vertical_relaxed").with_columns(
        dataset=pl.lit(series.symbol), vintage=pl.lit(f"{year:04}{month:02}"), vintage_end=pl.lit(_month_end(year, month))
    )
    _refuse_what_cannot_be(source, rows)
    return {"french_returns": rows.select(*_SCHEMA, "value")}


def _refuse_what_cannot_be(source: str, rows: pl.DataFrame) -> None:
    """Months after the vintage, and a month in which nothing moved: a missing month sent as zeros."""
    ahead = rows.filter(pl.col("period_end") > pl.col("vintage_end"))
    if ahead.height:
        found = f"{ahead.sort('period_end')['period_end'][-1]} in the vintage of {ahead['vintage'][0]}"
        raise SourceError(source, "periods up to the vintage", found, LOOK)
    number = pl.col("value").cast(pl.Float64, strict=False)
    still = rows.group_by("frequency", "weighting", "period_end").agg(n=pl.len(), moved=(number != 0).fill_null(True).any())
    blank = still.filter(~pl.col("moved") & (pl.col("n") > 1))
    if blank.height:
        raise SourceError(source, "returns", f"nothing but zeros for {blank.sort('period_end')['period_end'][-1]}", LOOK)


def _text(source: str, series: Series, client: Client) -> str:
    """pandas-datareader knows the address and unzips; its parser drops short tables and needs CRLF (docs/decisions/french-files.md)."""
    try:
        with client.session(PROVIDER, "zip") as session:
            reader = FamaFrenchReader(series.symbol, retry_count=0, session=session)
            text: str = reader._read_zipfile(reader.url)
    except SourceError:
        raise
    except Exception as problem:  # noqa: BLE001 - the library raises what zipfile raises
        raise SourceError(source, "a zip archive with one CSV", f"{type(problem).__name__}: {str(problem)[:200]}", LOOK) from None
    return text


def _vintage(source: str, lines: list[str]) -> tuple[int, int]:
    match = _VINTAGE.search(" ".join(lines[:20]))
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1900:
        raise SourceError(source, "the vintage, '... using the YYYYMM CRSP database'", f"{' '.join(lines[:3])[:150]!r}", LOOK)
    return int(match[1]), int(match[2])


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _tables(source: str, lines: list[str]) -> list[pl.DataFrame | None]:
    """A table starts at a header, `,Mkt-RF,SMB,...`, whose title is the line before it, and ends at the first line that is no period."""
    found = []
    for i, line in enumerate(lines):
        if line.startswith(",") and line.strip(", "):
            title = lines[i - 1].strip() if i else ""
            body = []
            for row in lines[i + 1 :]:
                if not _PERIOD.fullmatch(row.split(",")[0]):
                    if row.strip() and not row.lower().startswith("copyright"):
                        raise SourceError(source, "a period at the start of every row", f"{row[:100]!r}", LOOK)
                    break
                body.append(row.split(","))
            found.append(_table(source, title, line.split(","), body))
    return found


def _weighting(title: str) -> str | None:
    """What the title says; None for a table that holds no returns (numbers of firms, average sizes)."""
    if match := _RETURNS.search(title):
        return match[1].lower()
    return "none" if title == "" or _FACTORS.search(title) else None


def _table(source: str, title: str, header: list[str], body: list[list[str]]) -> pl.DataFrame | None:
    weighting = _weighting(title)
    if weighting is None or not body:
        return None
    uneven = next((row for row in body if len(row) != len(header)), None)
    digits = {len(row[0].strip()) for row in body}
    if uneven or len(digits) != 1:
        what = f"a row {','.join(uneven)[:100]!r}" if uneven else "months and years in one table"
        raise SourceError(source, f"{len(header)} fields in every row of one frequency", what, LOOK)
    try:
        periods = [_period_end(row[0].strip()) for row in body]
    except (ValueError, OverflowError):
        raise SourceError(source, "periods YYYYMM or YYYY", "one that is no month or year", LOOK) from None
    values: list[Any] = []
    for row in body:
        values.extend(_number(cell.strip()) for cell in row[1:])
    names = [name.strip() for name in header[1:]]
    long = pl.DataFrame(
        {
            "frequency": "monthly" if digits == {6} else "annual",
            "weighting": weighting,
            "period_end": pl.Series(periods, dtype=pl.Date).repeat_by(len(names)).explode(),
            "portfolio": names * len(body),
            "value": column(values),
        }
    )
    return long.filter(~pl.col("value").cast(pl.Float64, strict=False).is_in(MISSING).fill_null(False) & pl.col("value").is_not_null())


def _period_end(text: str) -> date:
    return _month_end(int(text[:4]), int(text[4:] or 12)) if text[4:] != "00" and int(text[4:] or 12) <= 12 else date.fromisoformat(text)


def _number(cell: str) -> float | str | None:
    try:
        return float(cell)
    except ValueError:
        return cell or None
