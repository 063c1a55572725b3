"""The only module that asks for today. Not for calendars (sources/exchange.py)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


class ClockError(Exception):
    """A day that has not come was asked for, or the clock was set back; the message says what would do."""


@dataclass(frozen=True)
class Clock:
    """The time, and the as-of day that follows from it. `fixed` stands still, for tests and replays."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        """Now, in UTC."""
        return self.fixed or datetime.now(UTC)

    def not_before(self, published: str) -> None:
        """The clock of the machine must not stand before the time the last publication was made at.

        Raises:
            ClockError: it was set back.
        """
        if self.fixed is None and (now := self.now()) < datetime.fromisoformat(published):
            raise ClockError(
                f"The clock of this machine says {now:%Y-%m-%d %H:%M:%S} UTC, which is before the last publication was made ({published}): it was set "
                "back, or stood ahead then. What comes now would count as older than what is held. Set the clock right, then run again; if it stood ahead "
                "then, `rotation rollback` to a publication made under the right time. Nothing was changed."
            )

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
        if requested is not None:
            return requested
        from pipelines.sources.exchange import last_completed_session  # the calendar is loaded where it is asked

        return last_completed_session(self.now())
