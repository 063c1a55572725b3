"""The SQL of the size premium against numpy, on returns made here. Not for its edge cases (dbt unit tests)."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

FIRST_YEAR, YEARS = 1960, 60


@pytest.fixture(scope="module")
def returns() -> pl.DataFrame:
    """Two portfolios and a factor, by month, with annual figures that are the portfolios' compounded ones."""
    random = np.random.default_rng(1926)
    small, large = random.normal(1.0, 6, (YEARS, 12)).round(2), random.normal(0.8, 4, (YEARS, 12)).round(2)
    rows = []
    for y in range(YEARS):
        for m in range(12):
            end = date(FIRST_YEAR + y + m // 11, (m + 1) % 12 + 1, 1) - timedelta(days=1)
            rows.append(("lo30_hi30_value", "monthly", end, small[y, m], large[y, m], small[y, m] - large[y, m]))
            rows.append(("smb", "monthly", end, None, None, small[y, m] - large[y, m]))
        legs = [100 * (np.prod(1 + leg[y] / 100) - 1) for leg in (small, large)]
        year_end = date(FIRST_YEAR + y, 12, 31)
        rows.append(("lo30_hi30_value", "annual", year_end, *legs, legs[0] - legs[1]))
        rows.append(("smb", "annual", year_end, None, None, round(legs[0] - legs[1], 2)))
    frame = pl.DataFrame(rows, schema=["definition", "frequency", "period_end", "small_pct", "large_pct", "premium_pct"], orient="row")
    return frame.with_columns(vintage=pl.lit("202002"), known_on=date(2020, 4, 15), provenance=pl.lit("observed"))


@pytest.fixture(scope="module")
def connection(returns: pl.DataFrame, model_sql: Callable[[str], str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("int_size_returns", returns.to_arrow())
    connection.register("stg_clock__day", pl.DataFrame({"as_of_date": [date(2020, 4, 30)]}).to_arrow())
    for name in ("int_size_premium_years", "fct_size_premium", "fct_size_premium_windows"):
        connection.execute(f"create table {name} as {model_sql(name)}")
    return connection


def _matrix(returns: pl.DataFrame, definition: str, column: str) -> np.ndarray:
    chosen = returns.filter((pl.col("definition") == definition) & (pl.col("frequency") == "monthly")).sort("period_end")
    return chosen[column].to_numpy().reshape(YEARS, 12) / 100


def test_premiums_and_t_statistics_are_those_of_numpy(returns: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> None:
    small, large = _matrix(returns, "lo30_hi30_value", "small_pct"), _matrix(returns, "lo30_hi30_value", "large_pct")
    years = {
        "none": np.prod(1 + small, axis=1) - np.prod(1 + large, axis=1),
        "ex_january": np.prod(1 + small[:, 1:], axis=1) - np.prod(1 + large[:, 1:], axis=1),
    }
    cube = connection.sql("select * from fct_size_premium where definition = 'lo30_hi30_value'").pl()
    assert cube.height > 600
    for row in cube.iter_rows(named=True):
        labels = np.arange(row["start_year"], row["end_year"] + 1)
        values = years["ex_january" if row["excludes"] == "ex_january" else "none"][labels - FIRST_YEAR]
        if row["excludes"] == "ex_1975_1983":
            values = values[(labels < 1975) | (labels > 1983)]
        drawn = values if row["averaging"] == "arithmetic" else np.log1p(values)
        premium = drawn.mean() if row["averaging"] == "arithmetic" else np.expm1(drawn.mean())
        assert row["n_years"] == len(values)
        assert float(row["premium_pct"]) == pytest.approx(100 * premium, abs=0.0000501)
        if len(values) > 1:
            assert float(row["t_stat"]) == pytest.approx(drawn.mean() / (drawn.std(ddof=1) / np.sqrt(len(values))), abs=0.0000501)


@pytest.mark.parametrize("definition", ["smb", "lo30_hi30_value"])
def test_windows_are_those_of_numpy(definition: str, returns: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> None:
    if definition == "smb":
        growth = 1 + _matrix(returns, definition, "premium_pct").ravel()
    else:
        growth = (1 + _matrix(returns, definition, "small_pct").ravel()) / (1 + _matrix(returns, definition, "large_pct").ravel())
    expected = np.lib.stride_tricks.sliding_window_view(growth, 120).prod(axis=1) - 1
    built = connection.sql(
        f"select premium_pct, small_won from fct_size_premium_windows where definition = '{definition}' order by window_end"
    ).pl()
    np.testing.assert_allclose(built["premium_pct"].cast(pl.Float64).to_numpy(), 100 * expected, rtol=0, atol=0.0000501)
    assert built["small_won"].to_list() == (expected > 0).tolist()
