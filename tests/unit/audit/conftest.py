"""A market as a claim sees it: the names of the seeds, and no measure yet. Not for tests."""

from collections.abc import Iterator

import duckdb
import pytest
from audit_market import SEEDS

from pipelines.audit.market import Market, read_market
from pipelines.catalog import catalog


@pytest.fixture
def small_file() -> Iterator[duckdb.DuckDBPyConnection]:
    """A file with the names of the seeds and no measure yet: `put` adds rows of one."""
    connection = duckdb.connect()
    connection.execute("create schema marts; create schema reference")
    connection.execute(
        "create table marts.dim_instrument (instrument_id varchar, name varchar, kind varchar, proxy_of varchar, sector varchar, provenance varchar)"
    )
    priced = {s.instrument_id: s for s in reversed(list(catalog())) if s.instrument_id}
    for one, s in priced.items():
        connection.execute(
            "insert into marts.dim_instrument values (?, ?, ?, ?, ?, 'observed')",
            [one, s.name, s.kind, s.proxy_of or None, s.sector or None],
        )
    for name in ("pairs", "universes", "instrument_aliases"):
        connection.execute(f"create table reference.{name} as from read_csv('{SEEDS / name}.csv')")
    connection.execute("create table marts.dim_metric as select date '2026-01-09' as as_of_date")
    connection.execute(
        "create table reference.sessions as select cast(d as date) as session_date "
        "from range(date '2020-01-01', date '2026-02-01', interval 1 day) as t (d) where isodow(d) < 6"
    )
    yield connection
    connection.close()


@pytest.fixture
def market(small_file: duckdb.DuckDBPyConnection) -> Market:
    return read_market(small_file)
