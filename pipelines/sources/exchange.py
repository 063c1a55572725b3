"""Sessions of the New York Stock Exchange, from the kept calendar library. Not for asking what day it is (resources/clock.py)."""

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import polars as pl

from pipelines.settings import ROOT

PROVIDER = "exchange"
TABLES = ("exchange_sessions",)
ZONE = "America/New_York"
CLOSURES_FILE = ROOT / "dbt_project" / "seeds" / "exchange_closures.csv"
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2060, 12, 31)  # outside of these closures are not trusted: weekdays pass


@cache
def _calendar(last_year: int) -> Any:
    import exchange_calendars  # brings pandas, a third of a second: loaded when a session is asked for

    return exchange_calendars.get_calendar("XNYS", start=FIRST_DAY, end=date(last_year, 12, 31), side="left")


class ClosureError(Exception):
    """A row of the closures cannot be used; the message names file, day and cure."""


@cache
def closures() -> pl.DataFrame:
    """Closures and early closes the library does not know yet, from the seed that int_sessions reads too.

    Raises:
        ClosureError: a row is not of the form, or of a day that is no session.
    """
    days = pl.col("session_date", "announced_on")
    try:
        rows = pl.read_csv(CLOSURES_FILE, infer_schema=False).select("session_date", "kind", "closes_at", "announced_on", "reason")
        rows = rows.with_columns(days.str.to_date("%Y-%m-%d"))
    except pl.exceptions.PolarsError as problem:
        found = " ".join(str(problem).split())[:200]
        raise ClosureError(f"{CLOSURES_FILE.name}: {found}. Write dates as YYYY-MM-DD under the header of the file.") from None
    for day, kind, at, announced, reason in rows.iter_rows():
        is_well = (kind == "closed" and at is None) or (kind == "half_day" and re.fullmatch(r"\d\d:\d\d", at or ""))
        if not is_well or day is None or announced is None or announced > day or not reason:
            cure = (
                "Say closed, or half_day with the New York time HH:MM it closes at; the day it was announced, not after it; and the reason."
            )
            raise ClosureError(f"{CLOSURES_FILE.name}: the row of {day} ({kind}, {at}, {announced}, {reason}) cannot be used. {cure}")
    return rows


def _with_closures(sessions: pl.DataFrame) -> pl.DataFrame:
    """The library's sessions less those that were called off since, and with closes that were moved."""
    told = closures()
    if told.is_empty():
        return sessions
    early = told.filter(pl.col("kind") == "half_day").select(
        "session_date",
        early=(pl.col("session_date").cast(pl.String) + " " + pl.col("closes_at"))
        .str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
        .dt.replace_time_zone(ZONE)
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None),
    )
    held = sessions.join(told.filter(pl.col("kind") == "closed"), on="session_date", how="anti")
    held = held.join(early, on="session_date", how="left", maintain_order="left")
    return held.with_columns(
        closes_at=pl.coalesce("early", "closes_at"), is_half_day=pl.col("is_half_day") | pl.col("early").is_not_null()
    ).drop("early")


@cache
def _table(last_year: int) -> pl.DataFrame:
    calendar = _calendar(last_year)
    schedule = calendar.schedule
    frame = pl.DataFrame(
        {
            "session_date": schedule.index.to_numpy(),
            "opens_at": schedule["open"].dt.tz_convert(None).to_numpy(),
            "closes_at": schedule["close"].dt.tz_convert(None).to_numpy(),
        }
    )
    early = pl.Series(calendar.early_closes.to_numpy()).cast(pl.Date)
    frame = frame.with_columns(pl.col("session_date").cast(pl.Date), pl.col("opens_at", "closes_at").cast(pl.Datetime("us"))).with_columns(
        is_half_day=pl.col("session_date").is_in(early.implode())
    )
    return _with_closures(frame)


def _until(day: date) -> pl.DataFrame:
    return _table(min(max(day, FIRST_DAY), LAST_DAY).year + 1)  # the year after: the next session of 31 December


def sessions(start: date | None, end: date) -> pl.DataFrame:
    """Rows of raw.exchange_sessions, both ends included, from 1970 on."""
    return _until(end).filter(pl.col("session_date").is_between(max(start or FIRST_DAY, FIRST_DAY), end))


def next_session(day: date) -> date:
    """The first session after the day."""
    found: date = _until(day).filter(pl.col("session_date") > day)["session_date"][0]
    return found


def last_completed_session(now: datetime) -> date:
    """The newest session that has closed by now."""
    moment = now.astimezone(UTC).replace(tzinfo=None)
    found: date = _until(moment.date()).filter(pl.col("closes_at") <= moment)["session_date"][-1]
    return found


def session_close(day: date) -> datetime | None:
    """When the session of the day closes, UTC; None where the day is no session."""
    found = _until(day).filter(pl.col("session_date") == day)["closes_at"]
    return None if found.is_empty() else found[0].replace(tzinfo=UTC)


def newest_is_open(days: pl.Series, moment: datetime) -> pl.Series:
    """True for the newest of the days where its session has not closed at the moment; false for all others."""
    newest = days.max()
    close = session_close(newest) if isinstance(newest, date) else None
    return pl.Series([close is not None and moment < close and day == newest for day in days], dtype=pl.Boolean)


def to_sessions(days: pl.Series) -> pl.Series:
    """Each day moved to itself or the next session; outside of the trusted years to itself or the next weekday."""
    days = days.cast(pl.Date)
    last = days.max()
    if not isinstance(last, date):
        return days
    known = _until(last)["session_date"]
    place = known.search_sorted(days.fill_null(FIRST_DAY).clip(FIRST_DAY, LAST_DAY), side="left")
    frame = pl.DataFrame({"day": days, "session": known.gather(place)})
    to_monday = pl.when(pl.col("day").dt.weekday() > 5).then(8 - pl.col("day").dt.weekday().cast(pl.Int64)).otherwise(0)
    moved = pl.when(pl.col("day").is_between(FIRST_DAY, LAST_DAY)).then("session").otherwise(pl.col("day") + pl.duration(days=to_monday))
    return frame.select(moved.cast(pl.Date).alias(days.name))[days.name]
