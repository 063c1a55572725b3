"""Each client in an environment of its own, and what it sees held to what the file says of itself. Not for asking a client (probe.py, probe.mjs)."""

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from bench.clients.probe import TABLES, counted, counting

HERE = Path(__file__).parent
# A zone far from any market: days and times must not move with the reader's clock.
FAR_AWAY = {"TZ": "Pacific/Kiritimati"}
LONGEST_S = 600
KINDS = {
    "BOOLEAN": "boolean", "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer", "HUGEINT": "integer",
    "UBIGINT": "integer", "DOUBLE": "float", "VARCHAR": "text", "DATE": "date", "TIMESTAMP": "timestamp",
}  # fmt: skip
# How a client shows a kind where it has no such kind of its own, or none that holds NULL.
PANDAS = {"decimal": {"float"}, "integer": {"integer", "float"}, "date": {"timestamp"}}
NODE = {"integer": {"integer", "number"}, "float": {"number"}}
SQLALCHEMY = {"decimal": {"decimal", "float"}}


class UnreachableError(Exception):
    """The client cannot be had here: no package registry, or no program that runs it."""


class ClientError(Exception):
    """A client could not read the file; the message holds what it said."""


@dataclass(frozen=True)
class Client:
    """One way to read the file. `packages`: of the Python or Node registry; none where this environment has what it needs."""

    name: str
    probe: str
    packages: tuple[str, ...] = ()
    shows: tuple[tuple[str, frozenset[str]], ...] = ()


def _client(name: str, probe: str, *packages: str, shows: dict[str, set[str]] | None = None) -> Client:
    return Client(name, probe, packages, tuple((k, frozenset(v)) for k, v in (shows or {}).items()))


CLIENTS = (
    _client("duckdb here", "python"),
    *(_client(f"duckdb {v}", "python", f"duckdb=={v}") for v in ("1.2.2", "1.3.2", "1.4.4", "1.5.5")),
    _client("pandas", "pandas", shows=PANDAS),
    _client("polars", "polars"),
    _client("arrow", "arrow"),
    _client("ADBC", "adbc", "adbc-driver-manager==1.8.0", "typing_extensions", "duckdb==1.5.5"),
    _client(
        "SQLAlchemy",
        "sqlalchemy",
        "duckdb-engine==0.17.0",
        "duckdb==1.5.5",
        "sqlalchemy==2.0.44",
        "typing_extensions",
        "packaging",
        "greenlet",
        shows=SQLALCHEMY,
    ),
    _client("command line", "cli", "duckdb-cli==1.5.6"),
    _client("Node", "node", "@duckdb/node-api@1.5.5-r.1", shows=NODE),
)


def prepare(client: Client, folder: Path) -> None:
    """Install what the client needs into a folder.

    Raises:
        UnreachableError: it cannot be had here.
    """
    if not client.packages:
        return
    folder.mkdir(parents=True, exist_ok=True)
    if client.probe == "node":
        if not (shutil.which("node") and shutil.which("npm")):
            raise UnreachableError("node and npm are not installed")
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix", str(folder), *client.packages]
    else:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--target",
            str(folder),
            *client.packages,
        ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=LONGEST_S)
    if done.returncode != 0:
        raise UnreachableError(f"{', '.join(client.packages)} cannot be installed: {done.stderr.strip()[-300:]}")


def seen(client: Client, folder: Path, database: Path, rows: int) -> dict[str, Any]:
    """What the client sees of every table.

    Raises:
        ClientError: it could not read the file.
    """
    if client.probe == "cli":
        return _by_command_line(folder, database, rows)
    if client.probe == "node":
        shutil.copy(HERE / "probe.mjs", folder / "probe.mjs")  # modules are looked for beside the script
        command = ["node", "--max-old-space-size=4096", str(folder / "probe.mjs"), str(database), str(rows)]
    else:
        command = [sys.executable, str(HERE / "probe.py"), client.probe, str(database), str(rows)]
    found: dict[str, Any] = json.loads(
        _said(client.name, command, os.environ | FAR_AWAY | ({"PYTHONPATH": str(folder)} if client.packages else {}))
    )
    return found


