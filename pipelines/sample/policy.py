"""The simulated central bank's target: one rate to 2008, a range since. Not for market rates (rates.py)."""

from datetime import date

import numpy as np

from pipelines.sample.calendar import SAMPLE_START, Days
from pipelines.sample.chance import Floats
from pipelines.sample.facts import facts

RANGE_START = date(2008, 12, 16)
SINGLE_RATE_START = date(1994, 1, 3)

# (first day in force, target). Invented, but each day follows a real meeting, so that holds and runs can be told as in life.
SINGLE_RATE = (
    ("1986-01-02", 7.75), ("1986-07-10", 6.5), ("1987-09-04", 7.25), ("1988-08-09", 8.25), ("1989-02-24", 9.75), ("1990-07-13", 8.0),
    ("1991-03-08", 6.25), ("1991-12-20", 4.5), ("1992-09-04", 3.25), ("1994-02-04", 3.5), ("1994-05-17", 4.25), ("1994-08-16", 4.75),
    ("1994-11-15", 5.5), ("1995-07-06", 5.25), ("1996-01-31", 5.0), ("1997-03-25", 5.25), ("1998-09-29", 5.0), ("1998-11-17", 4.75),
    ("1999-06-30", 5.0), ("1999-11-16", 5.5), ("2000-03-21", 6.0), ("2000-05-16", 6.5), ("2001-01-31", 5.5), ("2001-03-20", 5.0),
    ("2001-05-15", 4.0), ("2001-08-21", 3.5), ("2001-11-06", 2.25), ("2002-11-06", 1.5), ("2003-06-25", 1.0), ("2004-06-30", 1.25),
    ("2004-09-21", 1.75), ("2004-12-14", 2.25), ("2005-05-03", 3.0), ("2005-09-20", 3.75), ("2005-12-13", 4.25), ("2006-03-28", 4.75),
    ("2006-06-29", 5.25), ("2007-09-18", 4.75), ("2007-12-11", 4.25), ("2008-01-30", 3.0), ("2008-03-18", 2.25), ("2008-10-29", 1.0),
)  # fmt: skip
RANGE_UPPER = (
    ("2008-12-16", 0.25), ("2015-12-17", 0.5), ("2016-09-22", 0.75), ("2017-03-16", 1.0), ("2017-06-15", 1.25), ("2018-03-22", 1.5),
    ("2018-06-14", 1.75), ("2018-12-20", 2.0), ("2019-09-19", 1.75), ("2019-10-31", 1.5), ("2020-03-16", 0.25), ("2022-03-17", 0.5),
    ("2022-05-05", 1.0), ("2022-06-16", 1.75), ("2022-07-28", 2.5), ("2022-09-22", 3.25), ("2022-11-03", 4.0), ("2022-12-15", 4.5),
    ("2023-03-23", 4.75), ("2023-05-04", 5.0), ("2023-07-27", 5.25), ("2024-09-19", 4.75), ("2024-12-19", 4.5),
)  # fmt: skip
WIDTH = 0.25


def _in_force(moves: tuple[tuple[str, float], ...], days: Days) -> Floats:
    since = np.array([day for day, _ in moves], dtype="datetime64[D]")
    values = np.array([value for _, value in moves])
    return np.asarray(values[np.maximum(np.searchsorted(since, days, side="right") - 1, 0)])


def single_rate(days: Days) -> Floats:
    """The target rate on days before the range."""
    return _in_force(SINGLE_RATE, days)


def range_upper(days: Days) -> Floats:
    """The upper bound of the target range on days since there is one; the moves of 2025 are the published facts."""
    published = tuple((day.isoformat(), value) for day, value in sorted(facts("Fed target range upper").items()))
    return _in_force(RANGE_UPPER + published, days)


def target(days: Days) -> Floats:
    """What overnight money is meant to cost on any day: the rate, then the middle of the range."""
    return np.where(days < np.datetime64(RANGE_START), single_rate(days), range_upper(days) - WIDTH / 2)


def every_day(first: date = SAMPLE_START, last: date = RANGE_START) -> Days:
    """Calendar days, weekends included, the last one too."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)
