"""Which rows the warehouse of daily runs may hold more than a clean one: vintages and revisions, and nothing else."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from worlds import working_in

from bench.faulty_days import Seen, compare_raw
from pipelines.resources.warehouse import Warehouse

FRIDAY, LATER = date(2026, 1, 9), date(2026, 1, 20)
CPI = ("CPIAUCSL", date(2025, 11, 30), 324.1, date(2025, 12, 18))
Fill = Callable[[duckdb.DuckDBPyConnection], Any]


def observed(connection: duckdb.DuckDBPyConnection, *rows: tuple[Any, ...]) -> None:
    connection.executemany("insert into raw.fred_observations (series_id, observation_date, value, known_on) values (?, ?, ?, ?)", rows)


def french(connection: duckdb.DuckDBPyConnection, *vintages: str) -> None:
    for vintage in vintages:
        connection.execute(
            "insert into raw.french_returns (dataset, vintage, frequency, weighting, period_end, portfolio, value, known_on) "
            "values ('factors', ?, 'monthly', 'none', date '1926-07-31', 'Mkt-RF', 2.89, date '2025-11-14')",
            [vintage],
        )


@pytest.fixture
def differ(tmp_path: Path) -> Callable[[Fill, Fill], list[Seen]]:
    def make(daily: Fill, clean: Fill) -> list[Seen]:
        files = []
        for name, fill in (("daily", daily), ("clean", clean)):
            with working_in(tmp_path / name) as settings:
                with Warehouse(settings, "live").work() as connection:
                    fill(connection)
                files.append(settings.work_file("live"))
        return compare_raw(files[0], files[1])

    return make


def test_equal_rows_differ_in_nothing(differ: Any) -> None:
    assert differ(lambda c: observed(c, CPI), lambda c: observed(c, CPI)) == []


def test_a_vintage_the_provider_had_replaced_is_explained(differ: Any) -> None:
    assert differ(lambda c: french(c, "202509", "202512"), lambda c: french(c, "202512")) == [Seen("french_returns", 1, 0, 0, 0)]


def test_a_vintage_the_clean_run_alone_has_is_not(differ: Any) -> None:
    assert differ(lambda c: french(c, "202509"), lambda c: french(c, "202509", "202512")) == [Seen("french_returns", 0, 0, 0, 1)]


def test_a_revision_is_two_rows_for_who_looked_and_one_for_who_came_late(differ: Any) -> None:
    revised = (*CPI[:2], 324.4, FRIDAY)
    late = (*CPI[:2], 324.4, CPI[3])
    assert differ(lambda c: observed(c, CPI, revised), lambda c: observed(c, late)) == [Seen("fred_observations", 0, 2, 0, 0)]


@pytest.mark.parametrize(("counted_n", "unexplained_n"), [(1, 0), (0, 1)])
def test_a_row_no_longer_sent_is_explained_where_the_last_run_counted_it(differ: Any, counted_n: int, unexplained_n: int) -> None:
    def daily(connection: duckdb.DuckDBPyConnection) -> None:
        observed(connection, CPI)
        sql = "insert into quality.source_pulls (run_id, table_name, pulled_at, withdrawn_rows) values (?, 'raw.fred_observations', ?, ?)"
        connection.executemany(sql, [["before", date(2026, 1, 8), 7], ["last", FRIDAY, counted_n]])

    assert differ(daily, lambda c: None) == [Seen("fred_observations", 0, 0, counted_n, unexplained_n)]


@pytest.mark.parametrize(
    ("daily", "clean", "unexplained_n"),
    [
        ([CPI], [], 1),  # a day that never was
        ([], [CPI], 1),  # a day that was lost
        ([CPI], [(*CPI[:2], 999.0, CPI[3])], 2),  # another value, and no revision that says so
        ([CPI, (*CPI[:2], 324.4, FRIDAY)], [(*CPI[:2], 999.0, CPI[3])], 1),  # the newest is not what a clean run sees
        ([(*CPI[:3], LATER)], [CPI], 1),  # known later than it was
    ],
)
def test_any_other_row_is_unexplained(differ: Any, daily: list[Any], clean: list[Any], unexplained_n: int) -> None:
    (seen,) = differ(lambda c: observed(c, *daily) if daily else None, lambda c: observed(c, *clean) if clean else None)
    assert seen.unexplained_n == unexplained_n
