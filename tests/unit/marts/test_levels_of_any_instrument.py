"""A ladder of levels for another instrument is rows of a seed: the models, given such rows, against a walk through the closes in plain Python."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from worlds import work_file

pytestmark = pytest.mark.slow
LADDER = (("SPY", 500), ("SPY", 600), ("QQQ", 400), ("SP500", 6000))


def walked(closes: Iterable[tuple[date, float]], level: float) -> list[tuple[date, str, int, date | None]]:
    """State, closes in a row above and last break, one session after the other, by the definition in docs/method/technicals.md."""
    found = []
    before: float | None = None
    held, broke_on, since_break, failed = 0, None, 0, False
    for day, close in closes:
        since_break += 1
        if close > level:
            if before is not None and before <= level:
                broke_on, since_break = day, 0
            held, failed = held + 1, False
        else:
            held = 0
            failed = failed or (close < level and broke_on is not None and since_break <= 10)
        if failed:
            state = "failed"
        elif held >= 3:
            state = "above"
        elif held > 0 or 100 * abs(close - level) <= level:
            state = "testing"
        else:
            state = "below"
        found.append((day, state, held, broke_on))
        before = close
    return found


def test_a_ladder_of_any_instrument_is_rows_of_the_seed(sample_at_once: Path, model_sql: Callable[[str], str]) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{work_file(sample_at_once)}' as work (read_only)")
        for table in ("int_full_bars_daily", "int_volumes_daily"):
            connection.execute(f"create view {table} as from work.intermediate.{table}")
        connection.execute("create table levels (instrument_id varchar, level decimal(18, 6), stated_on date, note varchar)")
        connection.executemany("insert into levels values (?, ?, date '2026-01-02', 'a step of the ladder')", LADDER)
        connection.execute("create table int_level_runs_daily as " + model_sql("int_level_runs_daily"))
        connection.execute("create table fct_levels_daily as " + model_sql("fct_levels_daily"))
        assert connection.execute("select distinct instrument_id, level from fct_levels_daily order by all").fetchall() == sorted(LADDER)
        states = set()
        for instrument, level in LADDER:
            bars = connection.execute(
                "select session_date, close, split_factor from int_full_bars_daily where instrument_id = ? order by session_date",
                [instrument],
            ).fetchall()
            # Closes are comparable through splits; the levels are stated in shares of the last day.
            closes = [(day, linked / bars[-1][2]) for day, linked, _ in bars]
            built = connection.execute(
                "select session_date, state, sessions_held, broke_on from fct_levels_daily where instrument_id = ? and level = ? order by 1",
                [instrument, level],
            ).fetchall()
            assert built == walked(closes, level), (instrument, level)
            states |= {state for _, state, *_ in built}
        assert states == {"above", "below", "failed", "testing"}
