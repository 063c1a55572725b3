"""Files of the drop folder as pulls: loaded once by content, refused whole and moved aside. Not for reading them (sources/drop.py)."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipelines.assets.landing.batch import Pull, Scope
from pipelines.catalog import Series
from pipelines.checks.stories import STORIES
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.drop_columns import PROBLEMS
from pipelines.sources.interface import Receipt, SourceError


def as_series(name: str) -> Series:
    return Series(
        name, "drop", name, None, name, "file", None, None, None, "as stated", "irregular", 0, 0, False, 9, None, None, None, None
    )


def pulls(
    connection: duckdb.DuckDBPyConnection, folder: Path, scope: Scope, tell: Callable[[str], None], archive: Archive | None = None
) -> list[Pull]:
    """Every file not yet loaded whole, by its content: one whose rows were all merged as of an earlier or the same day is not read again,
    under another name neither. Of two copies in the folder the second waits for the next run, which knows what came of the first.

    What is read is archived first: the file may be gone tomorrow, and a refused one is moved.
    """
    loaded = connection.execute(
        "select series_id, sha256 from quality.source_pulls where source = 'drop' and status in ('merged', 'unchanged') "
        "group by all having bool_or(later_rows = 0) or max(as_of_date) filter (later_rows > 0) >= ?",
        [scope.as_of],
    ).fetchall()
    done = {drop.identity(name, digest) for name, digest in loaded}
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
            found.append(Pull(series, receipts=[receipt], error=problem))
        else:
            found.append(Pull(series, {reading.table: reading.frame}, [receipt], form=reading.form))
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
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    quarantine: Path,
    run_id: str,
    pulls: Sequence[Pull],
    failing: Mapping[str, str],
) -> None:
    """Put refused files out of the drop folder, each with its reason beside it and, where lines can be named, a table of them."""
    for name, reason in failing.items():
        source = folder / name
        if not source.is_file() or source.is_symlink():
            continue
        target = quarantine / run_id / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        target.with_name(target.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")
        error = next((p.error for p in pulls if p.series.series_id == name), None)
        listed = error.problems if isinstance(error, drop.DropRefused) else _failing_lines(connection, run_id, name)
        if listed.height:
            listed.write_csv(target.with_name(target.name + ".problems.csv"))


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
