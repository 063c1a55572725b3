"""Percentiles of the scorecard and the bootstrap of its evidence against what others compute. Not for edge cases (dbt unit tests)."""

import bisect
import math
from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from arch.bootstrap import CircularBlockBootstrap


def test_a_percentile_counts_what_was_known_before_and_half_of_the_ties(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(11)
    days = [date(2000, 1, 3) + timedelta(days=d) for d in range(3_000)]
    values = random.normal(0, 1, len(days)).round(1)
    lags = random.integers(0, 4, len(days))  # so that some are overtaken
    inputs = pl.DataFrame({"component": "a", "input_series": "", "observed_on": days, "raw_value": values, "provenance": "observed"})
    inputs = inputs.with_columns(
        known_on=pl.Series([d + timedelta(days=int(lag)) for d, lag in zip(days, lags, strict=True)]),
        raw_value=pl.col("raw_value").cast(pl.Decimal(18, 6)),
    )
    with duckdb.connect() as connection:
        connection.register("int_scorecard_inputs", inputs.to_arrow())
        connection.execute("create table scorecard_components as select 'a' as component, 10 as stale_after_days")
        built = {row["known_on"]: row for row in connection.sql(model_sql("int_scorecard_percentiles")).pl().iter_rows(named=True)}
    held: list[float] = []
    expected: dict[date, tuple[date, float]] = {}
    newest = date.min
    for row in inputs.sort("known_on", "observed_on").iter_rows(named=True):
        value = float(row["raw_value"])
        bisect.insort(held, value)
        if row["observed_on"] > newest:
            newest = row["observed_on"]
            middle = (bisect.bisect_left(held, value) + bisect.bisect_right(held, value)) / 2
            expected[row["known_on"]] = (newest, 100 * middle / len(held))
    assert list(built) == sorted(expected)
    for known_on, (observed_on, percentile) in expected.items():
        assert built[known_on]["observed_on"] == observed_on
        assert float(built[known_on]["percentile"]) == pytest.approx(percentile, abs=0.0000501)


@pytest.mark.parametrize(("horizon", "months", "block"), [("1m", 1, 12), ("12m", 12, 24)])
def test_intervals_are_those_of_another_circular_block_bootstrap(
    model_sql: Callable[[str], str], horizon: str, months: int, block: int
) -> None:
    """Ours has 1,000 draws, theirs 20,000. The share of theirs under our 2.5th percentile has a binomial error, and that is all it may
    differ from 2.5 percent by: four standard deviations."""
    random = np.random.default_rng(7)
    n, draws, others = 400, 1_000, 20_000
    noise = random.normal(0, 2, n + months)
    excess = np.array([noise[i : i + months].sum() for i in range(n)]).round(4)  # overlapping, as the windows are
    score = np.clip(50 + np.cumsum(random.normal(0, 9, n)) % 100 - 50, 0, 99.99)
    quintile = (score // 20).astype(int) + 1
    sampled = pl.DataFrame(
        {
            "component": "a",
            "horizon": horizon,
            "horizon_months": months,
            "month_no": range(1, n + 1),
            "quintile": quintile,
            "excess_pp": excess,
        }
    ).with_columns(pl.col("excess_pp").cast(pl.Decimal(18, 4)))
    with duckdb.connect() as connection:
        connection.register("int_scorecard_months", sampled.to_arrow())
        ours = connection.sql(model_sql("int_scorecard_draws")).pl()
    assert ours.height == draws

    def means(sample: np.ndarray) -> np.ndarray:
        by_fifth = [sample[sample[:, 1] == q, 0] for q in range(1, 6)]
        found = [x.mean() if len(x) else np.nan for x in by_fifth]
        return np.array([*found, found[4] - found[0]])

    theirs = CircularBlockBootstrap(block, np.column_stack([excess, quintile]), seed=1).apply(means, others)
    for column, name in enumerate(["mean_1", "mean_2", "mean_3", "mean_4", "mean_5", "spread"]):
        own, other = ours[name].drop_nulls().to_numpy(), theirs[:, column]
        other = other[~np.isnan(other)]
        for p in (0.025, 0.5, 0.975):
            error = math.sqrt(p * (1 - p) * (1 / len(own) + 1 / len(other)))
            assert abs((other < np.quantile(own, p)).mean() - p) < 4 * error, (name, p)


def test_draws_do_not_depend_on_threads_or_on_the_order_of_rows(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(3)
    sampled = pl.DataFrame(
        {
            "component": "a", "horizon": "3m", "horizon_months": 3, "month_no": range(1, 121),
            "quintile": random.integers(1, 6, 120), "excess_pp": random.normal(0, 3, 120).round(4),
        }
    ).with_columns(pl.col("excess_pp").cast(pl.Decimal(18, 4)))  # fmt: skip
    found = []
    for threads, frame in ((1, sampled), (4, sampled.sample(fraction=1, shuffle=True, seed=5))):
        with duckdb.connect() as connection:
            connection.execute(f"set threads = {threads}")
            connection.register("int_scorecard_months", frame.to_arrow())
            found.append(connection.sql(model_sql("int_scorecard_draws")).pl())
    assert found[0].equals(found[1])
