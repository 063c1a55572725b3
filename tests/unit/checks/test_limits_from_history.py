"""How far apart two series may be comes from how far apart they have been: tight on calm days, wide on wild ones, nothing from the day itself."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from pipelines.assets.publish import _row
from pipelines.checks.across import ACROSS
from pipelines.checks.history import FEWEST_SESSIONS, MARGIN, SHORT_HISTORY, beyond_history
from pipelines.checks.verdicts import SAMPLE_ROWS, Reconciliation, verdict

SESSIONS = [date(2020, 1, 1) + timedelta(days=n) for n in range(400)]
PAIRS = beyond_history("the_check", "from pairs_of_the_test")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.raw; create table work.raw.clock_day (session_date date)")
        connection.execute("create schema work.quality; create table work.quality.blocked_runs (run_id varchar)")
        connection.execute(
            "create table work.quality.check_results (run_id varchar, gate varchar, check_name varchar, as_of_date date, passed boolean, sample varchar)"
        )
        connection.execute("create table pairs_of_the_test (pair varchar, session_date date, reference_pct double, gap double)")
        yield connection


def beyond(connection: duckdb.DuckDBPyConnection, moves: list[float], gaps: list[float]) -> list[tuple[float, float]]:
    """Gap and limit of the last session where it is beyond its history."""
    connection.execute("delete from pairs_of_the_test; delete from work.raw.clock_day")
    rows = [("fund", day, move, gap) for day, move, gap in zip(SESSIONS, moves, gaps, strict=False)]
    connection.executemany("insert into pairs_of_the_test values (?, ?, ?, ?)", rows)
    connection.execute("insert into work.raw.clock_day values (?)", [rows[-1][1]])
    return connection.execute(f"select gap, limit_of_gap from ({PAIRS})").fetchall()


def test_the_limit_is_twice_the_worst_of_the_past_in_swings(connection: duckdb.DuckDBPyConnection) -> None:
    moves, gaps = [1.0] * 300, [0.1] * 100 + [0.3] + [0.1] * 198
    assert beyond(connection, moves, [*gaps, MARGIN * 0.3]) == []
    ((gap, limit),) = beyond(connection, moves, [*gaps, MARGIN * 0.3 + 0.01])
    assert (gap, limit) == pytest.approx((0.61, 0.6))


def test_a_wild_month_widens_the_limit_and_the_day_itself_does_not(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = [0.1] * 299 + [0.5]
    assert beyond(connection, [1.0] * 270 + [5.0] * 30, gaps) == []
    assert len(beyond(connection, [1.0] * 299 + [50.0], gaps)) == 1


def test_a_short_history_is_judged_by_the_recorded_worst(connection: duckdb.DuckDBPyConnection) -> None:
    few = FEWEST_SESSIONS - 1
    assert beyond(connection, [1.0] * few, [0.1] * (few - 1) + [SHORT_HISTORY - 0.1]) == []
    assert len(beyond(connection, [1.0] * few, [0.1] * (few - 1) + [SHORT_HISTORY + 0.1])) == 1


def judged(connection: duckdb.DuckDBPyConnection, run: str, day: int, sample: str = "") -> None:
    """Gate 3 looked at a day, and found the sample."""
    connection.execute(
        "insert into work.quality.check_results values (?, 'gate 3', 'the_check', ?, ?, ?)", [run, SESSIONS[day], not sample, sample]
    )


def test_another_day_is_not_judged_before_anything_was_looked_at(connection: duckdb.DuckDBPyConnection) -> None:
    assert beyond(connection, [1.0] * 300, [0.1] * 298 + [9.0, 0.1]) == []


def test_every_day_since_gate_3_last_let_pass_is_judged(connection: duckdb.DuckDBPyConnection) -> None:
    judged(connection, "passed", 297)
    assert [gap for gap, _ in beyond(connection, [1.0] * 300, [0.1] * 298 + [9.0, 0.1])] == [9.0]
    judged(connection, "stopped", 298, f'[{{"session_date": "{SESSIONS[298]}"}}]')
    connection.execute("insert into work.quality.blocked_runs values ('stopped')")
    assert [gap for gap, _ in beyond(connection, [1.0] * 300, [0.1] * 298 + [9.0, 0.1])] == [9.0]
    judged(connection, "accepted", 299)
    assert beyond(connection, [1.0] * 301, [0.1] * 298 + [9.0, 0.1, 0.1]) == []


def test_a_day_that_was_named_once_does_not_widen_the_limit(connection: duckdb.DuckDBPyConnection) -> None:
    moves, gaps = [1.0] * 300, [0.1] * 280 + [9.0] + [0.1] * 18 + [5.0]
    assert beyond(connection, moves, gaps) == []
    judged(connection, "accepted", 280, f'[{{"session_date": "{SESSIONS[280]}"}}]')
    ((gap, limit),) = beyond(connection, moves, gaps)
    assert (gap, limit) == pytest.approx((5.0, 0.2))


def test_however_many_days_were_named_in_one_run_none_of_them_widens_the_limit(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = SAMPLE_ROWS + 4
    moves, gaps = [1.0] * 300, [0.1] * (299 - wrong) + [9.0] * wrong
    judged(connection, "passed", 298 - wrong)
    beyond(connection, moves[:299], gaps)
    found = verdict(connection, Reconciliation("the_check", "pairs_of_the_test", "", "", PAIRS, asks_log=True))
    assert found.failing_rows_n == wrong
    judged(connection, "accepted", 298, _row(found, "the vendor mends it next month").sample)
    ((gap, limit),) = beyond(connection, moves, [*gaps, 5.0])
    assert (gap, limit) == pytest.approx((5.0, 0.2))


def test_every_check_that_asks_which_days_it_named_has_all_of_them_kept() -> None:
    assert {check.name for check in ACROSS if check.asks_log} == {c.name for c in ACROSS if f"check_name = '{c.name}'" in c.sql}
