"""One run of the pipeline: what was asked for, which files it works on, which day it is. Not for running it."""

import enum
import os
from contextlib import ExitStack
from datetime import date, datetime
from typing import Self

import dagster as dg
import duckdb
from filelock import FileLock, Timeout
from pydantic import Field, PrivateAttr

from pipelines.progress import tell
from pipelines.resources.clock import Clock
from pipelines.resources.disk import demand_room
from pipelines.resources.holder import held_by, holder
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Mode, Settings, settings


class Sources(enum.Enum):
    """Which market: simulated and offline, or the real providers."""

    SAMPLE = "sample"
    LIVE = "live"


class Alone:
    """A market's files for one process at a time, whatever it does with them. `wait_s`: seconds to wait for another one's end."""

    def __init__(self, settings: Settings, mode: Mode, who: str, wait_s: float = 0) -> None:
        self._path, self._mode, self._who, self._wait_s = settings.work_file(mode).with_name("run.lock"), mode, who, wait_s
        self._holder = holder(settings, mode)
        self._lock = FileLock(self._path)

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            WarehouseError: another process has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._wait()
        self._holder.write_text(f"process {os.getpid()} ({self._who})", encoding="utf-8")
        return self

    def _wait(self) -> None:
        writer = held_by(self._holder)
        if self._wait_s > 0:
            tell(f"waiting for {writer}, which writes the {self._mode} warehouse")
        try:
            self._lock.acquire(timeout=self._wait_s, poll_interval=0.2)
        except Timeout:
            waited = f" after {self._wait_s:g} s of waiting" if self._wait_s > 0 else ""
            raise WarehouseError(
                f"The {self._mode} warehouse is being written by {held_by(self._holder)}{waited}. Wait until it has ended, then run again; "
                "`rotation run --wait` waits by itself."
            ) from None

    def __exit__(self, *_: object) -> None:
        try:
            self._holder.unlink(missing_ok=True)  # who comes between this and the next holder's name must not read ours
        finally:
            self._lock.release()


class RunOptions(dg.ConfigurableResource[None]):
    """What one run is asked to do; the form of the UI's launchpad and the options of `rotation run`."""

    sources: Sources = Field(
        default_factory=lambda: Sources(settings().sources), description="sample: the simulated market, offline. live: the real providers."
    )
    as_of: str | None = Field(
        None, description="YYYY-MM-DD: use only what was known on this day. Empty: the last completed session (sample: its last day)."
    )
    mirror: str | None = Field(
        None,
        description="Send every request for https://HOST/PATH to MIRROR/HOST/PATH. Empty: the setting ROTATION_MIRROR, where an address "
        "with a password or token belongs: what stands here is kept with the run, and shown.",
    )
    force: bool = Field(
        default=False,
        description="Ask for everything again, as the first run did: every history from its first day, answers and dropped files that are in "
        "already. What differs is a revision; nothing is replaced. Takes as long as a first run.",
    )
    accept: dict[str, str] = Field(
        default_factory=dict,
        description="Checks to be passed over once, each with the reason, which is published: CHECK:SERIES (gate 1), a dbt test (gate 2), a check of gate 3.",
    )
    wait_s: float = Field(
        default=0, ge=0, description="Seconds to wait while another process writes this market. 0: refuse at once and name it."
    )
    now: str | None = Field(None, description="The clock stands still at this UTC time (ISO 8601); for replays and tests.")

    _held: ExitStack | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """One run at a time works on a market's files, and begins on a whole publication, with room for the next and a clock that goes forward.

        Raises:
            WarehouseError: another run is at work.
            DiskError: there is no room.
            ClockError: the clock was set back.
        """
        with ExitStack() as stack:
            stack.enter_context(Alone(self.settings, self.sources.value, f"run {context.run_id or 'unnamed'}", self.wait_s))
            publication = Publication(self.settings.published(self.sources.value))
            publication.settle()
            if manifest := publication.manifest():
                demand_room(publication.folder, publication.size())
                self.clock.not_before(manifest["created_at"])
            self._held = stack.pop_all()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        """Let the next run in."""
        if self._held is not None:
            self._held.close()
            self._held = None

    @property
    def settings(self) -> Settings:
        return settings()

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings, self.sources.value)

    @property
    def clock(self) -> Clock:
        return Clock(datetime.fromisoformat(self.now) if self.now else None)

    @property
    def mirror_url(self) -> str | None:
        return self.mirror or (str(self.settings.mirror) if self.settings.mirror else None)

    @property
    def requested_day(self) -> date | None:
        try:
            return date.fromisoformat(self.as_of) if self.as_of else None
        except ValueError:
            raise WarehouseError(f"as_of: expected a day as YYYY-MM-DD, found {self.as_of!r}. Correct it.") from None


def as_of_day(connection: duckdb.DuckDBPyConnection) -> date:
    """The as-of day of the run at work, from raw.clock_day.

    Raises:
        WarehouseError: no day has been set yet.
    """
    row = connection.execute("select max(as_of_date) from raw.clock_day").fetchall()[0]
    if row[0] is None:
        raise WarehouseError("raw.clock_day is empty: the run has no as-of day. Materialize raw/clock_day first, or all assets.")
    day: date = row[0]
    return day
