"""FRED's series, simulated, each with its own rhythm of releases. Not for FRED's wire form (wire_files.py)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from pipelines.catalog import Series
from pipelines.sample import policy
from pipelines.sample.calendar import SAMPLE_END, SAMPLE_START, Days, calendar
from pipelines.sample.chance import Floats, ar1, stream, unit_ar1


@dataclass(frozen=True)
class Observations:
    """One series: day or first day of the period, value (NaN: the provider sends a blank), decimals shown."""

    days: Days
    values: Floats
    decimals: int = 2


@dataclass(frozen=True)
class Economy:
    """What the series are made of, by session: the market's volatility (a day), and closes of the indices that FRED reprints."""

    seed: int
    volatility: Floats
    closes: dict[str, tuple[Days, Floats]]
    made: dict[str, Observations] = field(default_factory=dict)

    def series(self, series: Series) -> Observations:
        """One series of the catalogue; one without a recipe here is a plain persistent process within its limits."""
        if series.symbol not in self.made:
            recipe = RECIPES.get(series.symbol)
            self.made[series.symbol] = recipe(self) if recipe else _plain(self, series)
        return self.made[series.symbol]

    def known(self, symbol: str) -> Observations:
        """A series that another one is computed from."""
        if symbol not in self.made:
            self.made[symbol] = RECIPES[symbol](self)
        return self.made[symbol]

    @property
    def stress(self) -> Floats:
        """Volatility against its norm, smoothed and in logs, by session."""
        return ar1(np.log(self.volatility / 0.0088) * 0.06, 0.94)

    def noise(self, name: str, n: int, persistence: float) -> Floats:
        return unit_ar1(stream(self.seed, f"fred {name}"), n, persistence)


def _rounded(values: Floats, decimals: int) -> Floats:
    return np.asarray(np.round(values, decimals), dtype=np.float64)


def _weekdays(first: date | str) -> Days:
    days = np.arange(np.datetime64(first), np.datetime64(SAMPLE_END) + 1)
    return days[np.is_busday(days)]


def _on_weekdays(first: date | str, values: Floats, decimals: int = 2) -> Observations:
    """A value for each session, a blank for each holiday."""
    days, sessions = _weekdays(first), calendar().days
    at = np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)
    return Observations(days, np.where(sessions[at] == days, np.round(values[at], decimals), np.nan), decimals)


def _periods(first: str, months: int) -> Days:
    return np.arange(np.datetime64(first, "M"), np.datetime64(SAMPLE_END, "M") + 1, months).astype("datetime64[D]")


