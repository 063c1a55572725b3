"""Fund breadth and Zweig thrusts of the published sample, recomputed from other tables in Polars and plain Python. Not for edge cases (dbt)."""

from pathlib import Path

import polars as pl
import pytest
from worlds import database, rows

pytestmark = pytest.mark.slow


def frame(folder: Path, sql: str, *columns: str) -> pl.DataFrame:
    return pl.DataFrame(rows(database(folder), sql), schema=list(columns), orient="row", infer_schema_length=None)


@pytest.mark.independent("fct_breadth_funds_daily", against="the funds' daily returns compounded")
def test_ratios_of_funds_are_their_daily_returns_compounded(sample_at_once: Path) -> None:
    closes = frame(
        sample_at_once,
        "select instrument_id, session_date, cast(close as double), cast(base_close as double) from marts.fct_performance_daily where horizon = '1d'",
        "fund", "day", "close", "base",
    )  # fmt: skip
    published = frame(
        sample_at_once,
        "select measure, numerator_id, denominator_id, session_date, cast(ratio as double), cast(change_63d_pct as double), cast(ratio_sma_50 as double), "
        "cast(slope_sma_50_20d_pct as double), trend from marts.fct_breadth_funds_daily order by session_date",
        "measure", "one", "other", "day", "ratio", "change", "mean", "slope", "trend",
    )  # fmt: skip
    assert published["measure"].unique().sort().to_list() == ["equal_against_cap", "small_against_large"]
    for (_measure,), found in published.group_by("measure"):
        found = found.sort("day")
        sides = [
            closes.filter(pl.col("fund") == found[side][0]).select("day", growth=pl.col("close") / pl.col("base"))
            for side in ("one", "other")
        ]
        by_hand = (
            sides[0]
            .join(sides[1], on="day", suffix="_other")
            .sort("day")
            .filter(pl.col("day") >= found["day"][0])
            .with_columns(step=pl.when(pl.col("day") == found["day"][0]).then(1.0).otherwise(pl.col("growth") / pl.col("growth_other")))
            .with_columns(ratio=100 * pl.col("step").cum_prod())
            .with_columns(change=100 * (pl.col("ratio") / pl.col("ratio").shift(63) - 1), mean=pl.col("ratio").rolling_mean(50))
            .with_columns(slope=100 * (pl.col("mean") / pl.col("mean").shift(20) - 1))
        )
        assert by_hand["day"].to_list() == found["day"].to_list()
        # Ratios are rounded at 6 places; closes at 6, so thousands of steps compound to a few parts in ten million.
        for column, tolerance in (("ratio", 1e-4), ("change", 2e-4), ("mean", 1e-4), ("slope", 2e-4)):
            assert found[column].is_null().to_list() == by_hand[column].is_null().to_list(), column
            assert (found[column] - by_hand[column]).abs().max() < tolerance, column  # type: ignore[operator]
        signs = found.filter(pl.col("slope").abs() > 2e-4)
        assert signs.filter((pl.col("slope") > 0) != (pl.col("trend") == "rising")).is_empty()


def test_thrusts_are_those_of_an_average_computed_from_the_counts(sample_at_once: Path) -> None:
    sql = "select universe_id, session_date, advances, declines, is_zweig_thrust from marts.fct_breadth_daily where advances + declines > 0 order by all"
    days = frame(sample_at_once, sql, "universe", "day", "advances", "declines", "thrust")
    thrusts = 0
    for (universe,), counted in days.group_by("universe"):
        counted = counted.sort("day")
        shares = (counted["advances"] / (counted["advances"] + counted["declines"])).to_list()
        averages = [sum(shares[:10]) / 10]
        for share in shares[10:]:
            averages.append(averages[-1] + 2 / 11 * (share - averages[-1]))
        is_thrust = [averages[n] > 0.615 >= averages[n - 1] and min(averages[n - 10 : n]) < 0.40 for n in range(10, len(averages))]
        expected: list[bool | None] = [None] * 19 + is_thrust
        assert counted["thrust"].to_list() == expected, universe
        thrusts += sum(bool(e) for e in expected)
    assert thrusts > 0


def test_equal_minus_cap_and_participation_are_differences_and_shares(sample_at_once: Path) -> None:
    wrong = (
        "select * from marts.fct_breadth_daily where equal_minus_cap_pp is distinct from equal_weight_return_pct - cap_weight_return_pct"
    )
    assert rows(database(sample_at_once), wrong) == []
    sectors = frame(
        sample_at_once,
        "select session_date, horizon, cast(return_pct as double), cast(participation_pct as double) from marts.fct_sector_performance_daily",
        "day", "horizon", "moved", "participation",
    )  # fmt: skip
    shares = sectors.group_by("day", "horizon").agg(
        pl.col("participation").first(), up=100 * (pl.col("moved") > 0).sum() / pl.col("moved").is_not_null().sum()
    )
    assert shares.filter(pl.col("participation").is_null() != pl.col("up").is_nan()).is_empty()
    assert (shares["participation"] - shares["up"].fill_nan(None)).abs().max() < 1e-4  # type: ignore[operator]
