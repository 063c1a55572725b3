"""The only module that asks for today. Not for calendars (sources/exchange.py)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipelines.sources.exchange import last_completed_session

NEW_YORK = ZoneInfo("America/New_York")


class ClockError(Exception):
    """A day that has not come was asked for; the message says which would do."""


@dataclass(frozen=True)
class Clock:
    """The time, and the as-of day that follows from it. `fixed` stands still, for tests and replays."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        """Now, in UTC."""
        return self.fixed or datetime.now(UTC)

    def as_of(self, requested: date | None) -> date:
        """The day everything must have been known on: the one asked for, else the last completed session.

        Raises:
            ClockError: the day asked for has not come yet.
        """
        today = self.now().astimezone(NEW_YORK).date()
        if requested is not None and requested > today:
            raise ClockError(
                f"as_of: expected a day up to today, {today}, found {requested}. Nothing of that day can be known yet: ask for an earlier one."
            )
        return requested or last_completed_session(self.now())
