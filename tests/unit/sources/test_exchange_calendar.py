"""The calendar, against days everyone knows."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.sources import exchange


def test_sessions_know_holidays_half_days_and_unscheduled_closures() -> None:
    days = exchange.sessions(None, date(2026, 1, 9))
    held = set(days["session_date"])
    assert days["session_date"][0] == date(1970, 1, 2)
    assert days["session_date"][-1] == date(2026, 1, 9)
    for closed in (date(2001, 9, 11), date(2001, 9, 14), date(2012, 10, 29), date(2025, 1, 9), date(2025, 12, 25), date(2022, 6, 20)):
        assert closed not in held
    half = days.filter(pl.col("is_half_day"))["session_date"]
    assert date(2025, 11, 28) in half
    assert date(2025, 12, 24) in half
    assert date(2025, 12, 31) not in half
    assert days["session_date"].is_sorted()
    assert days.columns == ["session_date", "opens_at", "closes_at", "is_half_day"]


def test_opening_and_close_are_utc_in_winter_and_in_summer() -> None:
    winter, summer = exchange.sessions(date(2026, 1, 9), date(2026, 1, 9)), exchange.sessions(date(2025, 7, 1), date(2025, 7, 1))
    assert [str(cell) for cell in winter.row(0)] == ["2026-01-09", "2026-01-09 14:30:00", "2026-01-09 21:00:00", "False"]
    assert [str(cell) for cell in summer.row(0)] == ["2025-07-01", "2025-07-01 13:30:00", "2025-07-01 20:00:00", "False"]


@pytest.mark.parametrize(
    ("day", "then"),
    [
        (date(2026, 1, 9), date(2026, 1, 12)),
        (date(2025, 12, 31), date(2026, 1, 2)),
        (date(2026, 1, 16), date(2026, 1, 20)),
        (date(2001, 9, 10), date(2001, 9, 17)),
    ],
)
def test_the_next_session_jumps_weekends_holidays_and_closures(day: date, then: date) -> None:
    assert exchange.next_session(day) == then


@pytest.mark.parametrize(
    ("now", "session"),
    [
        (datetime(2026, 1, 9, 20, 59, tzinfo=UTC), date(2026, 1, 8)),
        (datetime(2026, 1, 9, 21, 0, tzinfo=UTC), date(2026, 1, 9)),
        (datetime(2026, 1, 11, 12, 0, tzinfo=UTC), date(2026, 1, 9)),
        (datetime(2025, 11, 28, 18, 0, tzinfo=UTC), date(2025, 11, 28)),
        (datetime(2026, 1, 1, 12, 0, tzinfo=UTC), date(2025, 12, 31)),
    ],
)
def test_the_last_completed_session_has_closed(now: datetime, session: date) -> None:
    assert exchange.last_completed_session(now) == session


def test_the_close_of_a_day_that_is_no_session_is_none() -> None:
    assert exchange.session_close(date(2026, 1, 10)) is None
    assert exchange.session_close(date(2025, 11, 28)) == datetime(2025, 11, 28, 18, tzinfo=UTC)


def test_days_move_to_themselves_or_the_next_session_and_nothing_else() -> None:
    given = [date(2026, 1, 9), date(2026, 1, 10), date(2025, 12, 25), None, date(2001, 9, 11), date(1970, 1, 1)]
    due = [date(2026, 1, 9), date(2026, 1, 12), date(2025, 12, 26), None, date(2001, 9, 17), date(1970, 1, 2)]
    assert exchange.to_sessions(pl.Series("d", given, dtype=pl.Date)).to_list() == due


def test_before_1970_weekdays_pass_and_weekends_move_to_monday() -> None:
    given = [date(1929, 10, 29), date(1929, 11, 2), date(1929, 11, 3), date(1871, 12, 25)]
    assert exchange.to_sessions(pl.Series(given)).to_list() == [
        date(1929, 10, 29),
        date(1929, 11, 4),
        date(1929, 11, 4),
        date(1871, 12, 25),
    ]


def test_a_date_far_ahead_is_no_failure() -> None:
    """A vendor's typing error, 2206 for 2026, must not build centuries of calendar."""
    assert exchange.to_sessions(pl.Series([date(2206, 1, 4), date(9999, 12, 31), date(2026, 1, 10)])).to_list() == [
        date(2206, 1, 6),
        date(9999, 12, 31),
        date(2026, 1, 12),
    ]
    assert exchange.session_close(date(2262, 4, 1)) is None


def test_an_empty_series_stays_empty() -> None:
    assert exchange.to_sessions(pl.Series([], dtype=pl.Date)).len() == 0
    assert exchange.to_sessions(pl.Series([None, None], dtype=pl.Date)).to_list() == [None, None]


@pytest.fixture
def closures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes the seed of closures anew."""

    def write(*rows: str) -> None:
        file = tmp_path / "exchange_closures.csv"
        file.write_text("\n".join(["session_date,kind,closes_at,announced_on,reason", *rows]) + "\n")
        monkeypatch.setattr(exchange, "CLOSURES_FILE", file)
        forget()

    def forget() -> None:
        exchange.closures.cache_clear()
        exchange._table.cache_clear()

    yield write
    monkeypatch.undo()
    forget()


def test_a_closure_the_library_does_not_know_is_no_session(closures: Callable[..., None]) -> None:
    closures("2026-03-10,closed,,2026-03-09,a day of mourning", "2026-03-11,half_day,13:00,2026-03-10,a storm")
    days = exchange.sessions(date(2026, 3, 9), date(2026, 3, 11))
    assert [(str(d), str(c), h) for d, _, c, h in days.iter_rows()] == [
        ("2026-03-09", "2026-03-09 20:00:00", False),
        ("2026-03-11", "2026-03-11 17:00:00", True),
    ]
    assert exchange.next_session(date(2026, 3, 9)) == date(2026, 3, 11)
    assert exchange.last_completed_session(datetime(2026, 3, 10, 23, tzinfo=UTC)) == date(2026, 3, 9)
    assert exchange.session_close(date(2026, 3, 10)) is None
    assert exchange.to_sessions(pl.Series([date(2026, 3, 10)])).to_list() == [date(2026, 3, 11)]
    assert exchange.newest_is_open(pl.Series([date(2026, 3, 11)]), datetime(2026, 3, 11, 17, 30, tzinfo=UTC)).to_list() == [False]


@pytest.mark.parametrize(
    "row",
    [
        "2026-03-10,shut,,2026-03-09,why",
        "2026-03-10,closed,13:00,2026-03-09,why",
        "2026-03-10,half_day,,2026-03-09,why",
        "2026-03-10,half_day,1 pm,2026-03-09,why",
        "2026-03-10,closed,,,why",
        "2026-03-10,closed,,2026-03-11,why",
        "2026-03-10,closed,,2026-03-09,",
        "10.3.2026,closed,,2026-03-09,why",
    ],
)
def test_a_closure_that_cannot_be_used_is_refused_with_file_and_cure(closures: Callable[..., None], row: str) -> None:
    closures(row)
    with pytest.raises(exchange.ClosureError, match=r"exchange_closures\.csv.*(Say closed|Write dates)"):
        exchange.sessions(date(2026, 3, 9), date(2026, 3, 11))


def test_no_closure_is_listed_that_the_library_knows() -> None:
    """A row is taken out when the library has the day: here, none may be of a day that is no session to it."""
    library = exchange._calendar(2060).sessions
    for day, kind in exchange.closures().select("session_date", "kind").iter_rows():
        assert (str(day) in library) == (kind == "closed"), day
