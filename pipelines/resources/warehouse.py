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
}

# The day a row is of, in the published tables.
DATED = ("session_date", "date", "month_end", "quarter_end", "captured_on", "effective_date", "window_end", "observation_date")

# 2.0's own file format cannot be read by older clients; this one is read by 1.2 and later.
STORAGE = "v1.2.0"

# The logs of the gates: they grow with every run and are copied whole into each publication.
LOG_TABLES: dict[str, dict[str, tuple[str, str]]] = {
    "check_results": {
        "run_id": ("varchar", "Run that asked."),
        "as_of_date": ("date", "As-of day of the run."),
        "checked_at": ("timestamp", "When, UTC."),
        "gate": ("varchar", "gate 1 (incoming batch), gate 2 (dbt tests) or gate 3 (candidate)."),
        "table_name": ("varchar", "Table checked."),
        "check_name": ("varchar", "Name of the check."),
        "severity": ("varchar", "block: a failure stops the publication; warn: it reaches the answer."),
        "passed": ("boolean", "Did it hold."),
        "observed": ("varchar", "What was found."),
        "failing_rows_n": ("bigint", "Rows that failed."),
        "sample": ("varchar", "Some failing rows, as JSON."),
        "accepted": (
            "varchar",
            "Where a person passed over the failure: the reason by the name it was given to (CHECK, or CHECK:SERIES), as JSON.",
        ),
        "provenance": ("varchar", "observed or simulated."),
    },
    "blocked_runs": {
        "run_id": ("varchar", "Run that was stopped."),
        "as_of_date": ("date", "As-of day of the run."),
        "blocked_at": ("timestamp", "When, UTC."),
        "gate": ("varchar", "Where it was stopped."),
        "table_name": ("varchar", "Table of the check that stopped it."),
        "check_name": ("varchar", "Name of the check."),
        "source": ("varchar", "Series that failed it, where it is about one."),
        "failing_rows_n": ("bigint", "Rows that failed."),
        "sample": ("varchar", "Failing rows as a JSON list, 100 at the most."),
        "shown_by": ("varchar", "The SQL that finds the rows; in gate 1 the expectations with their parameters."),
        "readers_run_id": ("varchar", "Run whose publication readers went on to see; empty: nothing was published yet."),
        "readers_as_of_date": ("date", "As-of day of that publication."),
        "reason": ("varchar", "Source, table, expectation, finding and cure."),
        "provenance": ("varchar", "observed or simulated."),
    },
    "past_changes": {
        "run_id": ("varchar", "Run whose candidate differed from the publication before it."),
        "as_of_date": ("date", "As-of day of the run."),
        "table_name": ("varchar", "Mart."),
        "day": ("date", "Past day the row describes."),
        "key": ("varchar", "Key of the row, as JSON."),
        "column_name": ("varchar", "Column that changed; `the row` where it is gone."),
        "was": ("varchar", "Value as it was published."),
        "is_now": ("varchar", "Value in the candidate."),
        "explained_by": (
            "varchar",
            "Series, instrument, list or source whose revision or late data explains it; empty: nothing does, and the run was stopped unless that was accepted.",
        ),
        "provenance": ("varchar", "observed or simulated."),
    },
    "source_pulls": {
        "run_id": ("varchar", "Run that pulled."),
        "as_of_date": ("date", "As-of day of the run."),
        "source": ("varchar", "Provider."),
        "series_id": ("varchar", "Series of the catalogue, or the dropped file."),
        "table_name": ("varchar", "Raw table the rows went to; empty when nothing came."),
        "request": ("varchar", "What was asked, without secrets."),
        "pulled_at": ("timestamp", "When, UTC."),
        "status": (
            "varchar",
            "merged, unchanged, set_aside (a check failed), failed (no usable answer) or not_asked (a token or the like is not set).",
        ),
        "bytes": ("bigint", "Size of the answer."),
        "sha256": ("varchar", "Hash of its bytes; the archive holds them under it."),
        "rows": ("bigint", "Rows that came."),
        "new_rows": ("bigint", "Rows with a key not seen before."),
        "revised_rows": ("bigint", "Rows that replace another value; both are kept."),
        "later_rows": ("bigint", "Rows dated or known after the as-of day, set aside for a later run."),
        "withdrawn_rows": ("bigint", "Rows we hold within the span asked for that the provider no longer sends; ours stay."),
        "message": ("varchar", "Cause and cure where something went wrong."),
        "provenance": ("varchar", "observed or simulated."),
    },
    "history_events": {
        "run_id": ("varchar", "Run that saw it."),
        "as_of_date": ("date", "As-of day of the run."),
        "detected_at": ("timestamp", "When, UTC."),
        "series_id": ("varchar", "Series of the catalogue."),
        "table_name": ("varchar", "Raw table of the history."),
        "kind": (
            "varchar",
            "shortened, blanked, rebased, rescaled, closes_changed (raw closes), reanchored or rewritten (adjusted closes).",
        ),
        "from_date": ("date", "First day concerned, of those not said before."),
        "to_date": ("date", "Last day concerned."),
        "rows_n": ("bigint", "Rows concerned."),
        "factor": ("double", "What came over what was held, where one factor tells it."),
        "reason": ("varchar", "What was looked for and not found."),
        "what_was_done": ("varchar", "What became of it; what we hold is never removed."),
        "provenance": ("varchar", "observed or simulated."),
    },
    "asked_spans": {
        "run_id": ("varchar", "Run that asked, or landing of a backfill."),
        "source": ("varchar", "Provider."),
        "series_id": ("varchar", "Series of the catalogue."),
        "first_day": ("date", "First day asked for; empty: all the provider has."),
        "last_day": ("date", "Last day asked for."),
        "pulled_at": ("timestamp", "When, UTC."),
        "provenance": ("varchar", "observed or simulated."),
    },
    "quarantine": {
        "run_id": ("varchar", "Run that rejected the row."),
        "table_name": ("varchar", "Raw table it was meant for."),
        "source": ("varchar", "Provider and series, or file."),
        "reason": ("varchar", "Why it was rejected."),
        "row_json": ("varchar", "The row as received."),
        "quarantined_at": ("timestamp", "When, UTC."),
        "provenance": ("varchar", "observed or simulated."),
    },
}

