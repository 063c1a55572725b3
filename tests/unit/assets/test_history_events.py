"""A provider that shortens a history, blanks a value or tells a series on another base: named, listed once, and what we have stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.assets.landing.log import log_pulls
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import sessions, to_sessions

SPREAD, CPI = catalog()["BAMLH0A0HYM2"], catalog()["CPIAUCSL"]
DAYS: list[date] = sessions(date(2025, 6, 2), date(2025, 12, 31))["session_date"].to_list()
MONTHS = [date(2000 + n // 12, n % 12 + 1, 1) for n in range(12 * 25)]


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def land(connection: duckdb.DuckDBPyConnection) -> Callable[..., Batch]:
    """`land(frame, day)`: judged, merged where it passed, and logged."""

    def run(one: Any, table: str, frame: pl.DataFrame, day: date) -> Batch:
        scope = Scope(f"run of {day}", day, day, "observed", to_sessions, datetime(day.year, day.month, day.day, 22, tzinfo=UTC))
        pull = Pull(one, {table: frame})
        batch = judge(connection, contracts()[table], [pull], scope)
        failing = {s: c.check for c in batch.checks for s in c.failing_series}
        counts = {table: merge_passed(connection, batch, set(failing), scope)}
        log_pulls(connection, scope, [pull], [batch], counts, failing)
        return batch

    return run


def spread(days: list[date]) -> pl.DataFrame:
    return pl.DataFrame({"series_id": SPREAD.symbol, "observation_date": days, "value": [3.0 + d.toordinal() % 40 / 100 for d in days]})


def cpi(factor: float, months: list[date] = MONTHS) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "series_id": CPI.symbol,
            "observation_date": months,
            "value": [round((170 + n / 2 + n % 5 / 7) * factor, 3) for n, m in enumerate(MONTHS) if m in set(months)],
        }
    )


def listed(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select kind, from_date, to_date, rows_n, round(factor, 4) from quality.history_events order by detected_at"
    ).fetchall()


def test_a_history_cut_short_is_listed_once_and_grows_by_what_is_lost_since(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    land(SPREAD, "fred_observations", spread(DAYS[:-2]), DAYS[-1])
    assert listed(connection) == []
    land(SPREAD, "fred_observations", spread(DAYS[60:-1]), date(2026, 1, 2))
    assert listed(connection) == [("shortened", DAYS[0], DAYS[59], 60, None)]
    land(SPREAD, "fred_observations", spread(DAYS[60:-1]), date(2026, 1, 5))
    assert len(listed(connection)) == 1, "said once"
    batch = land(SPREAD, "fred_observations", spread(DAYS[62:]), date(2026, 1, 6))
    assert listed(connection)[1:] == [("shortened", DAYS[60], DAYS[61], 2, None)]
    assert batch.events[0].sentence == f"BAMLH0A0HYM2: shortened, 2 rows, {DAYS[60]} to {DAYS[61]}; what we hold stays"
    held = connection.execute("select count(*), min(observation_date) from as_known('fred_observations', '2026-01-09')").fetchall()
    assert held == [(len(DAYS), DAYS[0])]


def test_a_blanked_value_is_listed_and_stays(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    land(SPREAD, "fred_observations", spread(DAYS[:-2]), DAYS[-1])
    land(SPREAD, "fred_observations", spread([d for d in DAYS if d not in (DAYS[30], DAYS[40])]), date(2026, 1, 5))
    assert listed(connection) == [("blanked", DAYS[30], DAYS[40], 2, None)]
    held = connection.execute(
        f"select count(*) from as_known('fred_observations', '2026-01-09') where observation_date = '{DAYS[30]}'"
    ).fetchall()
    assert held == [(1,)]


def test_a_series_on_another_base_is_set_aside_and_its_factor_named(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    land(CPI, "fred_observations", cpi(1, MONTHS[:-1]), date(2025, 1, 15))
    before = connection.execute("from raw.fred_observations order by all").fetchall()
    batch = land(CPI, "fred_observations", cpi(0.5), date(2025, 2, 12))
    assert {c.check for c in batch.checks if not c.passed} == {"base_as_before"}
    assert listed(connection) == [("rebased", MONTHS[0], MONTHS[-1], len(MONTHS), 0.5)]
    assert connection.execute("from raw.fred_observations order by all").fetchall() == before, "two bases never stand in one series"


def test_seasonal_factors_estimated_anew_are_no_other_base(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    land(CPI, "fred_observations", cpi(1, MONTHS[:-1]), date(2025, 1, 15))
    anew = cpi(1).with_columns(pl.col("value") * (1 + pl.int_range(pl.len()) % 12 / 1000))
    batch = land(CPI, "fred_observations", anew, date(2025, 2, 12))
    assert all(c.passed for c in batch.checks)
    assert listed(connection) == []


def test_a_vintage_on_another_base_is_set_aside(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    def vintages(factor: float, vintage: date) -> pl.DataFrame:
        return cpi(factor).with_columns(vintage=pl.lit(vintage), published_on=pl.lit(vintage))

    land(CPI, "fred_vintages", vintages(1, date(2025, 1, 15)), date(2025, 1, 15))
    batch = land(CPI, "fred_vintages", vintages(0.5, date(2025, 2, 12)), date(2025, 2, 12))
    assert {c.check for c in batch.checks if not c.passed} == {"base_as_before"}
    assert connection.execute("select distinct vintage from raw.fred_vintages").fetchall() == [(date(2025, 1, 15),)]


def test_a_span_of_vintages_says_nothing_of_those_before(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    def vintages(vintage: date) -> pl.DataFrame:
        return cpi(1).with_columns(vintage=pl.lit(vintage), published_on=pl.lit(vintage))

    land(CPI, "fred_vintages", vintages(date(2024, 12, 11)), date(2025, 1, 15))
    batch = land(CPI, "fred_vintages", vintages(date(2025, 2, 12)), date(2025, 2, 12))
    assert batch.withdrawn_rows == {}
    assert connection.execute("select sum(new_rows), sum(revised_rows) from quality.source_pulls").fetchall() == [(2 * len(MONTHS), 0)]
