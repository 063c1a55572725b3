"""What a warehouse holds, as a reader and its own working file tell it, and what is wrong with that. Not for running or killing (warm.py, kills.py).

Every function here uses DuckDB: a warm parent asks it of a child (warm.apart).
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import TableContract, contracts
from pipelines.resources.fingerprint import tables_of
from pipelines.resources.publication import DATABASE, MANIFEST, Publication
from pipelines.resources.warehouse import quoted

HISTORY = [c for c in contracts().values() if c.name != "clock_day"]  # the one row of which is replaced


def contents(warehouse: Path) -> dict[str, str]:
    """Content hash of every published table of marts and reference, by the manifest."""
    manifest = published(warehouse).manifest() or {"tables": {}}
    return {name: t["content_sha256"] for name, t in manifest["tables"].items() if not name.startswith("quality.")}


def published(warehouse: Path) -> Publication:
    return Publication(warehouse / "published" / "sample")


def day_of(warehouse: Path) -> str:
    """The as-of day of what is published, by the manifest."""
    return str((published(warehouse).manifest() or {}).get("as_of_date"))


def work_file(warehouse: Path) -> Path:
    return warehouse / "work" / "sample" / "work.duckdb"


def unreadable(warehouse: Path, is_at_rest: bool) -> list[str]:
    """What a plain client cannot read, and files that are of no release. `is_at_rest`: no run was cut short, so all of them are of one."""
    here = published(warehouse)
    manifest = here.manifest()
    if manifest is None:
        return [f"{here.database} without a manifest"] if is_at_rest else []
    wrong = []
    releases = {r: json.loads((here.history / r / MANIFEST).read_text(encoding="utf-8")) for r in here.releases()}
    for run, said in releases.items():  # what rollback would take
        if _sha256(here.history / run / DATABASE) != said["database_sha256"]:
            wrong.append(f"history/{run[:8]} is not whole")
    newest = releases[here.releases()[-1]]
    told = (manifest,) if is_at_rest else (manifest, newest)  # an installation that was cut short: database first, manifest last
    digest = _sha256(here.database)
    mine = next((m for m in told if m["database_sha256"] == digest), None)
    if mine is None:
        return [f"{here.database} has SHA-256 {digest}, which is of none of {', '.join(m['run_id'][:8] for m in told)}"]
    if Path(f"{here.database}.wal").exists():
        wrong.append(f"{here.database}.wal is there")
    with duckdb.connect(str(here.database), read_only=True) as connection:
        for name, table in mine["tables"].items():
            if (rows := _count(connection, name)) != table["rows"]:
                wrong.append(f"{name} has {rows} rows, its manifest says {table['rows']}")
    with duckdb.connect() as connection:
        for name in manifest["tables"]:
            schema, table = name.split(".")
            file = here.folder / "parquet" / schema / f"{table}.parquet"
            if (rows := _count(connection, quoted(file))) not in {m["tables"].get(name, {}).get("rows") for m in told}:
                wrong.append(f"{file.name} has {rows} rows, which is of no manifest")
    return wrong


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _count(connection: duckdb.DuckDBPyConnection, what: str) -> int:
    return int(connection.execute(f"select count(*) from {what}").fetchall()[0][0])


def misplaced(warehouse: Path, before: Path | None, undisturbed: Path | None, is_over: bool) -> list[str]:
    """Rows of the raw tables that are there twice, were there before and are gone, or are none of the undisturbed run's.
    `is_over`: the run has ended, so all of the undisturbed run's must be there. Without an undisturbed one only the first is asked."""
    if not work_file(warehouse).exists():
        return [f"{work_file(warehouse)} is not there"] if is_over or before else []
    wrong = list[str]()
    with tempfile.TemporaryDirectory(dir=warehouse.parent) as folder, duckdb.connect() as connection:
        # a copy, with what a killed run left beside it: to read is to mend
        for path in work_file(warehouse).parent.glob("work.duckdb*"):
            shutil.copyfile(path, Path(folder) / path.name)
        connection.execute(f"attach {quoted(Path(folder) / 'work.duckdb')} as now")
        for name, other in (("undisturbed", undisturbed), ("before", before)):
            if other:
                connection.execute(f"attach {quoted(work_file(other))} as {name} (read_only)")
        there = {table for _, table in tables_of(connection, "now", ("raw",))}
        for contract in HISTORY:
            if contract.name not in there:
                wrong += [f"raw.{contract.name} is not there"] if before or is_over else []
                continue
            for what, sql in _questions(contract, bool(before), bool(undisturbed), is_over).items():
                if n := _count(connection, f"({sql})"):
                    wrong.append(f"raw.{contract.name}: {n} {what}")
    return wrong


def _questions(contract: TableContract, has_before: bool, has_undisturbed: bool, is_over: bool) -> dict[str, str]:
    """What is wrong with a table, and the SQL of the rows it is wrong with."""
    columns = ", ".join(f'"{c}"' for c in (*contract.schema, "known_on", "payload_sha256"))
    now, before, undisturbed = (f"select {columns} from {database}.raw.{contract.name}" for database in ("now", "before", "undisturbed"))
    key = ", ".join(f'"{c}"' for c in (*contract.key, "known_on"))
    found = {"rows there twice": f"select {key} from now.raw.{contract.name} group by all having count(*) > 1"}
    if has_undisturbed:
        found["rows of no undisturbed run"] = f"{now} except all {undisturbed}"
    if has_before:
        found["rows lost"] = f"{before} except all {now}"
    if has_undisturbed and is_over:
        found["rows missing"] = f"{undisturbed} except all {now}"
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Names of the tables whose hashes differ."""
    return sorted(name for name in one | other if one.get(name) != other.get(name))
