"""The clock says which day it is, and no day that has not come."""

from datetime import UTC, date, datetime

import pytest

from pipelines.resources.clock import Clock, ClockError


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 9, 20, 59, tzinfo=UTC), date(2026, 1, 8)),  # a minute before the close
        (datetime(2026, 1, 9, 21, 0, tzinfo=UTC), date(2026, 1, 9)),
        (datetime(2026, 1, 11, 12, 0, tzinfo=UTC), date(2026, 1, 9)),  # Sunday
        (datetime(2025, 11, 28, 18, 30, tzinfo=UTC), date(2025, 11, 28)),  # half day: closed at 13:00 New York
        (datetime(2025, 12, 25, 23, 0, tzinfo=UTC), date(2025, 12, 24)),  # Christmas
    ],
)
def test_without_a_wish_it_is_the_last_completed_session(now: datetime, day: date) -> None:
    assert Clock(now).as_of(None) == day


def test_an_earlier_day_is_granted() -> None:
    assert Clock(datetime(2026, 1, 9, tzinfo=UTC)).as_of(date(2020, 2, 29)) == date(2020, 2, 29)


def test_a_day_that_has_not_come_in_new_york_is_refused_with_the_cure() -> None:
    late_evening_in_new_york = datetime(2026, 1, 10, 2, 0, tzinfo=UTC)
    with pytest.raises(ClockError, match=r"up to today, 2026-01-09, found 2026-01-10.*ask for an earlier one"):
        Clock(late_evening_in_new_york).as_of(date(2026, 1, 10))


def test_a_clock_set_back_before_the_last_publication_is_refused_with_both_times() -> None:
    Clock().not_before("2020-01-01T00:00:00Z")
    with pytest.raises(
        ClockError, match=r"The clock of this machine says .* UTC, which is before .*2999-01-01T00:00:00Z.*Set the clock right"
    ):
        Clock().not_before("2999-01-01T00:00:00Z")


def test_a_time_that_was_asked_for_is_no_clock_that_was_set_back() -> None:
    Clock(datetime(2020, 1, 1, tzinfo=UTC)).not_before("2999-01-01T00:00:00Z")
