"""What `rotation doctor` looks at on the machine: versions, memory, disk, clock, ports. Not for our own files (belongings.py)."""

import os
import platform
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from pipelines.report.finding import Finding, good
from pipelines.resources.publication import Publication
from pipelines.settings import Mode, Settings
from pipelines.sources.exchange import LAST_DAY

MODES: tuple[Mode, ...] = ("sample", "live")
BUILT = date(2026, 1, 1)  # no clock that is right shows an earlier day
GIB = 1 << 30
LEAST_DISK, SOME_DISK = GIB, 5 * GIB  # a live working file of 2026 has half a gigabyte, its candidate and publication as much again
LEAST_MEMORY, SOME_MEMORY = GIB, 2 * GIB  # of DuckDB; dbt spills to disk below two
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": GIB, "T": 1 << 40}
WATCHED = (
    "duckdb",
    "dbt-core",
    "dbt-duckdb",
    "dagster",
    "dagster-webserver",
    "dagster-dbt",
    "polars",
    "great-expectations",
    "sqlalchemy",
    "exchange-calendars",
)


def versions(_settings: Settings) -> Iterator[Finding]:
    """The libraries that break one another, held against the ranges of pyproject.toml."""
    cure = "Set up again with the locked versions: make setup"
    why = "These libraries break with other versions of one another, at times only in the middle of a run."
    for line in requires("rotation") or []:
        wanted = Requirement(line)
        if wanted.name not in WATCHED:
            continue
        try:
            held = version(wanted.name)
        except PackageNotFoundError:
            yield Finding("versions", "fatal", f"{wanted.name} is not installed, {wanted.specifier} is wanted", why, cure)
            continue
        if not wanted.specifier.contains(held, prereleases=True):
            yield Finding("versions", "fatal", f"{wanted.name} is {held}, {wanted.specifier} is wanted", why, cure)
    yield good("versions", f"Python {platform.python_version()}; {', '.join(WATCHED)} are of the versions wanted")


def memory(settings: Settings) -> Iterator[Finding]:
    """What DuckDB may use, and whether the machine has it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    given = _bytes(settings.memory)
    cure = "Set ROTATION_MEMORY_LIMIT between 2GB and four fifths of the machine's memory, or leave it out."
    if given > machine:
        yield Finding("memory", "warning", f"DuckDB may use {settings.memory}, the machine has {machine / GIB:.1f} GiB",
                      "The machine swaps, or ends the run where the memory is gone.", cure)  # fmt: skip
    if given < LEAST_MEMORY:
        yield Finding("memory", "fatal", f"DuckDB may use {settings.memory}", "Below 1 GiB the larger models do not come to an end.", cure)
    elif given < SOME_MEMORY:
        yield Finding(
            "memory", "warning", f"DuckDB may use {settings.memory}", "Below 2 GiB it writes to disk what it cannot hold: slowly.", cure
        )
    yield good("memory", f"DuckDB may use {settings.memory} of {machine / GIB:.1f} GiB, in {settings.cores} threads")


def disk(settings: Settings) -> Iterator[Finding]:
    """Free space where the warehouse is."""
    place = next(p for p in (settings.warehouse, *settings.warehouse.parents) if p.exists())
    free = shutil.disk_usage(place).free
    largest = max((f.stat().st_size for mode in MODES if (f := settings.work_file(mode)).exists()), default=0)
    why = "A run makes a candidate and a publication beside the working file; where the disk is full it stops half way, and nothing is published."
    cure = f"Free space on the disk of {place}, lower ROTATION_KEEP_PUBLICATIONS, or move ROTATION_WAREHOUSE."
    if free < max(LEAST_DISK, 3 * largest):
        yield Finding("disk", "fatal", f"{free / GIB:.1f} GiB are free, {max(LEAST_DISK, 3 * largest) / GIB:.1f} GiB are needed", why, cure)
    elif free < SOME_DISK:
        yield Finding("disk", "warning", f"{free / GIB:.1f} GiB are free", why, cure)
    yield good("disk", f"{free / GIB:.1f} GiB free")


def clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Is the machine's time one that can be: after this was made, after the last publication, within the calendar."""
    why = (
        "What day it is decides what may be known: with a wrong clock a run takes the wrong session for the newest, or refuses all of them."
    )
    cure = "Set the machine's clock (timedatectl set-ntp true), then run again."
    if now.date() < BUILT:
        yield Finding("clock", "fatal", f"it shows {now:%Y-%m-%d %H:%M} UTC, before this was made", why, cure)
    if now.date() > LAST_DAY:
        yield Finding("clock", "fatal", f"it shows {now:%Y-%m-%d %H:%M} UTC, after the exchange's calendar ends ({LAST_DAY})", why, cure)
    for mode in MODES:
        manifest = Publication(settings.published(mode)).manifest()
        if manifest and (made := _moment(str(manifest["created_at"]))) > now:
            yield Finding(
                "clock", "warning", f"it shows {now:%Y-%m-%d %H:%M} UTC, the {mode} publication was made {made:%Y-%m-%d %H:%M}", why, cure
            )
    yield good("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def ports(settings: Settings) -> Iterator[Finding]:
    """The address of the UI: free, and not open to others."""
    host, port = settings.ui_host, settings.ui_port
    if host not in ("127.0.0.1", "localhost", "::1"):
        yield Finding("ports", "warning", f"the UI binds to {host}", "It has no password: who reaches it can start runs.",
                      "Leave ROTATION_UI_HOST on 127.0.0.1, and reach it by ssh -L.")  # fmt: skip
    try:
        with socket.create_connection(("127.0.0.1" if host == "0.0.0.0" else host, port), timeout=0.5):  # noqa: S104 - asked, not bound
            taken = True
    except OSError:
        taken = False
    if taken:
        yield Finding("ports", "warning", f"something answers on {host}:{port}", "`rotation ui` cannot open there; a run needs no port.",
                      "If it is not the UI itself: end it, or set ROTATION_UI_PORT to a free port.")  # fmt: skip
    yield good("ports", f"the UI is to be at {host}:{port}")


def _bytes(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)\s*([KMGT])i?B", text.strip(), re.IGNORECASE).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit.upper()]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
