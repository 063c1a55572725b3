"""A company that triples is real, a split nobody told is not: what tells them apart is the money that changes hands."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.assets.landing.derive import Surroundings, derive
from pipelines.contracts import contracts
from pipelines.sources.exchange import to_sessions

BARS = contracts()["drop_bars"]
DAYS = [date(2025, 10, 1) + timedelta(days=n) for n in range(30)]


def judged(closes: list[float], volumes: list[float | None], held: int = 0, days: list[date] | None = None) -> list[bool]:
    """What the check says of each bar of the batch; the first `held` ones are in the warehouse already."""
    days = days or DAYS
    rows = pl.DataFrame(
        {
            "_series": "file",
            "collection": "R2000",
            "symbol": "AAA",
            "session_date": days[: len(closes)],
            "close": closes,
            "volume": volumes,
        },
        schema_overrides={"close": pl.Float64, "volume": pl.Int64},
        strict=False,
    ).with_columns(open="close", high="close", low="close", price_basis=pl.lit("raw"))
    before = rows.head(held).select("_series", "collection", "symbol", "close", "volume", _date="session_date")
    nothing = pl.DataFrame(schema={"_series": pl.String, "action_date": pl.Date, "value": pl.Float64})
    around = Surroundings({}, pl.DataFrame(), before, nothing, pl.DataFrame(), to_sessions)
    return derive(rows.tail(rows.height - held), BARS, around)["_is_traded_move"].to_list()


CALM, USUAL = [10.0] * 25, [1_000_000.0] * 25


def test_a_biotech_that_triples_on_forty_times_its_volume_passes() -> None:
    assert all(judged([*CALM, 30.0], [*USUAL, 40_000_000]))


def test_one_that_loses_four_fifths_on_ten_times_its_volume_passes() -> None:
    assert all(judged([*CALM, 2.0], [*USUAL, 10_000_000]))


@pytest.mark.parametrize("factor", [2, 10, 12, 25, 100])
def test_a_reverse_split_that_was_missed_is_seen(factor: int) -> None:
    found = judged([*CALM, 10.3 * factor, 10.1 * factor], [*USUAL, 1_200_000 / factor, 900_000 / factor])
    assert found == [True] * 25 + [False, True]  # on its own day: from then on the bars are in one unit


@pytest.mark.parametrize("factor", [1.5, 2, 3, 20])
def test_a_split_that_was_missed_is_seen(factor: float) -> None:
    assert not all(judged([*CALM, 9.9 / factor], [*USUAL, 1_100_000 * factor]))


@pytest.mark.parametrize("held", [24, 25])
def test_the_usual_money_is_told_from_what_is_held_too(held: int) -> None:
    assert judged([*CALM, 100.0], [*USUAL, 100_000], held)[-1] is False
    assert judged([*CALM, 100.0], [*USUAL, 10_000_000], held)[-1] is True


def test_a_smaller_move_without_volume_or_history_cannot_be_told() -> None:
    assert all(judged([*CALM, 14.0], [*USUAL, 100_000]))
    assert all(judged([*CALM, 100.0], [None] * 26))
    assert all(judged([10.0, 10.0, 100.0], [1_000_000, 1_000_000, 100_000]))


def test_a_symbol_that_comes_back_after_weeks_is_another_story() -> None:
    days = [*DAYS[:25], DAYS[24] + timedelta(days=60)]
    assert all(judged([*CALM, 100.0], [*USUAL, 100_000], days=days))
