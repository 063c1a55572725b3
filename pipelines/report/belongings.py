"""What `rotation doctor` looks at of our own: keys, folders, files left behind, catalogue, dbt project, mirror. Not for the machine (machine.py)."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipelines.catalog import CatalogError, read_catalog
from pipelines.report.finding import Finding, good
from pipelines.report.machine import MODES
from pipelines.resources.dbt import DbtError, ensure_manifest
from pipelines.resources.holder import held_by, holder
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import PREFIX, TOKENS, Mode, Settings
from pipelines.sources.drop import FLAT, FOLDERED
from pipelines.sources.exchange import ClosureError, closures
from pipelines.sources.reach import reach
from pipelines.sources.redaction import public


def keys(settings: Settings) -> Iterator[Finding]:
    """Keys and the contact: what is not asked without them."""
    for provider, name in TOKENS.items():
        if provider not in settings.tokens:
            yield Finding("keys", "warning", f"{PREFIX}{name.upper()} is not set", f"{provider} is asked with less, or not at all.",
                          f"See docs/sources/{provider}.md for how to get one; put it in the environment or in ROTATION_KEYS_FILE.")  # fmt: skip
    if not settings.contact:
        yield Finding("keys", "warning", "ROTATION_CONTACT is not set", "The SEC refuses requests without an address to write to: no filings, no N-PORT.",
                      "Set ROTATION_CONTACT to an e-mail address.")  # fmt: skip
    yield good("keys", f"{len(settings.tokens)} of {len(TOKENS)} set")


def folders(settings: Settings) -> Iterator[Finding]:
    """The warehouse: writable, and on one file system."""
    warehouse = settings.warehouse
    wanted = [warehouse, settings.archive, settings.quarantine, settings.drop_folder]
    wanted += [
        f for mode in MODES for f in (settings.work_file(mode).parent, settings.candidate_file(mode).parent, settings.published(mode))
    ]
    closed = [f for f in wanted if not _is_writable(f)]
    for folder in closed:
        yield Finding("folders", "fatal", f"{folder} cannot be written", "A run keeps its files there.",
                      f"Give it to whoever runs this: chown -R $USER {folder}; or set ROTATION_WAREHOUSE to a folder of your own.")  # fmt: skip
    devices = {f.stat().st_dev for f in wanted if f.exists() and f != settings.drop_folder and f != settings.archive}
    if len(devices) > 1:
        yield Finding("folders", "fatal", f"{warehouse} lies on {len(devices)} file systems",
                      "A publication takes its place by hard links and renames, which do not cross file systems.",
                      "Make candidate/ and published/ plain folders of the warehouse; move the whole warehouse instead.")  # fmt: skip
    if not closed:
        yield good("folders", f"{warehouse}")


def _is_writable(folder: Path) -> bool:
    """A file is made and removed: permissions alone do not tell of read-only disks."""
    place = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def left_behind(settings: Settings) -> Iterator[Finding]:
    """Locks and write-ahead logs of a run at work, or of one that was killed."""
    for mode in MODES:
        file, lock = settings.work_file(mode), settings.work_file(mode).with_name("run.lock")
        if lock.exists() and _is_held(lock):
            yield Finding(
                "left behind",
                "fatal",
                f"the {mode} warehouse is being written by {held_by(holder(settings, mode))}",
                "One run at a time writes it.",
                "Wait until it has ended.",
            )
            continue
        if Path(f"{file}.wal").exists():
            yield _log_of_killed(file, mode)
        for stale in (Path(f"{settings.published(mode) / 'rotation.duckdb'}.wal"), Path(f"{settings.candidate_file(mode)}.wal")):
            if stale.exists():
                yield Finding("left behind", "warning", f"{stale} lies there", "Readers of DuckDB 1.4 and 1.5 replay it into the file, later ones refuse the file.",
                              f"Nothing writes there: rm {stale}")  # fmt: skip
    yield good("left behind", "no run at work")


def _is_held(lock: Path) -> bool:
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False  # told by folders


def _log_of_killed(file: Path, mode: Mode) -> Finding:
    what = f"{file}.wal was left by a run that was killed"
    try:
        with read_only(file):
            return Finding(
                "left behind", "warning", what, "The next run takes it in: what was written whole is kept.", "Nothing is to be done."
            )
    except (duckdb.Error, WarehouseError) as problem:
        cure = f"Move both aside, then rebuild from the archive (rotation rebuild): mkdir -p {file.parent}/aside && mv {file} {file}.wal {file.parent}/aside/"
        return Finding(
            "left behind", "fatal", f"{what}, and does not fit the {mode} working file", f"It cannot be opened: {str(problem)[:160]}", cure
        )


def drops(settings: Settings) -> Iterator[Finding]:
    """Names in the drop folder that no file is taken from."""
    folder, known = settings.drop_folder, (*FOLDERED, *FLAT)
    if not folder.exists():
        yield good("drop folder", f"{folder} is not there: nothing is dropped")
        return
    why = "Files below it are passed over or refused as out of place."
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.upper().startswith("README"):
            continue
        if entry.name not in known:
            yield Finding(
                "drop folder",
                "warning",
                f"{entry} is none of {', '.join(known)}",
                why,
                "Rename it; the forms are in docs/sources/drop.md.",
            )
        elif entry.is_dir() and entry.name in FOLDERED:
            loose = [
                f.name
                for f in sorted(entry.iterdir())
                if f.is_file() and not f.name.startswith(".") and not f.name.upper().startswith("README")
            ]
            if loose:
                yield Finding("drop folder", "warning", f"{entry / loose[0]} lies above its folder", why,
                              f"Move it into {entry}/NAME/, where NAME is its {FOLDERED[entry.name]}.")  # fmt: skip
    if not os.access(folder, os.W_OK):
        yield Finding(
            "drop folder",
            "warning",
            f"{folder} cannot be written",
            "A refused file cannot be moved aside, and is refused again each run.",
            f"chmod u+w {folder}",
        )
    yield good("drop folder", f"{folder}")


def catalogue(_settings: Settings) -> Iterator[Finding]:
    """The list of series, and that of closures of the exchange, can be read."""
    try:
        closures()
    except ClosureError as problem:
        yield Finding("catalogue", "fatal", str(problem), "It says which days are sessions.", "Mend the row, or take it out.")
    try:
        yield good("catalogue", f"{len(read_catalog().series)} series")
    except CatalogError as problem:
        yield Finding(
            "catalogue",
            "fatal",
            str(problem),
            "It says what is fetched, and from whom.",
            "Mend the row; `git diff` shows what was changed.",
        )


def project(settings: Settings) -> Iterator[Finding]:
    """The dbt project parses: its manifest is what the assets are made from."""
    try:
        yield good("dbt project", f"{ensure_manifest(settings)}")
    except DbtError as problem:
        yield Finding(
            "dbt project", "fatal", str(problem)[:600], "The assets are made from its manifest.", "Mend the file it names in dbt_project/."
        )


def mirror(settings: Settings, seconds: float = 2.0) -> Iterator[Finding]:
    """Where a mirror stands between us and the providers, it answers."""
    if settings.mirror is None:
        yield good("mirror", "none: the providers are asked themselves")
        return
    shown = public(str(settings.mirror))
    door = reach(["yahoo"], str(settings.mirror), seconds)["yahoo"]
    if door.is_reachable:
        yield good("mirror", f"{shown}: {door.said}")
    else:
        yield Finding("mirror", "fatal", f"{shown} does not answer: {door.said}", "Every request of a live run goes to it.",
                      "Start it, correct ROTATION_MIRROR, or leave it out.")  # fmt: skip
