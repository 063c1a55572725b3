"""From the sums of each session to the published breadth table, in pandas: shares, lines, averages. Not for companies (pandas_side.py)."""

import numpy as np
import pandas as pd


def published(days: pd.DataFrame) -> pd.DataFrame:
    """One row a universe and session."""
    days = days.astype({"universe_id": str}).sort_values(["universe_id", "session_date"], ignore_index=True)
    return pd.concat([_of_universe(part) for _, part in days.groupby("universe_id")], ignore_index=True)


def _of_universe(days: pd.DataFrame) -> pd.DataFrame:
    days = days.reset_index(drop=True)
    net, moved = days["advances"] - days["declines"], days["advances"] + days["declines"]
    days["advance_decline_line"] = net.cumsum()
    counts = moved > 0
    rana = (1000.0 * net / moved)[counts]
    oscillator = seeded(rana, 19, 0.10) - seeded(rana, 39, 0.05)
    days["rana"], days["mcclellan_oscillator"], days["mcclellan_summation"] = rana, oscillator, oscillator.cumsum()
    days["zweig_ema_10"] = seeded((days["advances"] / moved)[counts], 10, 2 / 11)
    days["is_zweig_thrust"] = thrusts(days["zweig_ema_10"].dropna().round(6))
    for window in ("50", "200"):
        days[f"pct_above_sma_{window}"] = 100.0 * days[f"above_{window}_n"] / days[f"eligible_{window}_n"].replace(0, np.nan)
    extremes = days["new_highs_252d"] + days["new_lows_252d"]
    days["record_high_pct"] = 100.0 * days["new_highs_252d"] / extremes.where(extremes > 0)
    days["high_low_index"] = days["record_high_pct"].dropna().rolling(10).mean()
    is_eligible = days["eligible_252_n"] > 0
    days["new_highs_252d"], days["new_lows_252d"] = days["new_highs_252d"].where(is_eligible), days["new_lows_252d"].where(is_eligible)
    is_priced = days["returned_n"] > 0
    days["equal_weight_return_pct"] = 100 * days["returned"] / days["returned_n"].where(is_priced)
    days["cap_weight_return_pct"] = 100 * days["drifted_return"] / days["drifted"].where(is_priced)
    days["equal_minus_cap_pp"] = days["equal_weight_return_pct"] - days["cap_weight_return_pct"]
    days["weight_covered_pct"] = days["weight_covered_pct"].where(is_priced)
    return days


def seeded(values: pd.Series, length: int, alpha: float) -> pd.Series:
    """An exponential average that begins with the mean of its first values."""
    begun = values.copy()
    begun.iloc[: length - 1] = np.nan
    begun.iloc[length - 1] = values.iloc[:length].mean()
    return begun.ewm(alpha=alpha, adjust=False, ignore_na=True).mean()


def thrusts(average: pd.Series) -> pd.Series:
    """Where the average rises above 0.615 within ten sessions of one below 0.40; unknown until ten are there."""
    before = average.shift()
    lowest = before.rolling(10).min()
    return ((average > 0.615) & (before <= 0.615) & (lowest < 0.40)).astype("boolean").mask(lowest.isna())
