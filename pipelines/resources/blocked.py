"""What stopped a run, told beside the working file: status and explain read it while a run writes. Not for the log of every check (log.py).

One JSON file a blocked run, `work/<mode>/blocked/<run>.json`, replaced whole whenever a gate closes. DuckDB lets nobody read the working file
while it is written, and keeps a writer out while it is read; a reader of these files meets nobody.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.resources.log import append
from pipelines.resources.publication import Publication
from pipelines.settings import Mode, Settings

KEPT_FILES = 50
KEPT_ROWS = 100  # of the failing rows of a check


@dataclass(frozen=True)
class Closed:
    """One check that stopped a run. `source`: the series, where it is about one. `sample`: failing rows as a JSON list. `shown_by`: the SQL
    that finds them, or the expectation with its parameters."""

    gate: str
    table: str
    check: str
    reason: str
    source: str | None = None
    failing_rows_n: int | None = None
    sample: str = "[]"
    shown_by: str = ""


def append_blocked(
    connection: duckdb.DuckDBPyConnection, closed: Sequence[Closed], *, run_id: str, as_of: date, now: datetime, provenance: str
) -> None:
    """Append to quality.blocked_runs what closed a gate."""
    common = {"run_id": run_id, "as_of_date": as_of, "blocked_at": now.replace(tzinfo=None), "provenance": provenance}
    append(
        connection,
        "blocked_runs",
        [
            common | {"gate": c.gate, "table_name": c.table, "check_name": c.check, "source": c.source, "reason": c.reason}
            | {"failing_rows_n": c.failing_rows_n, "sample": c.sample, "shown_by": c.shown_by}
            for c in closed
        ],
    )  # fmt: skip


def tell(connection: duckdb.DuckDBPyConnection, settings: Settings, mode: Mode, run_id: str) -> None:
    """Write the file of a run that is blocked, with the publication readers see meanwhile; nothing for a run that is not."""
    seen = Publication(settings.published(mode)).manifest() or {}
    connection.execute(
        "update quality.blocked_runs set readers_run_id = ?, readers_as_of_date = ? where run_id = ? and readers_run_id is null",
        [seen.get("run_id"), seen.get("as_of_date"), run_id],
    )
    cursor = connection.execute("select * replace (blocked_at::varchar as blocked_at) from quality.blocked_runs where run_id = ?", [run_id])
    names = [d[0] for d in cursor.description or []]
    closed = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not closed:
        return
    path = _folder(settings, mode) / f"{run_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(closed, default=str, indent=1), encoding="utf-8")
    beside.replace(path)
    for old in _files(settings, mode)[KEPT_FILES:]:
        old.unlink(missing_ok=True)


def _folder(settings: Settings, mode: Mode) -> Path:
    return settings.work_file(mode).with_name("blocked")


def _files(settings: Settings, mode: Mode) -> list[Path]:
    """Newest first."""
    return sorted(_folder(settings, mode).glob("*.json"), key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)


def blocked_runs(settings: Settings, mode: Mode) -> list[list[dict[str, Any]]]:
    """Blocked runs, newest first; each is the list of what closed."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in _files(settings, mode)]


def blocked_since(settings: Settings, mode: Mode) -> list[list[dict[str, Any]]]:
    """Those while readers saw what they see now."""
    seen = (Publication(settings.published(mode)).manifest() or {}).get("run_id")
    return [run for run in blocked_runs(settings, mode) if run[0]["readers_run_id"] == seen]
