"""A monthly composite since 1871 in the manner of Shiller's, simulated. Not for the workbook's form (wire_files.py)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.sample.calendar import SAMPLE_END, SAMPLE_START, Days, calendar, month_ends
from pipelines.sample.chance import Floats, ar1, bridged, stream, unit_ar1
from pipelines.sample.rates import Observations

FIRST_MONTH = date(1871, 1, 31)


@dataclass(frozen=True)
class Composite:
    """One row a month, every column known in the end; what a day knows is cut by the reader of this."""

    months: Days
    price: Floats
    dividend: Floats
    earnings: Floats
    cpi: Floats
    long_rate: Floats
    cape: Floats


def composite(seed: int, large_close: Floats, cpi: Observations, ten_years: Observations) -> Composite:
    """Chance before the market's first day, monthly means of its large-cap index since."""
    random = stream(seed, "composite")
    months = month_ends(FIRST_MONTH, SAMPLE_END)
    n, days = len(months), calendar().days
    month_of = days.astype("datetime64[M]")
    own = np.flatnonzero(months >= np.datetime64(SAMPLE_START))
    bounds = np.searchsorted(month_of, months[own].astype("datetime64[M]"))
    means = np.add.reduceat(large_close, bounds) / np.diff(np.append(bounds, len(days)))
    old = np.cumsum(0.045 * unit_ar1(random, own[0] + 1, 0.2))
    log_price = np.concatenate([bridged(old, {0: np.log(4.6), own[0]: np.log(means[0])})[:-1], np.log(means)])
    prices = np.interp(np.arange(own[0]), [0, 480, 900, own[0]], np.log([12.5, 13.0, 26.0, cpi.values[0]]))
    known = np.interp(np.arange(len(own)), np.flatnonzero(~np.isnan(cpi.values)), cpi.values[~np.isnan(cpi.values)])
    level = np.round(np.concatenate([np.exp(prices + 0.01 * unit_ar1(random, own[0], 0.97)), known]), 3)
    old_rate = np.interp(np.arange(own[0]), [0, 840, 1200, 1330, own[0]], [5.3, 2.5, 5.0, 13.0, 9.0])
    rate = np.concatenate([old_rate, _monthly(ten_years, months[own])])
    # Earnings follow the slow part of prices; what is left is mood, and the multiple.
    slow = ar1(0.05 * log_price, 0.95) + 0.95 ** np.arange(1, n + 1) * log_price[0]
    mood = ar1(unit_ar1(random, n, 0.9) * 0.15, 0.9)
    multiple = np.interp(np.arange(n), [0, 1300, 1500, n], np.log([14.0, 13.0, 18.0, 20.0])) + 0.16 * mood
    earnings = np.exp(slow - multiple)
    dividend = ar1(0.08 * earnings, 0.92) * np.interp(np.arange(n), [0, 1300, n], [0.7, 0.5, 0.33])
    real = earnings / level
    sums = np.concatenate([[0.0], np.cumsum(real)])
    decade = np.full(n, np.nan)
    decade[120:] = (sums[120:n] - sums[: n - 120]) / 120
    return Composite(months, np.exp(log_price), dividend, earnings, level, rate, (np.exp(log_price) / level) / decade)


def _monthly(daily: Observations, ends: Days) -> Floats:
    """Mean of each month's values that are there."""
    good = ~np.isnan(daily.values)
    sums = np.concatenate([[0.0], np.cumsum(daily.values[good])])
    high = np.searchsorted(daily.days[good], ends, side="right")
    low = np.searchsorted(daily.days[good], ends.astype("datetime64[M]").astype("datetime64[D]"))
    return np.asarray((sums[high] - sums[low]) / np.maximum(high - low, 1))
