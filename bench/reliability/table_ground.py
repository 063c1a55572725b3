"""A published sample under the names dbt's tests use, one table of it tampered with at a time; nothing is copied. Not for the tampers (poison_tables)."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from bench.reliability.sample import Sample

SCHEMAS = {"rotation": ("marts", "quality", "reference"), "work": ("raw", "staging", "intermediate")}
# How the macro rows_hold writes one rule: the condition under which it is broken, and its name.
RULE = re.compile(r"^ *case when (?P<broken>.*) then '(?P<rule>(?:[^']|'')*)' end,$", re.MULTILINE)


@dataclass(frozen=True)
class DbtTest:
    """One dbt test: the kind it is of, the table it is attached to (as it is written in SQL; None of a singular test), and whether it stops the run."""

    name: str
    kind: str
    table: str | None
    sql: str
    arguments: dict[str, Any]
    stops: bool

    @property
    def rules(self) -> dict[str, str]:
        """Of a test of rows: by its name, when each rule is broken."""
        return {m["rule"]: m["broken"] for m in RULE.finditer(self.sql)} if self.kind == "rows_hold" else {}

    def without(self, rule: str) -> str:
        """The SQL, one rule taken out."""
        (line,) = [m.group(0) for m in RULE.finditer(self.sql) if m["rule"] == rule]
        return self.sql.replace(line, "")


@dataclass(frozen=True)
class Tamper:
    """A table in whose place something else is read; `{t}` in the SQL is the table."""

    table: str
    sql: str


class TableGround:
    """Every table as a view on the sample's files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sample: Sample) -> None:
        self.connection, self.sample = connection, sample
        connection.execute(f"attach '{sample.database}' as shown (read_only); attach '{sample.work}' as filled (read_only)")
        for database in ("rotation", "work"):
            connection.execute(f"attach ':memory:' as {database}")
            for schema in SCHEMAS[database]:
                connection.execute(f"create schema {database}.{schema}")
        for schema, table in self._tables("filled", ("raw", "intermediate")):
            self._show("work", schema, table)
        for schema, table in self._tables("shown", SCHEMAS["rotation"]):
            self._show("rotation", schema, table)
        for node in json.loads(sample.manifest.read_text(encoding="utf-8"))["nodes"].values():  # a stored view reads its own file
            if node["config"]["materialized"] == "view":
                connection.execute(f"create view {node['relation_name']} as {node['compiled_code']}")

    def _tables(self, database: str, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
        sql = "select schema_name, table_name from duckdb_tables() where database_name = ? and list_contains(?, schema_name) order by all"
        return self.connection.execute(sql, [database, list(schemas)]).fetchall()

    def _show(self, database: str, schema: str, table: str, sql: str = "select * from {t}") -> None:
        source = f'{"shown" if database == "rotation" else "filled"}."{schema}"."{table}"'
        rows = sql.format(t=source)
        if schema == "raw":  # staging tells the number of a raw row, and a view has none
            rows = f"select 0 as rowid, * from ({rows})"
        self.connection.execute(f'create or replace view {database}."{schema}"."{table}" as {rows}')

    @cached_property
    def tests(self) -> dict[str, DbtTest]:
        """Every test of the manifest the sample was built with, by name."""
        return {t.name: t for t in _tests(self.sample.manifest)}

    @contextmanager
    def tampered(self, tamper: Tamper) -> Iterator[None]:
        database, schema, table = tamper.table.replace('"', "").split(".")
        self._show(database, schema, table, tamper.sql)
        try:
            yield
        finally:
            self._show(database, schema, table)

    def fails(self, sql: str) -> bool:
        """Whether a test has failing rows."""
        return bool(self.connection.execute(f"select count(*) from ({sql}\n)").fetchall()[0][0])

    def breaks(self, sql: str, rule: str) -> bool:
        """Whether a test of rows finds this rule broken; it tells the names of all that are, one after the other."""
        return bool(
            self.connection.execute(
                f"select 1 from ({sql}\n) where contains(', ' || broken || ', ', ?) limit 1", [f", {rule}, "]
            ).fetchall()
        )

    def columns(self, table: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self.connection.execute(f"describe {table}").fetchall()}


def _tests(manifest: Path) -> Iterator[DbtTest]:
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    for node in nodes.values():
        if node["resource_type"] != "test":
            continue
        told = node.get("test_metadata") or {}
        attached = nodes.get(node.get("attached_node"))
        table = attached["relation_name"] if attached else None
        arguments = {k: v for k, v in told.get("kwargs", {}).items() if k != "model"}
        stops = node["config"]["severity"].lower() == "error"
        yield DbtTest(node["name"], told.get("name", "singular"), table, node["compiled_code"], arguments, stops)
