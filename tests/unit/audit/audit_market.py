"""Claims in one line, rows of the seeds, and tables just large enough to compute from. Not for tests."""

import csv
from datetime import date
from typing import Any

import duckdb

from pipelines.audit.claims import Claim
from pipelines.settings import ROOT

SEEDS = ROOT / "dbt_project" / "seeds"
DAY = date(2026, 1, 9)


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def put(connection: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    """Rows of a mart; its columns are those of the first row, with the types of its values."""
    kinds = {bool: "boolean", int: "integer", float: "decimal(18, 4)", str: "varchar", date: "date"}
    columns = {name: kinds.get(type(value), "decimal(18, 4)") for name, value in rows[0].items()}
    connection.execute(f"create table if not exists marts.{table} ({', '.join(f'{c} {k}' for c, k in columns.items())})")
    for row in rows:
        connection.execute(f"insert into marts.{table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def claim(statement: str, reported: str = "", unit: str = "yes/no", as_of: date = DAY, **others: Any) -> Claim:
    says = {k: others.pop(k) for k in ("measure", "instrument_id", "against_id", "horizon") if k in others}
    return Claim("c", "s", statement, reported, unit, as_of, says=says, **others)
