"""Rows appended to the quality logs of the working file; the form every gate reports in. Not for reading them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.resources.lent import lent
from pipelines.resources.log_tables import LOG_TABLES

if TYPE_CHECKING:  # loaded when rows are appended: `status` reads what was
    import polars as pl


@dataclass(frozen=True)
class CheckRow:
    """One check of one table in one run."""

    gate: str
    table: str
    check: str
    is_blocking: bool
    passed: bool
    observed: str
    failing_rows_n: int = 0
    sample: str = ""
    accepted: Mapping[str, str] = field(default_factory=dict)  # reasons by the name they were given to


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: "Sequence[Mapping[str, Any]] | pl.DataFrame") -> None:
    """Append rows to quality.<table>, by name; absent columns are NULL."""
    import polars as pl

    from pipelines.contracts import POLARS_TYPES

    if len(rows) == 0:
        return
    if not isinstance(rows, pl.DataFrame):
        schema = {name: POLARS_TYPES[kind] for name, (kind, _) in LOG_TABLES[table].items()}
        rows = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema, orient="row")
    with lent(connection, log_rows=rows):
        connection.execute(f"insert into quality.{table} by name select * from log_rows")


def append_checks(
    connection: duckdb.DuckDBPyConnection, checks: Sequence[CheckRow], *, run_id: str, as_of: date, now: datetime, provenance: str
) -> None:
    """Append check results of a run."""
    append(
        connection,
        "check_results",
        [
            {
                "run_id": run_id,
                "as_of_date": as_of,
                "checked_at": now.replace(tzinfo=None),
                "gate": c.gate,
                "table_name": c.table,
                "check_name": c.check,
                "severity": "block" if c.is_blocking else "warn",
                "passed": c.passed,
                "observed": c.observed,
                "failing_rows_n": c.failing_rows_n,
                "sample": c.sample,
                "accepted": json.dumps(dict(c.accepted)) if c.accepted else None,
                "provenance": provenance,
            }
            for c in checks
        ],
    )