# What one row of each is.
LOG_COMMENTS = {
    "asked_spans": "Which days a provider was asked for: one row a run and series whose answer was merged.",
    "blocked_runs": "What stopped a run: one row a run and reason.",
    "check_results": "What each check of the gates saw: one row a run, table and check.",
    "history_events": "One row a series, table and thing that became of its history: shortened, blanked, told anew.",
    "past_changes": "What became of values that were published before: one row a run and value of a past day that changed, 100,000 a run at the most.",
    "quarantine": "Rows that were rejected by gate 1: one row a run, row and reason.",
    "source_pulls": "What each provider was asked and sent: one row a run, series (or dropped file) and raw table.",
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
    from pipelines.contracts import contracts

    connection.execute("create schema if not exists raw; create schema if not exists quality")
    for contract in contracts().values():
        columns = {c.name: c.data_type for c in contract.columns} | BOOKKEEPING
        connection.execute(f"create table if not exists raw.{contract.name} ({_ddl(columns)})")
    keys = ", ".join(f"'{c.name}': '{', '.join(k for k in c.key if k != 'vintage')}'" for c in contracts().values())
    connection.execute(f"create or replace macro as_known(observations, day) as table {_KNOWN_RAW.format(keys=keys)}")
    for name, log in LOG_TABLES.items():
        connection.execute(f"create table if not exists quality.{name} ({_ddl({c: t for c, (t, _) in log.items()})})")
    held = set(connection.execute("select table_name, column_name from duckdb_columns() where schema_name = 'quality'").fetchall())
    for name, column, kind in ((n, c, t) for n, log in LOG_TABLES.items() for c, (t, _) in log.items()):
        if (name, column) not in held:  # a working file from before the log had it
            connection.execute(f"alter table quality.{name} add column {column} {kind}")


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
    return f"(select * from raw.{contract.name} where {where} qualify row_number() over (partition by {key} order by known_on desc, pulled_at desc) = 1)"
