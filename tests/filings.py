"""The models from filings to valuations on rows made in a test, built in memory. Not for tests, fixtures or whole builds (dbt)."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import duckdb
import polars as pl

from pipelines.settings import ROOT

SEEDS = ("fundamental_tags", "united_states_members", "universes")
FUNDAMENTALS = (
    "int_company_facts",
    "int_company_ltm",
    "int_company_ltm_monthly",
    "int_company_balances_monthly",
    "int_company_shares",
    "int_company_shares_monthly",
    "int_company_fundamentals_monthly",
)
VALUATIONS = (
    "int_month_closes",
    "int_company_prices_monthly",
    "int_company_caps_monthly",
    "int_company_profiles",
    "int_member_fundamentals_monthly",
    "int_valuations_from_filings",
)
BOOK = {"is_first": "boolean", "known_on": "date", "pulled_at": "timestamp", "provenance": "varchar"}
FACT = {
    "cik": "bigint", "taxonomy": "varchar", "tag": "varchar", "unit": "varchar", "period_start": "date", "period_end": "date",
    "accession": "varchar", "value": "double", "form": "varchar", "filed_on": "date",
}  # fmt: skip
BARS = {"provider": "varchar", "symbol": "varchar", "session_date": "date", "close": "double", "volume": "bigint", "is_partial": "boolean"}
ACTIONS = {"provider": "varchar", "symbol": "varchar", "action_date": "date", "kind": "varchar", "value": "double"}
INPUTS = {
    "stg_clock__day": {"as_of_date": "date", "provenance": "varchar"},
    "stg_sec__facts": FACT | BOOK,
    "stg_sec__segment_facts": FACT | {"segments": "varchar", "coregistrant": "varchar"} | BOOK,
    "stg_sec__filings": {"accession": "varchar", "cik": "bigint", "sic": "bigint", "form": "varchar", "filed_on": "date"} | BOOK,
    "stg_sec__companies": {"snapshot_date": "date", "cik": "bigint", "ticker": "varchar"} | BOOK,
    "stg_drop__bars": {"collection": "varchar", "close_basis": "varchar", "raw_no": "bigint"} | BARS | BOOK,
    "stg_drop__constituents": {"universe_id": "varchar", "snapshot_date": "date", "symbol": "varchar", "shares_millions": "double"} | BOOK,
    "stg_yahoo__bars": BARS | BOOK,
    "stg_tiingo__bars": BARS | BOOK,
    "stg_yahoo__actions": ACTIONS | BOOK,
    "stg_tiingo__actions": ACTIONS | BOOK,
    "int_sessions": {"session_date": "date"},
    "int_memberships_monthly": {
        "month_end": "date", "universe_id": "varchar", "symbol": "varchar", "cik": "bigint", "sector": "varchar", "membership_basis": "varchar", "weight_pct": "double",
        "known_on": "date", "provenance": "varchar",
    },
}  # fmt: skip

Rows = Iterable[dict[str, Any]]


def warehouse(as_of: date, **tables: Rows) -> duckdb.DuckDBPyConnection:
    """A database in memory with the seeds, every input (empty where no rows are given), and the day."""
    connection = duckdb.connect()
    for seed in SEEDS:
        connection.execute(f"create table {seed} as from read_csv('{ROOT / 'dbt_project' / 'seeds' / seed}.csv')")
    given: dict[str, Rows] = {"stg_clock__day": [{"as_of_date": as_of}], **tables}
    for name, columns in INPUTS.items():
        connection.execute(f"create table {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
        fill(connection, name, given.get(name, ()))
    return connection


def fill(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    """Add rows to an input; what a row leaves out of the bookkeeping is as of an observed fact."""
    usual = {"pulled_at": date(2026, 1, 1), "provenance": "observed"}
    values = [[(usual | row).get(column) for column in INPUTS[name]] for row in rows]
    if values:
        frame = pl.DataFrame(values, schema=list(INPUTS[name]), orient="row", infer_schema_length=None)
        connection.register("given", frame.to_arrow())
        connection.execute(f"insert into {name} from given")
        connection.unregister("given")


def build(connection: duckdb.DuckDBPyConnection, model_sql: Callable[[str], str], *models: str) -> None:
    """Build models in the order given."""
    for model in models:
        connection.execute(f"create or replace table {model} as {model_sql(model)}")


def fetched(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def fact(tag: str, start: date, end: date, value: float, filed: date, known: date, **other: Any) -> dict[str, Any]:
    """One fact in dollars of company 1, unless said otherwise."""
    base = {"cik": 1, "taxonomy": "us-gaap", "unit": "USD", "form": "10-Q", "accession": f"{other.get('cik', 1)}-{filed}"}
    return base | {"tag": tag, "period_start": start, "period_end": end, "value": value, "filed_on": filed, "known_on": known} | other