def _said(name: str, command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=LONGEST_S)
    if done.returncode != 0:
        raise ClientError(f"{name}: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _by_command_line(folder: Path, database: Path, rows: int) -> dict[str, Any]:
    """DuckDB's command line writes text: it is asked for the counts, and for one table's cells as JSON at a time."""
    program = next(p for p in sorted(folder.rglob("duckdb*")) if p.is_file() and os.access(p, os.X_OK) and p.suffix == "")
    asked = [str(program), "-readonly", "-json", "-cmd", "set enable_external_access = false", str(database)]

    def ask(query: str) -> list[dict[str, Any]]:
        answer = _said("command line", [*asked, query], os.environ | FAR_AWAY | {"PYTHONPATH": str(folder)})
        return list(json.loads(answer)) if answer.strip() else []

    told = {}
    for table in _tables(database):
        columns = described(database, table)
        parts = ", ".join(
            f'count(*) filter ("{c}" is null) as "{c} nulls", min("{c}") as "{c} low", max("{c}") as "{c} high", any_value(typeof("{c}")) as "{c} type"'
            for c in columns
        )
        (row,) = ask(f"select count(*) as n, {parts} from (select * from {table} order by all limit {rows})")
        told[table] = {
            "rows": row["n"],
            "columns": {
                c: {
                    "kind": _kind(row[f"{c} type"]) if row[f"{c} low"] is not None else "empty",
                    "nulls": row[f"{c} nulls"],
                    "low": _text(row[f"{c} low"]),
                    "high": _text(row[f"{c} high"]),
                }
                for c in columns
            },
        }
        told[table] |= counted(columns, ask(counting(table, columns))[0].values())
    return told


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, bool) else value


def _kind(duckdb_type: str) -> str:
    return "decimal" if duckdb_type.startswith("DECIMAL") else KINDS[duckdb_type]


def _tables(database: Path) -> list[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return [t for (t,) in connection.execute(TABLES).fetchall()]


def described(database: Path, table: str) -> dict[str, str]:
    """The kind of each column, by the file itself."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {r[0]: _kind(r[1]) for r in connection.execute(f"describe {table}").fetchall()}


def there(database: Path, rows: int) -> dict[str, Any]:
    """What is there, by SQL inside DuckDB: no client has touched the values."""
    truth = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in _tables(database):
            kinds = described(database, table)
            parts = ", ".join(f'count(*) - count("{c}"), min("{c}")::varchar, max("{c}")::varchar' for c in kinds)
            found = connection.execute(f"select count(*), {parts} from (select * from {table} order by all limit {rows})").fetchall()[0]
            columns = {
                c: {"kind": k, "nulls": found[1 + 3 * i], "low": found[2 + 3 * i], "high": found[3 + 3 * i]}
                for i, (c, k) in enumerate(kinds.items())
            }
            nulls = ", ".join(f'count(*) filter ("{c}" is null)' for c in kinds)
            whole = connection.execute(f"select count(*), {nulls} from {table}").fetchall()[0]
            truth[table] = {"rows": found[0], "columns": columns} | counted(kinds, whole)
    return truth


def differences(client: Client, sees: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Where a client sees otherwise than is there."""
    shows = dict(client.shows)
    odd = [] if set(sees) == set(truth) else [f"tables {sorted(set(sees) ^ set(truth))}"]
    for table in sorted(set(sees) & set(truth)):
        here, client_says = truth[table], sees[table]
        if client_says["rows"] != here["rows"] or list(client_says["columns"]) != list(here["columns"]):
            odd.append(f"{table}: {client_says['rows']} rows of {here['rows']}, or other columns")
            continue
        odd += _odd_in_all(table, client_says["whole"], here["whole"])
        for name, column in here["columns"].items():
            its = client_says["columns"][name]
            fit = {column["kind"]} | set(shows.get(column["kind"], ()))
            is_empty = column["nulls"] == here["rows"]
            if its["nulls"] != column["nulls"]:
                odd.append(f"{table}.{name}: {its['nulls']} NULLs, not {column['nulls']}")
            elif not is_empty and not set(its["kind"].split()) <= fit:
                odd.append(f"{table}.{name}: {its['kind']}, not {column['kind']}")
            elif not is_empty and not (
                _same(its["low"], column["low"], column["kind"]) and _same(its["high"], column["high"], column["kind"])
            ):
                odd.append(f"{table}.{name}: from {its['low']} to {its['high']}, not {column['low']} to {column['high']}")
    return odd


def _odd_in_all(table: str, says: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Where the counts of the whole table differ."""
    odd = [] if says["rows"] == here["rows"] else [f"{table}: {says['rows']} rows in all, not {here['rows']}"]
    nulls = here["nulls"].items()
    return odd + [f"{table}.{c}: {says['nulls'].get(c)} NULLs in all, not {n}" for c, n in nulls if says["nulls"].get(c) != n]


def _same(said: Any, there: str, kind: str) -> bool:
    if kind in ("integer", "float", "decimal"):
        return math.isclose(float(said), float(there), rel_tol=1e-12, abs_tol=1e-12)
    if kind == "date":
        return str(said).removesuffix(" 00:00:00") == there
    if kind == "timestamp":
        return datetime.fromisoformat(str(said)) == datetime.fromisoformat(there)
    return str(said).lower() == there.lower() if kind == "boolean" else str(said) == there
