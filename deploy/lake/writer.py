"""Puts a publication into a DuckLake, or lists those there: a JSON plan on standard input, a JSON answer. Not for settings or advice (pipelines/resources/lake.py).

It runs in an environment of its own, with the DuckDB of requirements.lock, and imports nothing of ours (docs/decisions/ducklake.md).
"""

import importlib.util
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

AUTHOR = "rotation"
SCHEMAS = ("marts", "quality", "reference")
EXTENSIONS = {"ducklake": "duckdb_extension_ducklake", "postgres": "duckdb_extension_postgres_scanner"}


class RefusedError(Exception):
    """The lake stays as it is; the message says why."""


def text(value: object) -> str:
    """A value as a literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def name(*parts: str) -> str:
    return ".".join('"' + p.replace('"', '""') + '"' for p in parts)


def load(connection: duckdb.DuckDBPyConnection, extension: str) -> None:
    """An extension out of its wheel; where there is none, out of DuckDB's own repository. DuckDB checks its signature either way."""
    wheel = importlib.util.find_spec(EXTENSIONS[extension])
    if wheel is None or wheel.origin is None:
        connection.execute(f"install {extension}")
        connection.execute(f"load {extension}")
        return
    (file,) = Path(wheel.origin).parent.rglob("*.duckdb_extension")
    connection.execute(f"load {text(file)}")


def attached(plan: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": plan["threads"], "memory_limit": plan["memory"]})
    connection.execute("set enable_progress_bar = false")  # it is printed where the answer is, once a statement takes two seconds
    load(connection, "ducklake")
    if plan["catalog"].startswith("postgres:"):
        load(connection, "postgres")
    options = ["data_inlining_row_limit 0"] if plan["do"] == "publish" else ["read_only"]
    if plan["data"]:
        options.append(f"data_path {text(plan['data'])}")
    connection.execute(f"attach {text('ducklake:' + plan['catalog'])} as lake ({', '.join(options)})")
    return connection


def publications(lake: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Ours, oldest first: the facts of each, and its snapshot."""
    found = lake.execute(
        "select snapshot_id, make_timestamp(epoch_us(snapshot_time))::varchar, commit_extra_info from lake.snapshots() where author = ? order by 1",
        [AUTHOR],
    ).fetchall()
    return [json.loads(extra) | {"snapshot": number, "committed_at": at} for number, at, extra in found if extra]


def publish(lake: duckdb.DuckDBPyConnection, plan: dict[str, Any]) -> dict[str, Any]:
    """One transaction, tried again where another writer was faster.

    Raises:
        RefusedError: it cannot be put there, or others were faster every time.
    """
    lake.execute(f"attach {text(plan['file'])} as publication (read_only)")
    said = ""
    for tries in range(1, plan["tries"] + 1):
        lake.execute("begin")
        try:
            return _publish(lake, plan) | {"tries": tries}
        except duckdb.TransactionException as problem:
            said = str(problem)
        finally:
            _roll_back(lake)
        time.sleep(random.uniform(0.1, 0.3) * tries)  # noqa: S311 - no secret, only out of step with the others
    raise RefusedError(f"other writers were faster {plan['tries']} times: {said}")


def _roll_back(lake: duckdb.DuckDBPyConnection) -> None:
    """Where a transaction is open; a commit, failed or not, has ended it."""
    try:
        lake.execute("rollback")
    except duckdb.TransactionException as problem:
        if "no transaction is active" not in str(problem):
            raise


def _publish(lake: duckdb.DuckDBPyConnection, plan: dict[str, Any]) -> dict[str, Any]:
    here = {schema: plan["prefix"] + schema for schema in SCHEMAS}
    held = _tables(lake, "lake", list(here.values()))
    ours = [p for p in publications(lake) if p["prefix"] == plan["prefix"]]
    mark = (here["reference"], "publication")
    if held and mark not in held:
        raise RefusedError(f"the schemas {plan['prefix']}* hold tables that are not of Rotation's making: {held[0][0]}.{held[0][1]}")
    if held and ours and {k: ours[-1].get(k) for k in plan["facts"]} == plan["facts"]:
        return {"snapshot": ours[-1]["snapshot"], "tables": len(held), "rows": 0}
    for schema in here.values():
        lake.execute(f"create schema if not exists {name('lake', schema)}")
    listed = _tables(lake, "publication", list(SCHEMAS))
    rows = 0
    for schema, table in listed:
        told, came = plan["tables"][f"{schema}.{table}"]["rows"], _copy(lake, schema, table, (here[schema], table))
        if came != told:
            raise RefusedError(f"{schema}.{table}: the manifest says {told} rows, the file has {came}; it was replaced meanwhile")
        rows += came
    _which(lake, mark, plan["publication"])
    for schema, table in set(held) - {(here[s], t) for s, t in listed} - {mark}:
        lake.execute(f"drop table {name('lake', schema, table)}")
    facts = plan["facts"] | {"prefix": plan["prefix"], "tables": plan["tables"]}
    lake.execute("call lake.set_commit_message(?, ?, extra_info => ?)", [AUTHOR, plan["message"], json.dumps(facts)])
    lake.execute("commit")
    ((snapshot,),) = lake.execute("select id from lake.last_committed_snapshot()").fetchall()
    return {"snapshot": snapshot, "tables": len(listed) + 1, "rows": rows + 1}


def _tables(lake: duckdb.DuckDBPyConnection, database: str, schemas: list[str]) -> list[tuple[str, str]]:
    return lake.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? and list_contains(?, schema_name) order by all",
        [database, schemas],
    ).fetchall()


def _copy(lake: duckdb.DuckDBPyConnection, schema: str, table: str, there: tuple[str, str]) -> int:
    """A published table, with its comments; how many rows it has."""
    where = ["publication", schema, table]
    ((comment,),) = lake.execute(
        "select coalesce(comment, '') from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?", where
    ).fetchall()
    columns = lake.execute(
        "select column_name, comment from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        where,
    ).fetchall()
    return _write(lake, there, f"from {name(*where)}", comment, columns)


def _which(lake: duckdb.DuckDBPyConnection, there: tuple[str, str], columns: list[list[str | None]]) -> None:
    """The one row that says which publication this is. Every one writes it: two of the same market never pass each other unseen."""
    values = ", ".join(f"{'null' if value is None else text(value)}::{kind} as {name(str(column))}" for column, kind, _, value in columns)
    _write(
        lake,
        there,
        f"select {values}",
        "The publication that stands in these schemas: one row.",
        [(str(c), str(said)) for c, _, said, _ in columns],
    )


def _write(lake: duckdb.DuckDBPyConnection, there: tuple[str, str], query: str, comment: str, columns: list[tuple[str, str]]) -> int:
    place = name("lake", *there)
    ((rows,),) = lake.execute(f"create or replace table {place} as {query}").fetchall()
    lake.execute(f"comment on table {place} is {text(comment)}")
    for column, said in columns:
        lake.execute(f"comment on column {place}.{name(column)} is {text(said)}")
    return int(rows)


def main() -> None:
    plan = json.load(sys.stdin)
    try:
        lake = attached(plan)
        answer = {"done": publish(lake, plan) if plan["do"] == "publish" else publications(lake)}
    except (RefusedError, duckdb.Error, OSError) as problem:
        answer = {"refused": str(problem).strip()}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
