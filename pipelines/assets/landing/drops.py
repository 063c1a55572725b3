"""Files of the drop folder as pulls: loaded once by content, refused whole and moved aside. Not for reading them (sources/drop.py)."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path

import duckdb
import polars as pl

from pipelines.assets.landing.batch import Pull, Scope
from pipelines.catalog import Series
from pipelines.checks.stories import STORIES
from pipelines.report.safe_csv import safe_csv
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.drop_columns import PROBLEMS
from pipelines.sources.interface import Receipt, SourceError

REASON, PROBLEMS_OF = ".reason.txt", ".problems.csv"
LONGEST = 200  # bytes of a name: with what is put behind it, file systems take 255


def as_series(name: str) -> Series:
    return Series(
        name, "drop", name, None, name, "file", None, None, None, "as stated", "irregular", 0, 0, False, 9, None, None, None, None
    )


def pulls(
    connection: duckdb.DuckDBPyConnection, folder: Path, scope: Scope, tell: Callable[[str], None], archive: Archive | None = None
) -> list[Pull]:
    """Every file not yet loaded whole, by its content: one whose rows were all merged as of an earlier or the same day is not read again, under
    another name neither, unless the run asks for everything again. Of two copies in the folder the second waits for the next run, which knows
    what came of the first.

    What is read is archived first: the file may be gone tomorrow, and a refused one is moved.
    """
    loaded = connection.execute(
        "select series_id, sha256 from quality.source_pulls where source = 'drop' and status in ('merged', 'unchanged') "
        "group by all having bool_or(later_rows = 0) or max(as_of_date) filter (later_rows > 0) >= ?",
        [scope.as_of],
    ).fetchall()
    done = set() if scope.force else {drop.identity(name, digest) for name, digest in loaded}
    found = []
    for file in drop.scan(folder):
        series, one = as_series(file.name), drop.identity(file.name, file.sha256)
        if one in done:
            continue
        if file.refusal is None:
            done.add(one)
        tell(f"drop {file.name}")
        receipt = file.receipt(scope.now)
        _keep(file, receipt, scope, archive)
        try:
            reading = drop.read(file, scope.as_of, scope.now.date())
        except SourceError as problem:
            found.append(Pull(series, receipts=[receipt], error=problem, place=file.path))
        else:
            found.append(Pull(series, {reading.table: reading.frame}, [receipt], form=reading.form, place=file.path))
    return found


def _keep(file: drop.DropFile, receipt: Receipt, scope: Scope, archive: Archive | None) -> None:
    """A file that cannot even be opened (a link, a place that is none) has no bytes to keep: reading it says so."""
    if archive is None or file.refusal is not None:
        return
    try:
        content = file.content()
    except SourceError:  # written to since it was looked at: reading it will say so, too
        return
    archive.store(drop.PROVIDER, content)
    if scope.journal:
        scope.journal.answered(receipt)


def move_aside(
    connection: duckdb.DuckDBPyConnection, quarantine: Path, run_id: str, pulls: Sequence[Pull], failing: Mapping[str, str]
) -> None:
    """Put refused files out of the drop folder, each with its reason beside it and, where lines can be named, a table of them."""
    for pull in pulls:
        name, source = pull.series.series_id, pull.place
        if name not in failing or source is None or not source.is_file() or source.is_symlink():
            continue
        target = _free(quarantine / run_id / Path(name).parent, Path(name).name)
        shutil.move(source, target)
        target.with_name(target.name + REASON).write_text(failing[name] + "\n", encoding="utf-8")
        listed = pull.error.problems if isinstance(pull.error, drop.DropRefused) else _failing_lines(connection, run_id, name)
        if listed.height:
            target.with_name(target.name + PROBLEMS_OF).write_text(safe_csv(listed), encoding="utf-8", newline="")


def _free(folder: Path, name: str) -> Path:
    """A place where nothing is overwritten, and where the names of its companions are not too long."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(name.encode()) > LONGEST:
        name = f"{sha256(name.encode()).hexdigest()[:16]}{Path(name).suffix[:10]}"
    numbered = (name if n == 1 else f"{n}-{name}" for n in count(1))
    return next(folder / one for one in numbered if not any((folder / (one + of)).exists() for of in ("", REASON, PROBLEMS_OF)))


def _failing_lines(connection: duckdb.DuckDBPyConnection, run_id: str, name: str) -> pl.DataFrame:
    """The lines that checks of gate 1 rejected. Of a statement about a whole row there is no column to name."""
    rows = connection.execute(
        """
        select row_json, split_part(reason, ':', 1) from quality.quarantine where run_id = ? and source = ?
        """,
        [run_id, name],
    ).fetchall()
    found = []
    for text, check in rows:
        row = json.loads(text)
        column = "" if row["_column"].startswith("_") else row["_column"]
        found.append((int(row[drop.LINE]), column, row.get(column) or "", f"{check}: {STORIES[check].guards_against}"))
    return pl.DataFrame(found, schema=PROBLEMS, orient="row").sort("line", "reason")
