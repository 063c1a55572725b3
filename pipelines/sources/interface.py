"""What every reader of a provider gives and raises; the one small interface behind which the providers stand. Not for fetching."""

from dataclasses import dataclass
from datetime import date, datetime

from pipelines.sources.plain import plain


class SourceError(Exception):
    """A provider's answer cannot be used. The message names source, what was expected, what was found, and the cure."""

    def __init__(self, source: str, expected: str, found: str, cure: str) -> None:
        self.source, self.expected, self.found, self.cure = plain(source), expected, plain(found), cure
        super().__init__(f"{self.source}: expected {expected}, found {self.found}. {cure}")


@dataclass(frozen=True)
class Receipt:
    """What one request or file brought: never holds a secret."""

    source: str
    request: str
    pulled_at: datetime
    status: int
    size_bytes: int
    sha256: str


class NotAsked(Exception):  # noqa: N818 - it is no error
    """The settings do not ask for this series. The message says which one would, and what it costs."""


@dataclass(frozen=True)
class Window:
    """Observation days wanted, both ends included; start None means all the provider has.

    `loaded`: requests whose answers are in already, for a reader to leave out where an answer never changes.
    `asked_today`: requests the provider has had from us in the last 24 hours, for a reader whose provider counts them.
    """

    start: date | None
    end: date
    loaded: frozenset[str] = frozenset()
    asked_today: int = 0
