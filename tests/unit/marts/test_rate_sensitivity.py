"""The SQL of the rate sensitivity against the textbook's matrices, on series made here. Not for its edge cases (dbt unit tests)."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

WEEKS = 260
LAGS = 4


def _newey_west(change: np.ndarray, excess: np.ndarray) -> tuple[float, float, float]:
    """Slope, its error and R², by (X'X)^-1 S (X'X)^-1 with Bartlett weights [Newey and West 1987]."""
    x = np.column_stack([np.ones_like(change), change])
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ x.T @ excess
    residuals = excess - x @ coefficients
    scores = x * residuals[:, None]
    meat = scores.T @ scores
    for lag in range(1, LAGS + 1):
        together = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (LAGS + 1)) * (together + together.T)
    explained = 1 - residuals @ residuals / np.sum((excess - excess.mean()) ** 2)
    return float(coefficients[1]), float(np.sqrt((bread @ meat @ bread)[1, 1])), float(explained)


def test_the_slope_and_its_error_are_those_of_the_textbook(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(104)
    friday = date(2015, 1, 2)
    fridays = [friday + timedelta(weeks=w) for w in range(WEEKS)]
    yields = (4 + np.cumsum(random.normal(0, 0.1, WEEKS))).round(2)
    noise = random.normal(0, 1, WEEKS)
    excess = -1.5 * np.diff(yields, prepend=yields[0]) + noise + 0.6 * np.roll(noise, 1)
    weeks = pl.DataFrame(
        {
            "small_id": "S",
            "large_id": "L",
            "price_basis": "price",
            "week_start": [day - timedelta(days=4) for day in fridays],
            "week_end": fridays,
            "excess_pp": excess,
            "provenance": "derived",
        }
    )
    rates = pl.DataFrame(
        {
            "series_id": "DGS2",
            "observation_date": fridays,
            "value": yields,
            "known_on": [day + timedelta(days=3) for day in fridays],
            "provenance": "observed",
        }
    )
    sessions = pl.DataFrame({"session_date": fridays})
    clock = pl.DataFrame({"as_of_date": [fridays[-1]], "session_date": [fridays[-1]]})
    with duckdb.connect() as connection:
        for name, frame in {
            "int_pair_weeks": weeks,
            "int_fred_first_known": rates,
            "int_sessions": sessions,
            "stg_clock__day": clock,
        }.items():
            connection.register(name, frame.to_arrow())
        built = connection.sql(model_sql("fct_rate_sensitivity_monthly")).pl().filter(pl.col("beta").is_not_null())
    assert built.height > 30
    for row in built.iter_rows(named=True):
        last = max(w for w in range(WEEKS) if fridays[w] + timedelta(days=3) <= row["month_end"])
        used = np.arange(max(last - 103, 1), last + 1)
        assert row["n"] == len(used)
        expected = _newey_west(np.diff(yields)[used - 1], excess[used])
        np.testing.assert_allclose([float(row[c]) for c in ("beta", "standard_error", "r_squared")], expected, rtol=0, atol=0.0000501)
