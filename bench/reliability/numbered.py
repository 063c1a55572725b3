"""A market of a few small tables that the real code publishes, the tables of each release carrying its number. Not for what is done to it (the rows)."""

import errno
import filecmp
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from bench.reliability.operations import Operation
from pipelines import settings as settings_module
from pipelines.assets.release import bring_out, release
from pipelines.report.terminal import GATES
from pipelines.resources.publication import DATABASE, MANIFEST, PARQUET, Publication
from pipelines.resources.run import RunOptions, Sources
from pipelines.resources.warehouse import STORAGE, Warehouse, read_only
from pipelines.settings import Settings

MODE = "sample"
TABLES = ("marts.one", "marts.two", "reference.three")
ROWS = 3_000
KEEP = 3


@contextmanager
def working_in(folder: Path) -> Iterator[Settings]:
    """Settings whose warehouse is this folder, for as long as the block lasts."""
    before = os.environ.get("ROTATION_WAREHOUSE")
    os.environ["ROTATION_WAREHOUSE"] = str(folder)
    settings_module.settings.cache_clear()
    try:
        yield settings_module.settings()
    finally:
        os.environ.pop("ROTATION_WAREHOUSE") if before is None else os.environ.update(ROTATION_WAREHOUSE=before)
        settings_module.settings.cache_clear()


def begin(folder: Path) -> Path:
    """A market nothing was published of yet."""
    with working_in(folder) as settings, Warehouse(settings, MODE).work() as connection:
        connection.execute("insert into raw.clock_day by name select date '2026-01-09' as as_of_date")
    return folder


def full(folder: Path) -> Path:
    """A market with as many releases as are kept: the next one removes the oldest."""
    begin(folder)
    for number in range(1, KEEP + 1):
        publish(folder, number)
    return folder


