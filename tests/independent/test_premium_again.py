"""The size premium recomputed from French's files by numpy and scipy, and the values that were published. Not for its SQL on made-up years."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from markets import Market, assert_close
from scipy import stats

pytestmark = pytest.mark.slow
LEGS = {"lo30_hi30": ("Lo 30", "Hi 30"), "lo10_hi10": ("Lo 10", "Hi 10")}
DEFINITIONS = ("smb", *(f"{legs}_{weighting}" for legs in LEGS for weighting in ("value", "equal")))


def _returns(market: Market, definition: str, frequency: str) -> pl.DataFrame:
    """Small, large (none for the factor) and premium by period of the newest vintage, in percent."""
    raw = market.raw("french_returns", "dataset", "vintage", "frequency", "weighting", "period_end", "portfolio")
    raw = raw.filter(pl.col("frequency") == frequency).sort("period_end")
    if definition == "smb":
        rows = raw.filter((pl.col("dataset") == "F-F_Research_Data_Factors") & (pl.col("portfolio") == "SMB"))
        rows = rows.filter(pl.col("vintage") == rows["vintage"].max())
        return rows.select("period_end", small=pl.lit(None, pl.Float64), large=pl.lit(None, pl.Float64), premium="value")
    legs, weighting = definition.rsplit("_", 1)
    rows = raw.filter((pl.col("dataset") == "Portfolios_Formed_on_ME") & (pl.col("weighting") == weighting))
    rows = rows.filter(pl.col("vintage") == rows["vintage"].max()).pivot(on="portfolio", index="period_end", values="value")
    small, large = LEGS[legs]
    return rows.select("period_end", small=small, large=large, premium=pl.col(small) - pl.col(large)).drop_nulls()


def _compounded(months: pl.DataFrame, *, january: bool) -> dict[int, float]:
    """Years of twelve months, compounded; without January the other eleven."""
    found = {}
    for (year,), rows in months.group_by(pl.col("period_end").dt.year(), maintain_order=True):
        if rows.height == 12:
            kept = rows if january else rows.filter(pl.col("period_end").dt.month() > 1)
            growth = {c: float(np.prod(1 + kept[c].to_numpy() / 100)) for c in ("small", "large", "premium") if kept[c].null_count() == 0}
            found[int(str(year))] = 100 * (growth["small"] - growth["large"] if "small" in growth else growth["premium"] - 1)
    return found


@pytest.fixture(scope="module")
def years(market: Market) -> dict[tuple[str, str], dict[int, float | None]]:
    """Premium by definition, exclusion and year; none where the year is left out."""
    found: dict[tuple[str, str], dict[int, float | None]] = {}
    for definition in DEFINITIONS:
        annual = _returns(market, definition, "annual")
        published = dict(zip(annual["period_end"].dt.year().to_list(), annual["premium"].to_list(), strict=True))
        found[definition, "none"] = published
        found[definition, "ex_1975_1983"] = {y: None if 1975 <= y <= 1983 else v for y, v in published.items()}
        found[definition, "ex_january"] = dict(_compounded(_returns(market, definition, "monthly"), january=False))
    return found


@pytest.mark.independent("fct_size_premium", against="numpy means and scipy.stats.ttest_1samp over French's annual figures")
def test_the_cube_is_what_scipy_makes_of_the_files(market: Market, years: dict[tuple[str, str], dict[int, float | None]]) -> None:
    cube = market.mart("select * from marts.fct_size_premium where is_newest_vintage")
    assert set(cube["definition"]) == set(DEFINITIONS)
    for row in cube.iter_rows(named=True):
        by_year = years[row["definition"], row["excludes"]]
        values = [v for y in range(row["start_year"], row["end_year"] + 1) if (v := by_year[y]) is not None]
        assert row["n_years"] == len(values), row
        assert (row["premium_pct"], row["t_stat"]) == _premium(values, row["averaging"]), row
    for (definition, excludes), by_year in years.items():
        whole = cube.filter((pl.col("definition") == definition) & (pl.col("excludes") == excludes) & (pl.col("span") == "full"))
        assert whole["start_year"].unique().to_list() == [min(by_year)]
        assert whole["end_year"].max() == max(by_year)


def _premium(values: list[float], averaging: str) -> tuple[Any, Any]:
    if averaging == "geometric" and min(values) <= -100:
        return None, None
    drawn = np.array(values) if averaging == "arithmetic" else np.log1p(np.array(values) / 100)
    mean = float(drawn.mean()) if averaging == "arithmetic" else 100 * math.expm1(drawn.mean())
    t_stat = float(stats.ttest_1samp(drawn, 0).statistic) if len(drawn) > 1 else None
    return pytest.approx(mean, abs=5.1e-5), t_stat if t_stat is None else pytest.approx(t_stat, abs=5.1e-5)


@pytest.mark.independent("fct_size_premium_windows", against="numpy: products over sliding windows of 120 months")
@pytest.mark.independent("fct_size_premium_win_rate", against="numpy: the share of those windows above one")
def test_windows_and_win_rates_are_those_of_numpy(market: Market) -> None:
    windows = market.mart("select * from marts.fct_size_premium_windows")
    rates = market.mart("select * from marts.fct_size_premium_win_rate where is_newest_vintage")
    for definition in DEFINITIONS:
        months = _returns(market, definition, "monthly")
        growth = {c: 1 + months[c].to_numpy() / 100 for c in ("small", "large", "premium") if months[c].null_count() == 0}
        over = {c: np.lib.stride_tricks.sliding_window_view(g, 120).prod(axis=1) for c, g in growth.items()}
        premium = over["small"] / over["large"] if "small" in over else over["premium"]
        found = windows.filter(pl.col("definition") == definition)
        found = found.filter(pl.col("vintage") == found["vintage"].max()).sort("window_end")
        ends = months["period_end"].to_list()[119:]
        assert found["window_end"].to_list() == ends, definition
        assert_close(found["premium_pct"], 100 * (premium - 1), 5.1e-5, definition)
        assert found["small_won"].to_list() == (premium > 1).tolist(), definition
        if "small" in over:
            assert_close(found["small_pct"], 100 * (over["small"] - 1), 5.1e-5, definition)
            assert_close(found["large_pct"], 100 * (over["large"] - 1), 5.1e-5, definition)
        wins = np.cumsum(premium > 1)
        told = rates.filter(pl.col("definition") == definition).sort("last_window_end")
        shown = [n for n, end in enumerate(ends) if end.month == 12 or n == len(ends) - 1]
        assert told["last_window_end"].to_list() == [ends[n] for n in shown]
        assert_close(told["win_rate_pct"], np.array([100 * wins[n] / (n + 1) for n in shown]), 5.1e-5, definition)
        assert_close(told["independent_n"], np.array([(n + 120) / 120 for n in shown]), 5.1e-5, definition)
