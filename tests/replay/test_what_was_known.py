"""What was known when, on what FRED really published: CPI before and after its revisions, with a key and without one."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.assets.landing.batch import Pull, Scope, judge, merge_passed
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources import fred
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.http import Client
from pipelines.sources.interface import Window

pytestmark = pytest.mark.replay
CPI = catalog()["CPIAUCSL"]
THEN, NOW = date(2024, 6, 1), date(2026, 6, 1)


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def land(connection: duckdb.DuckDBPyConnection, replay: Any, tmp_path: Path) -> Any:
    """`land(day, key)`: one pull of CPI as of a day, judged and merged."""

    def pull(day: date, key: str | None) -> dict[str, Any]:
        tokens = {"fred": key} if key else {}
        now = datetime(day.year, day.month, day.day, 22, tzinfo=UTC)
        with (
            replay(day) as provider,
            Client(Archive(tmp_path / "archive"), provider.url, None, 5, 60, 0, now=lambda: now, tokens=tokens) as c,
        ):
            frames = fred.read(CPI, c, Window(None, day))
            scope = Scope(f"run of {day}", day, day, "observed", to_sessions, now)
            counts = {}
            for name in frames:
                batch = judge(connection, contracts()[name], [Pull(CPI, frames, c.receipts)], scope)
                assert all(check.passed for check in batch.checks)
                counts |= {name: merge_passed(connection, batch, set(), scope)[CPI.series_id]}
        return counts

    return pull


def known(connection: duckdb.DuckDBPyConnection, table: str, day: date) -> dict[date, float]:
    return dict(
        connection.execute(f"select observation_date, value from as_known('{table}', '{day}') where series_id = 'CPIAUCSL'").fetchall()
    )


def as_published(world: Path, day: date) -> dict[date, float]:
    """The file FRED sent last before a day."""
    newest = max(p for p in (world / "fred").glob("*/CPIAUCSL.csv") if p.parent.name <= str(day))
    rows = list(csv.reader(newest.open()))[1:]
    return {date.fromisoformat(d): float(v) for d, v in rows if v not in ("", ".")}


def revised(before: dict[date, float], after: dict[date, float]) -> dict[date, tuple[float, float]]:
    return {d: (v, after[d]) for d, v in before.items() if after[d] != v}


def test_cpi_as_known_then_and_now_differs_where_it_was_revised(
    connection: duckdb.DuckDBPyConnection, land: Any, replay_world: Path
) -> None:
    counts = land(NOW, key="any")["fred_vintages"]
    then, now = known(connection, "fred_vintages", THEN), known(connection, "fred_vintages", NOW)
    assert then | as_published(replay_world, THEN) == then, "the file of the time, to the month"
    differing = revised(then, now)
    assert differing == revised(as_published(replay_world, THEN), as_published(replay_world, NOW))
    assert differing[date(2024, 3, 1)] == (312.23, 312.345)
    assert (min(differing), len(differing)) == (date(2020, 1, 1), 51), "seasonal factors are estimated anew for five years back"
    assert max(now) > max(then)
    assert (counts.new_rows, counts.revised_rows) == (len(now), len(differing))


def test_without_a_key_each_pull_is_a_vintage_of_its_own(connection: duckdb.DuckDBPyConnection, land: Any, replay_world: Path) -> None:
    land(date(2024, 5, 28), key=None)
    counts = land(NOW, key=None)["fred_observations"]
    then, now = known(connection, "fred_observations", THEN), known(connection, "fred_observations", NOW)
    assert revised(then, now) == revised(as_published(replay_world, THEN), as_published(replay_world, NOW))
    assert counts.revised_rows == len(revised(then, now))


def test_a_second_pull_of_the_day_brings_nothing_new(connection: duckdb.DuckDBPyConnection, land: Any) -> None:
    land(NOW, key="any")
    again = land(NOW, key="any")["fred_vintages"]
    assert (again.new_rows, again.revised_rows) == (0, 0)
