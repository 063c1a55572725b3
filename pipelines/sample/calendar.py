"""The days of the simulated market: exchange sessions from the kept calendar, and where a day stands among them. Not for values."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

from pipelines.sources import exchange

SAMPLE_START = date(1986, 1, 2)
SAMPLE_END = date(2026, 1, 9)

Days = npt.NDArray[np.datetime64]


class SampleError(Exception):
    """The simulated market cannot give what was asked; the message says what can be asked instead."""


@dataclass(frozen=True)
class Calendar:
    """Sessions as days, with the opening and the close as Unix seconds."""

    days: Days
    opens: npt.NDArray[np.int64]
    closes: npt.NDArray[np.int64]

    def at(self, day: date | np.datetime64) -> int:
        """Position of the last session on or before a day; -1 before the first."""
        return int(np.searchsorted(self.days, np.datetime64(day), side="right")) - 1

    def since(self, day: date | np.datetime64) -> int:
        """Position of the first session on or after a day."""
        return int(np.searchsorted(self.days, np.datetime64(day), side="left"))


@cache
def calendar() -> Calendar:
    """The sessions from the market's first day to its last."""
    frame = exchange.sessions(SAMPLE_START, SAMPLE_END)
    seconds = {c: frame[c].dt.epoch("s").to_numpy().astype(np.int64) for c in ("opens_at", "closes_at")}
    return Calendar(frame["session_date"].to_numpy().astype("datetime64[D]"), seconds["opens_at"], seconds["closes_at"])


def month_ends(first: date, last: date) -> Days:
    """Last calendar day of every month from one day's month to another's."""
    months = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    return days_before((months + 1).astype("datetime64[D]"))


def days_before(days: Days, n: int = 1) -> Days:
    """Each day moved n calendar days back."""
    return np.asarray(days - np.timedelta64(n, "D"), dtype="datetime64[D]")


def checked(as_of: date) -> date:
    """The day itself, if the market has it.

    Raises:
        SampleError: a day after the last or before the first.
    """
    if as_of > SAMPLE_END:
        raise SampleError(
            f"The sample market is simulated and ends on {SAMPLE_END}; {as_of} lies after it. "
            f"Ask for {SAMPLE_END} or an earlier day, or use --sources live."
        )
    if as_of < SAMPLE_START:
        raise SampleError(f"The sample market starts on {SAMPLE_START}; {as_of} lies before it. Ask for a later day.")
    return as_of
