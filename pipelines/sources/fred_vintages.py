"""FRED's API with real-time periods (ALFRED): every value an observation had, with the day it came out. Needs a key. Not for the CSV (fred.py)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK
from pipelines.sources.redaction import redact

PROVIDER = "fred"
TABLE = "fred_vintages"
URL = "https://api.stlouisfed.org/fred/series/observations"
LIMIT = 100_000  # rows of one page, the most FRED gives
# FRED refuses a request that spans more than 2,000 vintages, and a daily series has one a day: five years are at most 1,827. Few series had
# vintages before 2000. A span begins on New Year's Day, on which nothing is released: what is in force then came out before.
FIRST_VINTAGE = date(1776, 7, 4)
SPAN_YEARS, FIRST_SPAN = 5, 2000
# A first version so long after its usual release is not the release but the day on which ALFRED began to follow the series.
LATEST_RELEASE_DAYS = 366
FIELDS = ("realtime_start", "realtime_end", "date", "value")
BLANK = "."


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Versions of the observations of the window that came out by its end; spans of the past whose answers are in are left out.

    Raises:
        SourceError: no usable answer, or one in another form.
    """
    source = f"fred {series.symbol}"
    found: list[tuple[date, date, str, date]] = []
    for begin, end in _spans(window.end):
        params = _params(series, window, begin, end)
        is_over = end < window.end
        if not is_over or f"GET {_shown(client, {**params, 'offset': '0'})}" not in window.loaded:
            found += _versions(source, list(_rows(source, client, params)), (begin, end), series.lag_days)
    within = [row for row in found if (window.start or date.min) <= row[0] <= window.end]
    frame = pl.DataFrame(
        within,
        schema={"observation_date": pl.Date, "vintage": pl.Date, "value": pl.String, "published_on": pl.Date},
        orient="row",
    )
    return {TABLE: frame.select(pl.lit(series.symbol).alias("series_id"), pl.all()).sort("observation_date", "vintage")}


def _spans(last: date) -> Iterator[tuple[date, date]]:
    """Spans of vintages up to a day, both ends included."""
    begin, year = FIRST_VINTAGE, FIRST_SPAN
    while begin <= last:
        end = date(year, 1, 1) - timedelta(days=1)
        yield begin, min(end, last)
        begin, year = end + timedelta(days=1), year + SPAN_YEARS


def _params(series: Series, window: Window, begin: date, end: date) -> dict[str, str]:
    asked = {"series_id": series.symbol, "realtime_start": begin.isoformat(), "realtime_end": end.isoformat()}
    if window.start:
        asked |= {"observation_start": window.start.isoformat(), "observation_end": window.end.isoformat()}
    return asked | {"file_type": "json", "limit": str(LIMIT)}


def _with_key(client: Client, params: dict[str, str]) -> dict[str, str]:
    return params | {"api_key": client.token(PROVIDER) or ""}


def _shown(client: Client, params: dict[str, str]) -> str:
    """The address of a request as receipts and logs show it."""
    return redact(f"{URL}?{urlencode(_with_key(client, params))}", [client.token(PROVIDER) or ""])


def _rows(source: str, client: Client, params: dict[str, str]) -> Iterator[tuple[date, date, str]]:
    """Day, beginning of the real-time period and value of every row, page by page."""
    offset = 0
    while True:
        payload = client.get(PROVIDER, URL, params=_with_key(client, params | {"offset": str(offset)}), kind="json")
        count, page = _page(source, payload.document, offset)
        yield from (_row(source, one) for one in page)
        offset += len(page)
        if offset >= count:
            return
        if not page:
            raise SourceError(source, f"{count:,} rows, as the answer says", f"{offset:,}, then an empty page", LOOK)


def _page(source: str, document: Any, offset: int) -> tuple[int, list[Any]]:
    if not isinstance(document, dict) or not isinstance(document.get("observations"), list) or not isinstance(document.get("count"), int):
        raise SourceError(source, "an object with count and observations", repr(document)[:200], LOOK)
    wanted = {"units": "lin", "output_type": 1, "offset": offset}
    other = {name: document.get(name) for name, value in wanted.items() if document.get(name) != value}
    if other:
        raise SourceError(source, ", ".join(f"{k} {wanted[k]}" for k in other), ", ".join(f"{k} {v!r}" for k, v in other.items()), LOOK)
    page: list[Any] = document["observations"]
    return document["count"], page


def _row(source: str, one: Any) -> tuple[date, date, str]:
    try:
        since, until, day, value = (one[name] for name in FIELDS)
        if not isinstance(value, str) or date.fromisoformat(until) < date.fromisoformat(since):
            raise ValueError(f"value {value!r} from {since} until {until}")
        return date.fromisoformat(day), date.fromisoformat(since), value.strip()
    except (LookupError, TypeError, ValueError) as problem:
        found = f"{type(problem).__name__}: {str(problem)[:200]}"
        raise SourceError(source, f"{', '.join(FIELDS)} on every row, as text", found, LOOK) from None


def _versions(
    source: str, rows: list[tuple[date, date, str]], span: tuple[date, date], lag_days: int
) -> Iterator[tuple[date, date, str, date]]:
    """The versions that came out within the span: day, vintage, value, and the day it counts as published.

    What was in force when the span began is of an earlier one, and FRED dates it by the beginning. A first version that came out much later
    than a release does is history from before ALFRED: its usual release counts.
    """
    if len({(day, since) for day, since, _ in rows}) != len(rows):
        raise SourceError(source, "one value for an observation and vintage", "two", LOOK)
    begin, end = span
    is_first_span = begin == FIRST_VINTAGE
    in_force: dict[date, str] = {}
    for day, since, value in sorted(rows):
        if value == BLANK or since > end:
            continue
        before = in_force.get(day)
        in_force[day] = value
        if (since <= begin and not is_first_span) or (before is not None and _number(before) == _number(value)):
            continue
        release = day + timedelta(days=lag_days)
        is_history = before is None and since > release + timedelta(days=LATEST_RELEASE_DAYS)
        yield day, since, value, release if is_history else since


def _number(value: str) -> float | str:
    """4.7 and 4.70 are one value; what is no number stays as it came, for the cast to reject."""
    try:
        return float(value)
    except ValueError:
        return value
