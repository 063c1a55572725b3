"""Three sessions over the turn of a year: what was published of earlier days stands. Not for the long replay (`make no-repaint`)."""

import itertools
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from worlds import AT_ONCE, DAY_BY_DAY, database

from bench.no_repaint import ends_equal, last_sessions, past

pytestmark = pytest.mark.slow


@pytest.fixture
def files(sample_day_by_day: dict[date, Path]) -> list[Path]:
    return [database(sample_day_by_day[day]) for day in DAY_BY_DAY]


def test_no_published_row_of_an_earlier_day_moves(files: list[Path]) -> None:
    for day, (before, after) in zip(DAY_BY_DAY, itertools.pairwise(files), strict=False):
        compared = past(before, after, day)
        assert {c.table for c in compared} >= {"marts.fct_performance_daily", "marts.fct_rate_sensitivity_monthly", "reference.sessions"}
        assert sum(c.rows_n for c in compared) > 1_000_000
        assert [c for c in compared if c.differences_n] == []


def test_the_end_is_the_build_over_all_of_history(files: list[Path], sample_at_once: Path) -> None:
    compared = ends_equal(files[-1], database(sample_at_once))
    assert {c.table for c in compared} >= {"marts.fct_event_study", "marts.dim_metric", "quality.freshness"}
    assert not any(c.table.startswith("quality.source_") for c in compared)  # logs of runs
    assert [c for c in compared if c.differences_n] == []


@pytest.mark.parametrize(
    ("change", "table", "gone_n", "appeared_n"),
    [
        ("update {} set rsi_14 = 50 where instrument_id = 'R2000' and session_date = date '2020-03-16'", "fct_technicals_daily", 1, 1),
        ("delete from {} where session_date = date '2020-03-16'", "fct_technicals_daily", 27, 0),
        ("insert into {} select * replace (date '1999-01-02' as session_date) from {} limit 1", "fct_rates_daily", 0, 1),
    ],
)
def test_one_moved_row_is_found(files: list[Path], tmp_path: Path, change: str, table: str, gone_n: int, appeared_n: int) -> None:
    before, after = tmp_path / "before.duckdb", tmp_path / "after.duckdb"
    for copy in (before, after):
        shutil.copyfile(files[-1], copy)
        copy.chmod(0o644)
    with duckdb.connect(str(after)) as connection:
        connection.execute(change.format(f"marts.{table}", f"marts.{table}"))
    found = {c.table: (c.gone_n, c.appeared_n) for c in past(before, after, AT_ONCE) if c.differences_n}
    assert set(found) == {f"marts.{table}"}
    assert found[f"marts.{table}"] == (gone_n, appeared_n)


def test_the_sessions_of_the_replay_are_those_of_the_exchange() -> None:
    assert last_sessions(4, date(2026, 1, 2)) == [date(2025, 12, 29), *DAY_BY_DAY]