def copy(source: Path, target: Path) -> Path:
    """A market as it is, hard links and all."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)  # noqa: S607
    return target


def publication(folder: Path, at: Callable[[str], None] = lambda _: None) -> Publication:
    return Publication(folder / "published" / MODE, at)


def run_of(number: int) -> str:
    return f"run-{number:04d}"


def build(settings: Settings, number: int) -> None:
    """The candidate as the models would leave it. Every even release has a table, and a schema of its own, that the odd ones lack."""
    candidate = settings.candidate_file(MODE)
    candidate.parent.mkdir(parents=True, exist_ok=True)
    for stale in (candidate, Path(f"{candidate}.wal")):
        stale.unlink(missing_ok=True)
    with duckdb.connect(str(candidate), config={"storage_compatibility_version": STORAGE, "threads": 1}) as connection:
        connection.execute("create schema marts; create schema quality; create schema reference")
        for table in tables(number):
            connection.execute(f"create table {table} as select {number} as number, i, md5(i::varchar) as text from range({ROWS}) as r(i)")


def tables(number: int) -> tuple[str, ...]:
    return TABLES if number % 2 else ("marts.only_even", *TABLES[:2])


def make(settings: Settings, publication: Publication, number: int) -> tuple[Path, dict[str, Any]]:
    """A release, finished and checked, not yet before readers."""
    build(settings, number)
    passed(settings, number)
    options = RunOptions(sources=Sources.SAMPLE, as_of=None, mirror=None, now=None)
    return release(run_of(number), options, publication, lambda *_: f"<p>The page of release {number}.</p>")


def passed(settings: Settings, number: int) -> None:
    """What the log holds of a run that every gate let pass, once. In plain SQL: what forks from here must not have used Polars."""
    with Warehouse(settings, MODE).work() as connection:
        connection.execute("update raw.clock_day set run_id = ?", [run_of(number)])
        connection.execute("delete from quality.check_results where run_id = ?", [run_of(number)])
        connection.execute(
            "insert into quality.check_results by name select ? as run_id, date '2026-01-09' as as_of_date, unnest(?) as gate, 'marts.one' as table_name, "
            "'stands_for_all' as check_name, 'block' as severity, true as passed, 'simulated' as provenance",
            [run_of(number), list(GATES)],
        )


def publish(folder: Path, number: int, at: Callable[[str], None] = lambda _: None) -> None:
    """One run: the lock, what a crash left settled, the release, the publication."""
    options = RunOptions(sources=Sources.SAMPLE, as_of=None, mirror=None, now=None)
    with working_in(folder) as settings, dg.build_init_resource_context() as context:
        options.setup_for_execution(context)
        try:
            at("begin")
            here = publication(folder, at)
            bring_out(here, *make(settings, here, number), KEEP)
            at("done")
        finally:
            options.teardown_after_execution(context)


def contents(folder: Path) -> dict[str, str]:
    """Content hash of every published table, from the manifest."""
    return {name: t["content_sha256"] for name, t in (publication(folder).manifest() or {})["tables"].items()}


def number_read(database: Path) -> int:
    """The number of the release a reader finds, read from each table by itself.

    Raises:
        ValueError: the tables do not belong together, or are not whole.
    """
    with read_only(database) as connection:
        names = [
            n
            for (n,) in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'quality'"
            ).fetchall()
        ]
        found = {(name, *connection.execute(f"select min(number), max(number), count(*) from {name}").fetchall()[0]) for name in names}
    numbers = {n for _, low, high, _ in found for n in (low, high)}
    if len(numbers) != 1 or {rows for *_, rows in found} != {ROWS} or set(names) != set(tables(min(numbers))):
        raise ValueError(f"mixed or cut: {sorted(found)}")
    return int(min(numbers))


def broken(folder: Path, old: int | None, new: int) -> list[str]:
    """What readers must not find after a publication was cut short: anything but the old one or the new one, whole, in the order that is documented."""
    here, said = publication(folder), []
    shown = {
        p.relative_to(here.folder)
        for p in here.folder.rglob("*")
        if p.is_file() and "history" not in p.parts and not p.name.startswith(".")
    }
    if not here.database.exists():
        return [] if old is None and not (here.folder / MANIFEST).exists() else ["there is no database"]
    try:
        number = number_read(here.database)
    except (duckdb.Error, ValueError) as problem:
        return [f"the database cannot be read: {problem}"]
    told = (here.manifest() or {}).get("run_id")
    if number not in (old, new) or told not in ([run_of(n) for n in (old, new) if n is not None] + [None] * (old is None)):
        said.append(f"release {number} with the manifest of {told}")
    if told == run_of(new) and number != new:
        said.append("the manifest tells of a database that is not there")
    kept = {n: here.history / run_of(n) for n in (old, new) if n is not None and (here.history / run_of(n)).exists()}
    parquet = (name for name in sorted(shown) if name.parts[0] == PARQUET)
    ours = {name for name in shown for k in kept.values() if (k / name).exists() and _is_same(k / name, here.folder / name)}
    said += [f"{name} is of no release" for name in parquet if name not in ours]
    if told == run_of(number):
        missing = {p.relative_to(kept[number]) for p in kept[number].rglob("*") if p.is_file()} ^ shown
        said += [f"{name} is there and should not be, or is not and should" for name in sorted(missing) if not name.name.endswith(".wal")]
    return said


def _is_same(one: Path, other: Path) -> bool:
    """Two names of one file, or copies where the file system knows no hard links."""
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


def leftovers(folder: Path) -> list[str]:
    """Files no finished publication leaves."""
    here = publication(folder).folder
    return [str(p.relative_to(folder)) for p in here.rglob("*") if p.name.startswith(".") or p.suffix == ".wal"]


def kept_are_whole(folder: Path) -> list[str]:
    """Releases in history that lack a file their manifest names."""
    here, said = publication(folder), []
    for run in here.releases():
        named = json.loads((here.history / run / MANIFEST).read_text(encoding="utf-8"))["tables"]
        lost = [n for n in named if not (here.history / run / PARQUET / n.split(".")[0] / f"{n.split('.')[1]}.parquet").exists()]
        said += [f"{run} in history lacks {n}" for n in lost] + (
            [] if (here.history / run / DATABASE).exists() else [f"{run} in history lacks its database"]
        )
    return said


def no_links(op: Operation, do: Callable[[], Any]) -> Any:
    """A file system that knows no hard links."""
    if op.kind == "link":
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(op.path))
    return do()
