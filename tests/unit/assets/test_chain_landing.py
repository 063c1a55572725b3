"""Who stands in for a required series, and how often a provider was asked today."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from pipelines.assets.landing.asked import requests_of_a_day
from pipelines.assets.landing.chain import later_in_chain, stood_in
from pipelines.catalog import catalog
from pipelines.resources.log import append
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings

FRIDAY = date(2026, 1, 9)
NOW = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        connection.execute("insert into raw.clock_day (as_of_date, session_date) values (?, ?)", [FRIDAY, FRIDAY])
        yield connection


def hold(connection: duckdb.DuckDBPyConnection, table: str, symbol: str, day: date = FRIDAY, **more: object) -> None:
    row = {"symbol": symbol, "session_date": day, "close": 1.0, "known_on": day, "pulled_at": NOW.replace(tzinfo=None)} | more
    connection.execute(f"insert into raw.{table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def is_required(connection: duckdb.DuckDBPyConnection, series_id: str) -> bool:
    return stood_in(connection, catalog()[series_id]).is_required


def test_the_next_series_with_the_newest_session_stands_in(connection: duckdb.DuckDBPyConnection) -> None:
    assert is_required(connection, "SP500")
    hold(connection, "stooq_bars", "^spx", is_partial=False)
    assert not is_required(connection, "SP500")
    assert is_required(connection, "R2000"), "of another instrument it says nothing"


@pytest.mark.parametrize("spoil", [{"is_partial": True}, {"is_partial": False, "day": FRIDAY - timedelta(days=1)}])
def test_part_of_a_session_or_an_older_one_does_not_stand_in(connection: duckdb.DuckDBPyConnection, spoil: dict[str, object]) -> None:
    hold(connection, "stooq_bars", "^spx", **spoil)  # type: ignore[arg-type]
    assert is_required(connection, "SP500")


def test_a_dropped_file_stands_in_where_the_catalogue_names_it(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, "drop_bars", "R2000", collection="SP500")
    assert is_required(connection, "R2000"), "bars of members are no bars of the index"
    hold(connection, "drop_bars", "R2000", collection="instruments")
    assert not is_required(connection, "R2000")
    assert later_in_chain(replace(catalog()["R2000"], instrument_id="UNNAMED")) == ()


def test_what_is_not_required_needs_nobody() -> None:
    assert later_in_chain(catalog()["SPY"]) == ()
    assert later_in_chain(catalog()["DFEDTARU"]) == ()


def test_requests_of_the_last_day_are_counted_however_they_ended(connection: duckdb.DuckDBPyConnection) -> None:
    def pulled(series_id: str, request: str, status: str, hours: int, **more: str) -> dict[str, object]:
        at = (NOW - timedelta(hours=hours)).replace(tzinfo=None)
        return {
            "run_id": f"run {hours}",
            "source": "alphavantage",
            "series_id": series_id,
            "request": request,
            "status": status,
            "pulled_at": at,
        } | more

    append(
        connection,
        "source_pulls",
        [
            pulled("IWM.alphavantage", "GET a", "merged", 1, table_name="raw.alphavantage_bars"),
            pulled("IWM.alphavantage", "GET a", "unchanged", 1, table_name="raw.alphavantage_actions"),  # the same request, another table
            pulled("SPY.alphavantage", "", "failed", 1),
            pulled("SPY.alphavantage", "GET a; GET b", "set_aside", 3),
            pulled("IWM.alphavantage", "", "not_asked", 5),
            pulled("IWM.alphavantage", "GET a", "merged", 25),  # yesterday
            pulled("IWM.tiingo", "GET a", "merged", 1) | {"source": "tiingo"},
        ],
    )
    assert requests_of_a_day(connection, "alphavantage", NOW) == 4
