"""The only module that asks for today. Not for calendars (sources/exchange.py)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipelines.sources.exchange import last_completed_session


@dataclass(frozen=True)
class Clock:
    """The time, and the as-of day that follows from it. `fixed` stands still, for tests and replays."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        """Now, in UTC."""
        return self.fixed or datetime.now(UTC)

    def as_of(self, requested: date | None) -> date:
        """The day everything must have been known on: the one asked for, else the last completed session."""
        return requested or last_completed_session(self.now())