def _averaged(days: Days, values: Floats, starts: Days, decimals: int) -> Floats:
    """Mean of each period that is over; the last, unfinished one is cut off by its caller's lag."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.append(starts[1:], days[-1] + 1)
    low, high = np.searchsorted(days, starts), np.searchsorted(days, ends)
    return np.asarray(np.round((sums[high] - sums[low]) / np.maximum(high - low, 1), decimals))


def _effective(economy: Economy) -> Observations:
    days = policy.every_day(last=SAMPLE_END)
    rate = np.maximum(policy.target(days) - 0.02 + 0.025 * economy.noise("DFF", len(days), 0.9), 0.04)
    return Observations(days, _rounded(rate, 2))


def _effective_monthly(economy: Economy) -> Observations:
    daily, months = economy.known("DFF"), _periods("1986-01", 1)
    return Observations(months, _averaged(daily.days, daily.values, months, 2))


def _secured(economy: Economy) -> Observations:
    days = calendar().days
    return _on_weekdays("2018-04-03", np.maximum(policy.target(days) - 0.03 + 0.04 * economy.noise("SOFR", len(days), 0.8), 0.01))


def _prime(_: Economy) -> Observations:
    days = policy.every_day(last=SAMPLE_END)
    rate = np.round(policy.target(days) * 4) / 4 + 3.0
    changed = np.flatnonzero(np.diff(rate, prepend=0.0))
    return Observations(days[changed], rate[changed])


def _expected(sessions_ahead: int) -> Floats:
    """Mean target over the sessions ahead: bond markets look forward, and are right in a simulation."""
    target = policy.target(calendar().days)
    padded = np.concatenate([target, np.full(sessions_ahead, target[-1])])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((sums[sessions_ahead:-1] - sums[: len(target)])[: len(target)] / sessions_ahead)


def _three_months(economy: Economy) -> Observations:
    path = _expected(63)
    return _on_weekdays(SAMPLE_START, np.maximum(path + 0.03 + 0.05 * economy.noise("DGS3MO", len(path), 0.97), 0.01))


def _two_years(economy: Economy) -> Observations:
    path = _expected(504)
    return _on_weekdays(SAMPLE_START, np.maximum(path + 0.15 + 0.28 * economy.noise("DGS2", len(path), 0.995), 0.09))


def _ten_years(economy: Economy) -> Observations:
    path = _expected(1260)
    years = np.array([0.0, 0.2, 0.5, 0.75, 0.86, 0.92, 1.0])
    trend = np.interp(np.linspace(0, 1, len(path)), years, [8.5, 7.0, 4.8, 2.4, 1.3, 3.6, 4.3])
    return _on_weekdays(SAMPLE_START, np.maximum(0.3 * path + 0.7 * trend + 0.1 + 0.3 * economy.noise("DGS10", len(path), 0.996), 0.5))


def _spread(long: str, short: str) -> Callable[[Economy], Observations]:
    def made(economy: Economy) -> Observations:
        a, b = economy.known(long), economy.known(short)
        return Observations(a.days, np.round(a.values - b.values, 2))

    return made


def _stressed(name: str, first: str, level: float, slope: float) -> Callable[[Economy], Observations]:
    """A spread or index that rises with stress."""

    def made(economy: Economy) -> Observations:
        stress = economy.stress
        return _on_weekdays(first, level * np.exp(slope * stress + 0.1 * economy.noise(name, len(stress), 0.99)))

    return made


def _fridays(name: str, first: str, level: float, slope: float, decimals: int) -> Callable[[Economy], Observations]:
    def made(economy: Economy) -> Observations:
        days = np.arange(np.busday_offset(np.datetime64(first), 0, roll="forward", weekmask="Fri"), np.datetime64(SAMPLE_END) + 1, 7)
        stress = economy.stress[np.searchsorted(calendar().days, days, side="right") - 1]
        return Observations(days, np.round(level + slope * stress + 0.06 * economy.noise(name, len(days), 0.98), decimals), decimals)

    return made


def _prices(economy: Economy) -> Observations:
    months = _periods("1986-01", 1)
    inflation = 0.0022 + 0.0016 * economy.noise("CPIAUCSL", len(months), 0.75)
    return Observations(months, _shut(months, np.round(109.9 * np.exp(np.cumsum(inflation)), 3)), 3)


def _jobless(economy: Economy) -> Observations:
    months = _periods("1986-01", 1)
    share = np.clip(5.6 + 1.4 * economy.noise("UNRATE", len(months), 0.985), 3.2, 11)
    return Observations(months, _shut(months, _rounded(share, 1)), 1)


def _shut(months: Days, values: Floats) -> Floats:
    """No survey was taken in October 2025: the release is blank, as in life."""
    return np.where(months == np.datetime64("2025-10-01"), np.nan, values)


def _lending(name: str, extra: float) -> Callable[[Economy], Observations]:
    def made(economy: Economy) -> Observations:
        quarters = _periods("1990-04", 3)
        stress = economy.stress[np.searchsorted(calendar().days, quarters, side="right") - 1]
        common = 14 * economy.noise("DRTS", len(quarters), 0.8)
        share = np.clip(6 + 30 * stress + common + extra * economy.noise(name, len(quarters), 0.5), -35, 85)
        return Observations(quarters, _rounded(share, 1), 1)

    return made


def _range(offset: float) -> Callable[[Economy], Observations]:
    days = policy.every_day(policy.RANGE_START, SAMPLE_END)
    return lambda _: Observations(days, policy.range_upper(days) - offset)


def _single_rate(_: Economy) -> Observations:
    days = policy.every_day(policy.SINGLE_RATE_START, policy.RANGE_START)[:-1]
    return Observations(days, policy.single_rate(days), 4)


def _reprinted(index: str, first: str) -> Callable[[Economy], Observations]:
    """FRED reprints an index's closes."""
    return lambda economy: _on_weekdays(first, economy.closes[index][1])


def _plain(economy: Economy, series: Series) -> Observations:
    low, high = series.min_value if series.min_value is not None else 0.0, series.max_value if series.max_value is not None else 100.0
    centre, width = low + 0.2 * (high - low), 0.05 * (high - low)
    if series.frequency == "daily":
        return _on_weekdays("1990-01-02", centre + width * economy.noise(series.symbol, len(calendar().days), 0.99))
    months = _periods("1990-01", 3 if series.frequency == "quarterly" else 1)
    return Observations(months, np.round(centre + width * economy.noise(series.symbol, len(months), 0.9), 2))


RECIPES: dict[str, Callable[[Economy], Observations]] = {
    "DFEDTARU": _range(0.0),
    "DFEDTARL": _range(policy.WIDTH),
    "DFEDTAR": _single_rate,
    "DFF": _effective,
    "FEDFUNDS": _effective_monthly,
    "SOFR": _secured,
    "PRIME": _prime,
    "DGS3MO": _three_months,
    "DGS2": _two_years,
    "DGS10": _ten_years,
    "T10Y2Y": _spread("DGS10", "DGS2"),
    "T10Y3M": _spread("DGS10", "DGS3MO"),
    "BAA10Y": _stressed("BAA10Y", "1986-01-02", 2.1, 0.5),
    "BAMLH0A0HYM2": _stressed("BAMLH0A0HYM2", "1996-12-31", 4.3, 0.9),
    "BAMLC0A4CBBB": _stressed("BAMLC0A4CBBB", "1996-12-31", 1.6, 0.7),
    "VIXCLS": _stressed("VIXCLS", "1990-01-02", 17.0, 0.9),
    "NFCI": _fridays("NFCI", "1986-01-03", -0.4, 0.5, 5),
    "STLFSI4": _fridays("STLFSI4", "1993-12-31", -0.2, 0.9, 4),
    "CPIAUCSL": _prices,
    "UNRATE": _jobless,
    "DRTSCIS": _lending("DRTSCIS", 4.0),
    "DRTSCILM": _lending("DRTSCILM", 5.0),
    "SP500": _reprinted("SP500", "2016-01-11"),
    "NASDAQCOM": _reprinted("NASDAQ_COMP", "1986-01-02"),
}
