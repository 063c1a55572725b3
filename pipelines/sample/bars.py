"""Daily bars and dividends around a close path: true raw prices. Not for a provider's adjustments (wire_prices.py)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.catalog import Series
from pipelines.sample.calendar import Days, calendar
from pipelines.sample.chance import Floats, stream, unit_ar1
from pipelines.sample.facts import facts
from pipelines.sample.profiles import Profile, profile


@dataclass(frozen=True)
class Bars:
    """Raw bars of one instrument. `split` is new shares for one old on its ex date, else 1; `dividend` is USD a share, else 0."""

    days: Days
    opens_at: npt.NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: npt.NDArray[np.int64]
    dividend: Floats
    split: Floats

    def until(self, day: np.datetime64) -> "Bars":
        """The bars a day knows."""
        n = int(np.searchsorted(self.days, day, side="right"))
        return Bars(**{name: getattr(self, name)[:n] for name in self.__dataclass_fields__})


def bars(seed: int, series: Series, log_close: Floats, volatility: Floats) -> Bars:
    """Open, high, low and volume around the closes; the day's published high and volume where there are such facts."""
    random = stream(seed, f"bars {series.series_id}")
    days, is_like = calendar(), profile(series)
    first, n = days.since(is_like.starts_on), len(days.days)
    split = np.ones(n)
    if is_like.split_on:
        split[days.since(is_like.split_on)] = is_like.split_ratio
    # The last level is the published one: before a split the raw price was higher by what the split took away.
    ahead = np.cumprod(split[::-1])[::-1] / split
    base = np.exp(log_close)
    moves = np.diff(log_close, prepend=log_close[0])
    spread = volatility * (1.2 if series.sector else 1.0)
    before = base * np.exp(-moves)
    opened = before * np.exp(0.35 * moves + 0.3 * spread * random.standard_normal(n))
    top = np.maximum(opened, base) * np.exp(0.4 * spread * np.abs(random.standard_normal(n)))
    bottom = np.minimum(opened, base) * np.exp(-0.4 * spread * np.abs(random.standard_normal(n)))
    prices = [np.round(p * ahead, 2) for p in (opened, top, bottom, base)]
    op, high, low, close = prices
    crowd = 0.35 * unit_ar1(random, n, 0.9) + 18 * np.abs(moves) + 0.6 * np.log(spread / np.median(spread))
    grown = np.exp(0.045 * (np.arange(n) - n + 1) / 252)  # trading grows with the years
    volume = is_like.volume * grown * np.exp(np.clip(crowd, -1.5, 2.0) - 0.2)
    for day, value in facts(f"{series.series_id} intraday high").items():
        high[days.at(day)] = value
        op[days.at(day)] = min(op[days.at(day)], value)
    for day, value in facts(f"{series.series_id} volume").items():
        volume[days.at(day)] = value
    high, low = np.maximum(high, np.maximum(op, close)), np.minimum(low, np.minimum(op, close))
    whole = np.round(volume / ahead).astype(np.int64)
    paid = _dividends(days.days, close, first, is_like)
    since = slice(first, None)
    return Bars(
        days.days[since], days.opens[since], op[since], high[since], low[since], close[since], whole[since], paid[since], split[since]
    )  # fmt: skip


def _dividends(days: Days, close: Floats, first: int, is_like: Profile) -> Floats:
    """A quarter's yield on the third Friday's session of March, June, September and December."""
    paid = np.zeros(len(days))
    if not is_like.yield_pct:
        return paid
    months = np.arange(np.datetime64("1986-03", "M"), days[-1].astype("datetime64[M]") + 1, 3)
    fridays = np.busday_offset(months.astype("datetime64[D]"), 2, roll="forward", weekmask="Fri")
    at = np.searchsorted(days, fridays)
    at = at[(at > first + 20) & (at < len(days))]
    paid[at] = np.round(close[at - 1] * is_like.yield_pct / 400, 4)
    return paid
