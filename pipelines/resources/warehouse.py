"""The only module that opens DuckDB: the working file for its one writer, the candidate, and the published file for readers.

Not for SQL of its own beyond laying out the raw and log tables.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.resources.disk import DiskError, in_words, refusal
from pipelines.resources.log_tables import LOG_TABLES
from pipelines.resources.publication import unpublished
from pipelines.settings import Mode, Settings

if TYPE_CHECKING:  # who only reads needs no contracts, and not the frames they are of
    from pipelines.contracts import TableContract

# What the warehouse itself adds to each raw row.
BOOKKEEPING = {
    "known_on": "date",
    "pulled_at": "timestamp",
    "payload_sha256": "varchar",
    "run_id": "varchar",
    "provenance": "varchar",
    "is_first": "boolean",  # nothing was held of the key when it came: of a key without another row no version has to be chosen
}

# The day a row is of, in the published tables.
DATED = ("session_date", "date", "month_end", "quarter_end", "captured_on", "effective_date", "window_end", "observation_date")

# 2.0's own file format cannot be read by older clients; this one is read by 1.2 and later.
STORAGE = "v1.2.0"

# What the tables were derived from that dbt carries from run to run (dbt_project/macros/carried.sql).
CARRIED = {
    "model": "varchar",
    "code": "varchar",
    "sessions": "varchar",
    "as_of_date": "date",
    "bars_n": "bigint",
    "lists_n": "bigint",
}


class WarehouseError(Exception):
    """The warehouse cannot be opened or read as asked; the message says what to do."""


def quoted(path: Path) -> str:
    """A path as a SQL literal."""
    return "'" + str(path).replace("'", "''") + "'"


@dataclass(frozen=True)
class Warehouse:
    """The files of one mode."""

    settings: Settings
    mode: Mode

    @property
    def provenance(self) -> str:
        return "simulated" if self.mode == "sample" else "observed"

    def _config(self) -> dict[str, Any]:
        return {"threads": self.settings.cores, "memory_limit": self.settings.memory}

    @contextmanager
    def work(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The working file, for writing, with every raw and log table in place."""
        path = self.settings.work_file(self.mode)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(str(path), config=self._config())
        except duckdb.IOException as problem:
            if said := refusal(problem):
                raise DiskError(said) from None
            raise WarehouseError(
                f"The working file {path} cannot be opened: {problem}. One process writes at a time: wait for the other run, or stop it."
            ) from None
        try:
            with in_words(duckdb.Error):
                _lay_out(connection)
                yield connection
        finally:
            connection.close()

    @contextmanager
    def candidate(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The candidate file as `rotation`, for writing, with the working file as `work` and the last publication as `published` beside it (both read-only)."""
        path = self.settings.candidate_file(self.mode)
        if not path.exists():
            raise WarehouseError(f"There is no candidate at {path}: the dbt models have not been built. Run `rotation run`.")
        with in_words(duckdb.Error):
            connection = duckdb.connect(str(path), config=self._config() | {"storage_compatibility_version": STORAGE})
        try:
            with in_words(duckdb.Error):
                connection.execute(f"attach {quoted(self.settings.work_file(self.mode))} as work (read_only)")
                published = self.settings.published(self.mode) / "rotation.duckdb"
                if published.exists():
                    connection.execute(f"attach {quoted(published)} as published (read_only)")
                yield connection
        finally:
            connection.close()


def has_publication(connection: duckdb.DuckDBPyConnection) -> bool:
    """Is a last publication beside an open candidate."""
    return bool(connection.execute("select 1 from duckdb_databases() where database_name = 'published'").fetchall())


@contextmanager
def read_only(path: Path, limits: Mapping[str, Any] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file, for reading alone: no other file, no network, no extension can be reached through it. `limits`: DuckDB's settings."""
    if not path.exists():
        raise WarehouseError(unpublished(path))
    connection = duckdb.connect(str(path), read_only=True, config={**(limits or {}), "enable_external_access": "false"})
    try:
        connection.execute(f"create temp macro as_known(observations, day) as table {_KNOWN_PUBLISHED}; set lock_configuration = true")
        yield connection
    finally:
        connection.close()


@contextmanager
def cut_at(path: Path, day: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file as it would have looked on a day: rows dated or known later are not there, nor tables that hold one state alone."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"attach {quoted(path)} as published (read_only)")
        columns: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'published' and not internal"
        ).fetchall():
            columns.setdefault((schema, table), set()).add(column)
        for (schema, table), names in columns.items():
            dated = [f"{name} <= date '{day}'" for name in (*DATED, "known_on") if name in names]
            kept = "false" if "as_of_date" in names else " and ".join(dated) or "true"
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create view {schema}.{table} as from published.{schema}.{table} where {kept}")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _lay_out(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists raw; create schema if not exists quality; create schema if not exists intermediate")
    from pipelines.contracts import contracts

    connection.execute("create schema if not exists raw; create schema if not exists quality; create schema if not exists intermediate")
    connection.execute(f"create table if not exists intermediate.carried ({_ddl(CARRIED)})")
    for contract in contracts().values():
        columns = {c.name: c.data_type for c in contract.columns} | BOOKKEEPING
        connection.execute(f"create table if not exists raw.{contract.name} ({_ddl(columns)})")
    keys = ", ".join(f"'{c.name}': '{', '.join(k for k in c.key if k != 'vintage')}'" for c in contracts().values())
    connection.execute(f"create or replace macro as_known(observations, day) as table {_KNOWN_RAW.format(keys=keys)}")
    for name, log in LOG_TABLES.items():
        connection.execute(f"create table if not exists quality.{name} ({_ddl({c: t for c, (t, _) in log.items()})})")
    columns_held = "select table_name, column_name from duckdb_columns() where schema_name in ('raw', 'quality')"
    held = set(connection.execute(columns_held).fetchall())
    for contract in (c for c in contracts().values() if (c.name, "is_first") not in held):
        _tell_first(connection, contract)
    for name, column, kind in ((n, c, t) for n, log in LOG_TABLES.items() for c, (t, _) in log.items()):
        if (name, column) not in held:  # a working file from before the log had it
            connection.execute(f"alter table quality.{name} add column {column} {kind}")


