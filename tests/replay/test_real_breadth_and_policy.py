"""Fund breadth, thrusts, stance and the cookbook on recorded real input. Not for the sample, nor for what other replay tests hold."""

import csv
import gzip
from datetime import date
from pathlib import Path

import pytest
from recorded import REPLAY
from worlds import database, rows

from pipelines.report.recipes import recipes
from pipelines.resources import warehouse

pytestmark = [pytest.mark.replay, pytest.mark.slow]
FRIDAY = date(2026, 1, 9)


def adjusted_closes_of(symbol: str) -> dict[str, float]:
    with gzip.open(REPLAY / "world" / "yahoo" / f"{symbol}.csv.gz", "rt", newline="") as handle:
        return {row["date"]: float(row["adjclose"]) for row in csv.DictReader(handle) if row["date"] <= str(FRIDAY)}


def test_ratios_of_funds_are_those_of_the_recorded_adjusted_closes(replayed: dict[date, Path]) -> None:
    """Some recorded funds have adjusted closes only, so both sides stand as total returns: splits and dividends are in them."""
    for measure, one, other in (("equal_against_cap", "RSP", "SPY"), ("small_against_large", "IWM", "SPY")):
        columns = "session_date, cast(ratio as double), cast(change_63d_pct as double), price_basis"
        sql = f"select {columns} from marts.fct_breadth_funds_daily where measure = '{measure}' order by 1"
        found = rows(database(replayed[FRIDAY], "live"), sql)
        numerators, denominators = adjusted_closes_of(one), adjusted_closes_of(other)
        days = sorted(numerators.keys() & denominators.keys())
        quotients = [numerators[d] / denominators[d] for d in days]
        assert [str(r[0]) for r in found] == days
        assert {r[3] for r in found} == {"total_return"}
        for n, (_, ratio, change, _) in enumerate(found):
            assert abs(ratio - 100 * quotients[n] / quotients[0]) < 1e-4  # adjusted closes have six places
            assert (change is None) == (n < 63)
            assert change is None or abs(change - 100 * (quotients[n] / quotients[n - 63] - 1)) < 1e-4


def test_the_thrust_of_april_2025_is_found(replayed: dict[date, Path]) -> None:
    """Reported for the New York Stock Exchange on 2025-04-24; the recorded large companies say the same."""
    sql = "select session_date from marts.fct_breadth_daily where universe_id = 'SP500' and is_zweig_thrust and year(session_date) = 2025"
    assert (date(2025, 4, 24),) in rows(database(replayed[FRIDAY], "live"), sql)


def test_policy_was_on_hold_until_the_cuts_of_2025(replayed: dict[date, Path]) -> None:
    sql = "select distinct stance, stance_since from marts.fct_policy_stance_daily where session_date >= date '2025-06-18' order by stance_since"
    found = rows(database(replayed[FRIDAY], "live"), sql)
    assert found == [("easing", date(2024, 9, 19)), ("hold", date(2025, 6, 20)), ("easing", date(2025, 9, 18))]
    columns = "stance, consecutive_moves, cumulative_bp, lower_pct, upper_pct, next_meeting_date"
    last = f"select {columns} from marts.fct_policy_stance_daily order by session_date desc limit 1"
    ((stance, moves, run, lower, upper, following),) = rows(database(replayed[FRIDAY], "live"), last)
    assert (stance, moves, float(run), float(lower), float(upper), following) == ("easing", 3, -75.0, 3.5, 3.75, date(2026, 1, 28))


def test_the_cookbook_answers_on_real_input(replayed: dict[date, Path]) -> None:
    """Only the discount has no answer: nobody gave valuations of both sides."""
    silent = []
    with warehouse.read_only(database(replayed[FRIDAY], "live")) as connection:
        for recipe in recipes():
            answer = connection.sql(recipe.sql).pl()
            assert answer.columns == recipe.columns
            silent += [recipe.question] if answer.is_empty() else []
    assert [q.split(".")[0] for q in silent] == ["3"]
