"""A warehouse whose raw tables hold generated bars and lists as a landing would leave them, with a clock and sessions. Not for landing (ingest.py)."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from bench.full_size import bars
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import load_settings
from pipelines.sources import exchange

PULLED_AT, RUN = "2026-01-01 00:00:00", "0f9a4e5c-generated"
LOG = f"timestamp '{PULLED_AT}' as pulled_at, '{RUN}' as run_id, 'simulated' as provenance, true as is_first"


def work(data: str, warehouse: str, until: str) -> dict[str, int]:
    """Fill a new warehouse with what was known on a day; how many bars it holds."""
    with Warehouse(load_settings(warehouse=warehouse), "sample").work() as connection:
        return {"rows": fill(connection, Path(data), date.min, date.fromisoformat(until))}


def fill(connection: duckdb.DuckDBPyConnection, data: Path, after: date, until: date) -> int:
    """Add the bars and lists after one day and up to another, and set the clock to that; how many bars there are then."""
    span = f"> date '{after}' and {{}} <= date '{until}'"
    for file in bars.files(data):
        connection.execute(
            f"insert into raw.drop_bars by name select *, 'split_adjusted' as price_basis, session_date as known_on, sha256('{file.stem}') "
            f"as payload_sha256, {LOG} from read_parquet('{file}') where session_date {span.format('session_date')}"
        )
    connection.execute(
        f"insert into raw.drop_constituents by name select *, snapshot_date as known_on, sha256('lists') as payload_sha256, {LOG} "
        f"from read_parquet('{bars.lists(data)}') where snapshot_date {span.format('snapshot_date')}"
    )
    set_the_day(connection, after, until)
    return int(connection.execute("select count(*) from raw.drop_bars").fetchall()[0][0])


def set_the_day(connection: duckdb.DuckDBPyConnection, after: date, until: date) -> None:
    """The clock at a day, and the sessions up to it."""
    sessions = exchange.sessions(None, until).filter(pl.col("session_date") > after)
    connection.register("sessions", sessions)
    connection.execute(f"insert into raw.exchange_sessions by name select *, session_date as known_on, {LOG} from sessions")
    connection.unregister("sessions")
    connection.execute("delete from raw.clock_day")
    connection.execute(
        f"insert into raw.clock_day by name select date '{until}' as as_of_date, date '{until}' as session_date, 'sample' as source_mode, "
        f"date '{until}' as known_on, {LOG}"
    )