def _tell_first(connection: duckdb.DuckDBPyConnection, contract: "TableContract") -> None:
    """Add is_first to the table of a working file from before there was one."""
    connection.execute(f"alter table raw.{contract.name} add column is_first boolean")
    alone = f"select any_value(rowid) from raw.{contract.name} group by {', '.join(contract.key)} having count(*) = 1"
    connection.execute(f"update raw.{contract.name} set is_first = rowid in ({alone})")


# as_known('fred_observations', '2024-06-01') in the working file: of each key of a raw table the newest version, or vintage, known on a day.
_KNOWN_RAW = """
    select * from query(
        'select * from raw.' || observations || ' where known_on <= $$' || day::date
        || '$$::date qualify row_number() over (partition by ' || coalesce(map {{{keys}}}[observations], error('as_known: no raw table ' || observations))
        || ' order by known_on desc, pulled_at desc) = 1'
    )
"""
# The same for a published table that has the days between which each row stood.
_KNOWN_PUBLISHED = (
    "select * from query_table(observations) where known_on <= day::date and (superseded_on is null or superseded_on > day::date)"
)


def _ddl(columns: dict[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def latest(contract: "TableContract", where: str = "true") -> str:
    """SQL of the newest version of each key of a raw table, or of those of its rows."""
    key = ", ".join(contract.key)
    rows = f"(select * from raw.{contract.name} where {where}) as rows"
    revised = f"(select distinct {key} from raw.{contract.name} where is_first is distinct from true) as revised"
    same = " and ".join(f"rows.{k} is not distinct from revised.{k}" for k in contract.key)
    return (
        f"(select rows.* from {rows} anti join {revised} on {same} union all select rows.* from {rows} semi join {revised} on {same} "
        f"qualify row_number() over (partition by {', '.join(f'rows.{k}' for k in contract.key)} order by known_on desc, pulled_at desc) = 1)"
    )
