"""`make bi-check`: Superset, in its own environment, reads what we publish: it connects, reads a table and its comments, answers each chart of the dashboard, and sees
a new publication without a restart, while the run that makes it is held up by nothing. Not for other tools (docs/bi).

The warehouse it reads is made for the purpose: two publications of the sample market.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from bench.bi.dashboard import archive, charts
from bench.bi.superset import Superset, SupersetError, running

FIRST, SECOND = "2026-01-08", "2026-01-09"
DAY = "select max(session_date) as day, count(*) as n from marts.fct_relative_performance_daily"
ASKERS = 4


def publish(warehouse: Path, day: str) -> float:
    """One run of the sample as of a day, in a process of its own; its seconds."""
    started = time.monotonic()
    rotation = str(Path(sys.executable).with_name("rotation"))
    done = subprocess.run(
        [rotation, "run", "--sources", "sample", "--as-of", day, "--json"],
        env=os.environ | {"ROTATION_WAREHOUSE": str(warehouse)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise SupersetError(f"The run of {day} did not publish: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


def comparable(value: Any) -> Any:
    """A cell as both sides can write it: days as text, numbers to nine digits."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (datetime, date)):
        return str(value)[:10]
    if isinstance(value, (Decimal, int, float)):
        return f"{float(value):.9g}"
    return str(value)


def in_file(database: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names and rows, asked of the published file itself."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(query)
        return [d[0] for d in found.description or []], found.fetchall()


def same_rows(asked: list[dict[str, Any]], names: list[str], rows: list[tuple[Any, ...]]) -> str | None:
    """What differs between Superset's rows and the file's; None where nothing does."""

    def day_of(value: Any) -> Any:  # Superset's JSON gives days as milliseconds since 1970
        return datetime.fromtimestamp(value / 1000, UTC).date() if isinstance(value, (int, float)) else value

    is_day = {n: any(isinstance(r[i], (date, datetime)) for r in rows) for i, n in enumerate(names)}
    theirs = sorted(tuple(str(comparable(day_of(r[n]) if is_day[n] else r[n])) for n in names) for r in asked)
    ours = sorted(tuple(str(comparable(v)) for v in r) for r in rows)
    if theirs == ours:
        return None
    odd = next(((a, b) for a, b in zip(theirs, ours, strict=False) if a != b), None)
    return f"{len(theirs)} rows against {len(ours)}; first difference {odd}"


def answered(superset: Superset, database: Path) -> list[str]:
    """Every chart's data against the file: what is wrong."""
    datasets = superset.ids("dataset", "table_name")
    wrong = []
    for chart in charts():
        names, rows = in_file(database, chart.expected)
        asked = superset.rows(datasets[chart.name], chart.query)
        if problem := same_rows(asked, names, rows) or ("no rows" if not rows else None):
            wrong.append(f"{chart.title}: {problem}")
        else:
            print(f"  chart {chart.name}: {len(rows):,} rows, the same as the file's")
    return wrong


def comments(superset: Superset, database: Path, connection: int) -> list[str]:
    """The comments of a table's columns, as its dataset shows them."""
    made = superset.ask("POST", "dataset/", json={"database": connection, "schema": "marts", "table_name": "fct_policy_moves"})
    shown = {c["column_name"]: c.get("description") for c in superset.ask("GET", f"dataset/{made['id']}")["result"]["columns"]}
    _, told = in_file(database, "select column_name, comment from duckdb_columns() where table_name = 'fct_policy_moves'")
    return [f"fct_policy_moves.{n}: {shown.get(n)!r} is not the comment {c!r}" for n, c in told if shown.get(n) != c]


def through_a_publication(superset: Superset, warehouse: Path, connection: int) -> list[str]:
    """Ask all the while a run publishes the next day: no query may fail, the run must publish, and the next query sees the new day."""
    seen: set[str] = set()
    failed: list[str] = []
    asked = 0
    done = threading.Event()

    def ask() -> None:
        nonlocal asked
        while not done.is_set():
            try:
                seen.add(str(superset.sql(connection, DAY)[0]["day"])[:10])
                asked += 1
            except SupersetError as problem:
                failed.append(str(problem))

    askers = [threading.Thread(target=ask) for _ in range(ASKERS)]
    for one in askers:
        one.start()
    try:
        seconds = publish(warehouse, SECOND)
    finally:
        done.set()
        for one in askers:
            one.join()
    after = str(superset.sql(connection, DAY)[0]["day"])[:10]
    print(
        f"  {asked:,} queries while a run of {seconds:.0f} s published: {len(failed)} failed, sessions seen {sorted(seen)}, {after} after it"
    )
    wrong = [f"a query failed during the publication: {p}" for p in failed[:3]]
    return wrong + ([] if after == SECOND and seen <= {FIRST, SECOND} else [f"sessions seen {sorted(seen)}, then {after}"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="Folder of the environment's commands: superset, gunicorn.")
    binaries = parser.parse_args().bin.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        warehouse = folder / "warehouse"
        database = warehouse / "published" / "sample" / "rotation.duckdb"
        print(f"publishing the sample (SIMULATED) as of {FIRST}")
        publish(warehouse, FIRST)
        (state := folder / "superset").mkdir()
        print("starting Superset")
        with running(binaries, state) as superset:
            superset.import_dashboard(archive(database))
            connection = superset.ids("database", "database_name")["Rotation"]
            wrong = answered(superset, database) + comments(superset, database, connection)
            wrong += through_a_publication(superset, warehouse, connection)
            wrong += answered(superset, database)
    for one in wrong:
        print(f"WRONG {one}")
    print(f"Superset reads the published file: {len(wrong)} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
