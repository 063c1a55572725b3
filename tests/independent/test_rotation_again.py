"""The rotation of pairs by numpy's windows, and the cycles of leadership by a loop over French's months. Not for returns by horizon."""

import numpy as np
import polars as pl
import pytest
from markets import Market, assert_close
from numpy.lib.stride_tricks import sliding_window_view

pytestmark = pytest.mark.slow
LEAST_GAIN, LEAST_MONTHS = 1.25, 24


def _trailing(values: np.ndarray, n: int, of: str) -> np.ndarray:
    """A statistic of the last n values; empty until there are n."""
    warm_up = np.full(min(n - 1, len(values)), np.nan)
    if len(values) < n:
        return warm_up
    return np.concatenate([warm_up, getattr(sliding_window_view(values, n), of)(axis=1)])


@pytest.mark.independent("fct_rotation_daily", against="numpy: trailing means, drawdown, covariance over 252 daily returns")
def test_rotation_is_what_windows_of_numpy_give(market: Market) -> None:
    held = market.mart("select * from marts.fct_rotation_daily")
    for small_id, large_id, basis in market.pairs:
        what = f"{small_id}/{large_id}"
        found = held.filter((pl.col("small_id") == small_id) & (pl.col("large_id") == large_id)).sort("session_date")
        both = market.pair(small_id, large_id, basis)
        assert found["session_date"].to_list() == both["session_date"].to_list(), what
        small, large = both["small"].to_numpy(), both["large"].to_numpy()
        strength = 100 * (small / large) / (small[0] / large[0])
        ratio = 100 * strength / _trailing(strength, 252, "mean")
        momentum = 100 * ratio / _trailing(ratio, 63, "mean")
        assert_close(found["rs_ratio"], ratio, 5.1e-7, f"{what} ratio")
        assert_close(found["rs_momentum"], momentum, 2e-6, f"{what} momentum")
        trend = _trailing(strength, 50, "mean")
        slope = (trend / np.concatenate([np.full(20, np.nan), trend])[: len(trend)] - 1) * 100
        assert_close(found["rs_slope_50_20d_pct"], slope, 5.1e-5, f"{what} slope")
        assert_close(found["drawdown_pct"], (strength / np.maximum.accumulate(strength) - 1) * 100, 5.1e-5, f"{what} drawdown")
        _assert_quadrants(found, what)
        _assert_betas(found, small[1:] / small[:-1] - 1, large[1:] / large[:-1] - 1, what)


def _assert_quadrants(found: pl.DataFrame, what: str) -> None:
    names = {(True, True): "leading", (True, False): "weakening", (False, False): "lagging", (False, True): "improving"}
    told = found.drop_nulls("rs_momentum")
    wanted = [names[r >= 100, m >= 100] for r, m in told.select("rs_ratio", "rs_momentum").rows()]
    assert told["quadrant"].to_list() == wanted, what
    assert found["quadrant"].null_count() == found.height - told.height


def _assert_betas(found: pl.DataFrame, small: np.ndarray, large: np.ndarray, what: str) -> None:
    s, g = sliding_window_view(small, 252), sliding_window_view(large, 252)
    s, g = s - s.mean(axis=1, keepdims=True), g - g.mean(axis=1, keepdims=True)
    together, of_small, of_large = (s * g).sum(axis=1), (s * s).sum(axis=1), (g * g).sum(axis=1)
    warm_up = np.full(252, np.nan)
    assert_close(found["beta_252d"], np.concatenate([warm_up, together / of_large]), 1e-6, f"{what} beta")
    correlation = together / np.sqrt(of_small * of_large)
    assert_close(found["correlation_252d"], np.concatenate([warm_up, correlation]), 1e-6, f"{what} correlation")


def _turns(strength: list[float]) -> list[tuple[int, int]]:
    """Turning points (month, direction): small's legs rise and large's fall by the least gain over the least months."""
    found: list[tuple[int, int]] = []
    low = high = 0
    direction = 0
    for n in range(1, len(strength)):
        now = strength[n]
        new_high, new_low = now >= strength[high], now <= strength[low]
        if direction <= 0 and new_high and n - low >= LEAST_MONTHS and now >= strength[low] * LEAST_GAIN:
            found.append((low, 1))
            direction, low, high = 1, n, n
        elif direction >= 0 and new_low and n - high >= LEAST_MONTHS and strength[high] >= now * LEAST_GAIN:
            found.append((high, -1))
            direction, low, high = -1, n, n
        elif (direction == 1 and new_high) or (direction == -1 and new_low):
            low = high = n
        else:
            low, high = (n if new_low else low), (n if new_high else high)
    return found


@pytest.mark.independent("fct_leadership_cycles", against="a loop over French's monthly portfolios, compounded by numpy")
def test_leadership_changes_where_a_reader_of_the_months_would_see_it(market: Market) -> None:
    raw = market.raw("french_returns", "dataset", "vintage", "frequency", "weighting", "period_end", "portfolio")
    raw = raw.filter(
        (pl.col("dataset") == "Portfolios_Formed_on_ME") & (pl.col("frequency") == "monthly") & (pl.col("weighting") == "value")
    )
    raw = raw.filter(pl.col("vintage") == raw["vintage"].max())
    months = raw.pivot(on="portfolio", index="period_end", values="value").sort("period_end").select("period_end", "Lo 30", "Hi 30")
    small, large = (np.concatenate([[1.0], np.cumprod(1 + months[c].to_numpy() / 100)]) for c in ("Lo 30", "Hi 30"))
    ends = [None, *months["period_end"].to_list()]
    turns = _turns((small / large).tolist())
    held = market.mart("select * from marts.fct_leadership_cycles order by cycle_no")
    assert [(r["start_date"] if r["start_date"] in ends else None, r["leader"]) for r in held.iter_rows(named=True)] == [
        (ends[n], "small" if direction == 1 else "large") for n, direction in turns
    ]
    last = len(small) - 1
    for row, (start, _), end in zip(held.iter_rows(named=True), turns, [*(n for n, _ in turns[1:]), last], strict=True):
        assert row["months"] == end - start
        assert row["measured_to"] == ends[end]
        wanted = [(leg[end] / leg[start] - 1) * 100 for leg in (small, large)]
        assert_close(np.array([row["small_pct"], row["large_pct"]]), np.array(wanted), 5.1e-5, str(row))
        assert row["excess_pp"] == pytest.approx(wanted[0] - wanted[1], abs=1.1e-4)
