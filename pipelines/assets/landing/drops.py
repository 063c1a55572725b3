"""Files of the drop folder as pulls: loaded once by content, refused whole and moved aside. Not for reading them (sources/drop.py)."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from pipelines.assets.landing.batch import Pull, Scope
from pipelines.catalog import Series
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.interface import Receipt, SourceError


def _as_series(name: str) -> Series:
    return Series(
        name, "drop", name, None, name, "file", None, None, None, "as stated", "irregular", 0, 0, False, 9, None, None, None, None
    )


def pulls(
    connection: duckdb.DuckDBPyConnection, folder: Path, scope: Scope, tell: Callable[[str], None], archive: Archive | None = None
) -> list[Pull]:
    """Every file not yet loaded whole: one whose rows were all merged as of an earlier or the same day is not read again.

    What is read is archived first: the file may be gone tomorrow, and a refused one is moved.
    """
    loaded = connection.execute(
        "select series_id || ' ' || sha256 from quality.source_pulls where source = 'drop' and status in ('merged', 'unchanged') "
        "group by all having bool_or(later_rows = 0) or max(as_of_date) filter (later_rows > 0) >= ?",
        [scope.as_of],
    ).fetchall()
    done = {row[0] for row in loaded}
    found = []
    for file in drop.scan(folder):
        series = _as_series(file.name)
        if f"{file.name} {file.sha256}" in done:
            continue
        tell(f"drop {file.name}")
        receipt = file.receipt(scope.now)
        _keep(file, receipt, scope, archive)
        try:
            found.append(Pull(series, drop.read(file, scope.as_of, scope.now.date()), [receipt]))
        except SourceError as problem:
            found.append(Pull(series, receipts=[receipt], error=problem))
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


def move_aside(folder: Path, quarantine: Path, pulls: Sequence[Pull], failing: Mapping[str, str]) -> None:
    """Put refused files out of the drop folder, each with its reason beside it, and where cells are wrong a table of them."""
    for name, reason in failing.items():
        source = folder / name
        if not source.is_file() or source.is_symlink():
            continue
        target = quarantine / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        target.with_name(target.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")
        for pull in pulls:
            if pull.series.series_id == name and isinstance(pull.error, drop.DropRefused) and pull.error.problems.height:
                pull.error.problems.write_csv(target.with_name(target.name + ".problems.csv"))
