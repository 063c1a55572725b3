"""Factors and size portfolios in the manner of the French library, simulated. Not for the file's text (wire_files.py)."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from pipelines.sample import policy
from pipelines.sample.calendar import SAMPLE_START, Days, calendar, month_ends
from pipelines.sample.chance import Floats, fat_tailed, stream, unit_ar1
from pipelines.sample.facts import facts

FIRST_MONTH, LAST_MONTH = date(1926, 7, 31), date(2025, 12, 31)
FACTOR_COLUMNS = ("Mkt-RF", "SMB", "HML", "RF")
PORTFOLIO_COLUMNS = (
    "<= 0", "Lo 30", "Med 40", "Hi 30", "Lo 20", "Qnt 2", "Qnt 3", "Qnt 4", "Hi 20",
    "Lo 10", "Dec 2", "Dec 3", "Dec 4", "Dec 5", "Dec 6", "Dec 7", "Dec 8", "Dec 9", "Hi 10",
)  # fmt: skip
MISSING = -99.99


@dataclass(frozen=True)
class Library:
    """Returns in percent, one row a month or year; `firms` and `sizes` by month."""

    months: Days
    factors: Floats
    value_weighted: Floats
    equal_weighted: Floats
    firms: Floats
    sizes: Floats
    years: npt.NDArray[np.int64]
    factors_annual: Floats
    value_weighted_annual: Floats
    equal_weighted_annual: Floats


def library(seed: int, large_close: Floats, small_close: Floats) -> Library:
    """A century of months: chance alone before the market's first day, then what its indices did."""
    random = stream(seed, "french")
    months = month_ends(FIRST_MONTH, LAST_MONTH)
    n, live = len(months), months >= np.datetime64(SAMPLE_START) + 60
    wild = 0.045 * np.exp(0.45 * unit_ar1(random, n, 0.93) + 0.5 * (months < np.datetime64("1940-01-01")))
    market = 0.0085 + wild * fat_tailed(random, n, 6)
    smb = 0.0018 + 0.55 * wild * fat_tailed(random, n, 5) + 0.003 * unit_ar1(random, n, 0.97)
    hml = 0.0030 + 0.55 * wild * fat_tailed(random, n, 6)
    at = np.searchsorted(calendar().days, months[live], side="right") - 1
    before = np.searchsorted(calendar().days, months[np.flatnonzero(live) - 1], side="right") - 1
    large, small = (c[at] / c[before] - 1 for c in (large_close, small_close))
    market[live] = 0.88 * large + 0.12 * small + 0.0014
    smb[live] = 0.62 * (small - large) + 0.009 * random.standard_normal(live.sum())
    rf = np.maximum(np.where(live, policy.target(months), 2.8 + 2.2 * unit_ar1(random, n, 0.99)), 0.02) / 1200
    big = market - 0.18 * smb
    for day, percent in facts("SMB annual").items():
        year = (months.astype("datetime64[Y]") == np.datetime64(day, "Y")).nonzero()[0]
        smb[year] += _shift(big[year], smb[year], percent / 100)
    years, whole = _years(months)
    small_leg = big + smb
    factors = np.column_stack([market - rf, smb, hml, rf])
    growth = _compound(np.column_stack([market, rf, small_leg, big, big + hml]), whole)
    annual = np.column_stack([growth[:, 0] - growth[:, 1], growth[:, 2] - growth[:, 3], growth[:, 4] - growth[:, 3], growth[:, 1]])
    firms, sizes = _numbers(random, n)
    value = _portfolios(random, market, smb, firms * sizes)
    equal = value + 0.002 * np.linspace(1.5, -0.3, 10) + 0.008 * random.standard_normal((n, 10)) * np.linspace(1.6, 0.4, 10)
    values, equals = _grouped(value, firms * sizes), _grouped(equal, firms)
    return Library(
        months, 100 * factors, values, equals, _summed(firms), _grouped(sizes, firms),
        years, 100 * annual, _by_year(values, whole), _by_year(equals, whole),
    )  # fmt: skip


def _by_year(monthly: Floats, whole: list[npt.NDArray[np.int64]]) -> Floats:
    return np.column_stack([np.full(len(whole), MISSING), 100 * _compound(monthly[:, 1:] / 100, whole)])


def _shift(big: Floats, smb: Floats, wanted: float) -> float:
    """What every month's SMB of a year must be moved by so that the year's compounded difference is the wanted one."""
    shift = 0.0
    for _ in range(30):
        small = 1 + big + smb + shift
        gap = np.prod(small) - np.prod(1 + big) - wanted
        shift -= float(gap / (np.prod(small) * np.sum(1 / small)))
    return shift


def _years(months: Days) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    """Whole calendar years and the positions of their months."""
    of = months.astype("datetime64[Y]").astype(np.int64) + 1970
    years = [y for y in np.unique(of) if (of == y).sum() == 12]
    return np.array(years), [np.flatnonzero(of == y) for y in years]


def _compound(returns: Floats, groups: list[npt.NDArray[np.int64]]) -> Floats:
    return np.array([np.prod(1 + returns[g], axis=0) - 1 for g in groups])


def _numbers(random: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Firms and mean size (USD million) of ten size deciles by month."""
    t = np.linspace(0, 1, n)[:, None]
    listed = 60 + 240 * np.sin(np.pi * np.minimum(t * 1.15, 1)) ** 2 + 60 * t
    firms = np.round(listed * np.linspace(2.6, 0.7, 10) * (1 + 0.02 * unit_ar1(random, (n, 1), 0.98)))
    sizes = np.exp(np.linspace(0.0, 5.6, 10) + 5.0 * t + 0.1 * unit_ar1(random, (n, 1), 0.98))
    return firms, sizes


def _portfolios(random: np.random.Generator, market: Floats, smb: Floats, caps: Floats) -> Floats:
    """Ten deciles, percent: the market plus their share of the size factor, the cap-weighted mean of it all being the market."""
    own = 0.008 * random.standard_normal((len(market), 10)) * np.linspace(2.0, 0.25, 10) + smb[:, None] * np.linspace(1.25, -0.15, 10)
    weights = caps / caps.sum(axis=1, keepdims=True)
    return np.asarray(100 * np.maximum(market[:, None] + own - (own * weights).sum(axis=1, keepdims=True), -0.95))


GROUPS = [range(3), range(3, 7), range(7, 10), *(range(i, i + 2) for i in range(0, 10, 2)), *(range(i, i + 1) for i in range(10))]


def _grouped(deciles: Floats, weights: Floats) -> Floats:
    """The library's nineteen columns from ten deciles, weighted; the first is never used there."""
    parts = [(deciles[:, list(g)] * weights[:, list(g)]).sum(axis=1) / weights[:, list(g)].sum(axis=1) for g in GROUPS]
    return np.column_stack([np.full(len(deciles), MISSING), *parts])


def _summed(firms: Floats) -> Floats:
    return np.column_stack([np.zeros(len(firms)), *(firms[:, list(g)].sum(axis=1) for g in GROUPS)])
