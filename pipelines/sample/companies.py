"""Simulated companies: who there is, from when to when, and the paths of their prices and splits. Not for memberships, bars or accounts."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.sample.calendar import Days, SampleError, calendar
from pipelines.sample.chance import Floats, shocks32, stream, unit_ar1
from pipelines.sample.factors import Factors

COMPANIES_START = date(2013, 6, 3)
SECTORS_FILE = Path(__file__).with_name("sectors.csv")

# Companies listed on the first day, by rank of market cap, and what those ranks are worth in USD.
LISTED = 480
RANKS, CAPS = (0, 6, 30, 130, 200, 300, 415, 480), (520e9, 240e9, 75e9, 13e9, 4.6e9, 1.7e9, 0.45e9, 0.12e9)
LARGE = 130
LISTINGS_A_YEAR = 26
ACQUIRED_A_YEAR, FAILED_A_YEAR = 0.026, 0.018

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Companies:
    """Columns by company. Sessions are counted from COMPANIES_START; `price` and `growth` are sessions x companies.

    `growth` is the price over the first one with splits undone; `factor` the shares that one first share has become.
    """

    days: Days
    symbol: npt.NDArray[np.str_]
    name: npt.NDArray[np.str_]
    sector: npt.NDArray[np.str_]
    is_small: Flags
    listed: Ints
    delisted: Ints  # first session without a price; one past the end for those that live
    reason: npt.NDArray[np.str_]
    first_price: Floats
    first_cap: Floats
    growth: Floats
    factor: Floats
    splits: tuple[tuple[int, int, float], ...]  # company, session, new shares for one old

    def __len__(self) -> int:
        return len(self.symbol)

    @cached_property
    def raw_close(self) -> Floats:
        """Closes as traded on the day: cents, and hundredths of them below a dollar."""
        raw = self.first_price * self.growth / self.factor
        cents = np.round(raw, 2)
        small = raw < 1
        cents[small] = np.maximum(np.round(raw[small], 4), 0.0001)
        return np.asarray(cents)

    @cached_property
    def close(self) -> Floats:
        """Closes on the share count of the market's last day."""
        return np.asarray(self.raw_close * (self.factor / self.factor[-1]))

    @cached_property
    def is_listed(self) -> Flags:
        at = np.arange(len(self.days))[:, None]
        return np.asarray((at >= self.listed) & (at < self.delisted))


@dataclass(frozen=True)
class Trade:
    """One sector's shape: shares of companies, price to sales, market beta, loss makers among small ones, debt to market cap."""

    large_pct: float
    small_pct: float
    price_to_sales: float
    beta: float
    loss_pct: float
    debt_pct: float


def trades(sectors: tuple[str, ...]) -> list[Trade]:
    """The shape of each sector of the catalogue.

    Raises:
        SampleError: a sector the file says nothing about.
    """
    with SECTORS_FILE.open(newline="", encoding="utf-8") as handle:
        rows = {row.pop("sector"): Trade(**{k: float(v) for k, v in row.items()}) for row in csv.DictReader(handle)}
    missing = sorted(set(sectors) - set(rows))
    if missing:
        raise SampleError(f"{SECTORS_FILE.name} says nothing about the catalogue's sectors {missing}. Add a row for each.")
    return [rows[s] for s in sectors]


def companies(seed: int, shocks: Factors, large: Floats, small: Floats) -> Companies:
    """All companies there ever are; `large` and `small` are log closes of the two indices over all sessions."""
    random = stream(seed, "companies")
    start = calendar().since(COMPANIES_START)
    days = calendar().days[start:]
    t, years = len(days), len(days) / 252
    arrivals = np.sort(random.integers(5, t - 30, int(LISTINGS_A_YEAR * years)))
    listed = np.concatenate([np.zeros(LISTED, np.int64), arrivals])
    n = len(listed)
    drift = np.exp(0.8 * (small[start + arrivals] - small[start]))
    newcomers = 1.3e9 * drift * np.exp(0.8 * random.standard_normal(n - LISTED))
    caps = np.concatenate([np.exp(np.interp(np.arange(LISTED), RANKS, np.log(CAPS))), newcomers])
    is_small = np.arange(n) >= LARGE
    sectors = tuple(sorted(shocks.sectors))
    shapes = trades(sectors)
    draws = random.random(n)
    of = np.where(is_small, *(_drawn(draws, np.array([getattr(s, f"{size}_pct") for s in shapes])) for size in ("small", "large")))
    delisted, reason, told = _ends(random, listed, is_small, t)
    growth = _growth(seed, days, start, shocks, large, small, of, sectors, shapes, is_small, listed, delisted, reason, told)
    first_price = np.where(is_small, 18.0, 62.0) * np.exp(0.55 * random.standard_normal(n))
    factor, splits = _splits(random, days, first_price, growth, listed, delisted)
    number = np.arange(1, n + 1)
    return Companies(
        days,
        np.array([f"SIM{i:04d}" for i in number]),
        np.array([f"Simulated {sectors[s]} {i:04d}" for i, s in zip(number.tolist(), of.tolist(), strict=True)]),
        np.array(sectors)[of],
        is_small, listed, delisted, reason, first_price, caps, growth, factor, splits,
    )  # fmt: skip


def _drawn(draws: Floats, weights: Floats) -> Ints:
    return np.searchsorted(np.cumsum(weights) / weights.sum(), draws).astype(np.int64)


def _ends(random: np.random.Generator, listed: Ints, is_small: Flags, t: int) -> tuple[Ints, npt.NDArray[np.str_], Ints]:
    """First session without a price, why, and the session on which the end began (the bid, or the decline)."""
    n = len(listed)
    bid = listed + 60 + random.exponential(252 / ACQUIRED_A_YEAR, n)
    fall = listed + 60 + random.exponential(252 / FAILED_A_YEAR, n) * np.where(is_small, 1, 8)
    is_bid = bid < fall
    told = np.minimum(np.minimum(bid, fall), 10 * t).astype(np.int64)
    end = told + np.where(is_bid, random.integers(35, 100, n), random.integers(150, 320, n))
    gone = end < t
    reason = np.where(gone, np.where(is_bid, "acquired", "failed"), "")
    return np.where(gone, end, t), reason, told


def _growth(
    seed: int, days: Days, start: int, shocks: Factors, large: Floats, small: Floats, of: Ints, sectors: tuple[str, ...],
    shapes: list[Trade], is_small: Flags, listed: Ints, delisted: Ints, reason: npt.NDArray[np.str_], told: Ints,
) -> Floats:  # fmt: skip
    """Price over first price, splits undone: index by size, market beyond beta 1, sector, own news; then bids and declines."""
    random = stream(seed, "company news")
    t, n = len(days), len(of)
    moves = [np.diff(path[start - 1 :]) for path in (large, small)]
    style = np.where(is_small, 1.0, np.interp(np.arange(n), [0, LARGE], [-0.05, 0.45])) + 0.08 * random.standard_normal(n)
    beta = np.array([s.beta for s in shapes])[of] + 0.18 * random.standard_normal(n)
    wild = 1 + 0.25 * np.isin(of, [sectors.index(s) for s in WILD if s in sectors])
    usual = np.where(is_small, 0.0225, np.interp(np.arange(n), [0, 30, LARGE], [0.0075, 0.0105, 0.0135]))
    own = usual * np.exp(0.25 * random.standard_normal(n)) * wild
    mood = own * np.exp(0.3 * unit_ar1(random, (t // 21 + 1, n), 0.85) - 0.045)
    weather = np.sqrt(shocks.volatility[start:] / shocks.volatility[start:].mean())
    news = shocks32(random, (t, n))
    news *= np.repeat(mood.astype(np.float32), 21, axis=0)[:t]
    news *= weather.astype(np.float32)[:, None]
    common = np.column_stack([moves[0], moves[1] - moves[0], shocks.market[start:], *(shocks.sectors[s][start:] for s in sectors)])
    loadings = np.vstack([np.ones(n), style, beta - beta.mean(), 0.9 * np.eye(len(sectors))[:, of]])
    step = common @ loadings + news
    # A log return loses half its variance to compounding; given back, the mean company keeps up with its index.
    step -= 0.5 * news.var(axis=0, dtype=np.float64)
    for i in np.flatnonzero(reason == "failed"):
        decline = slice(told[i], delisted[i])
        step[decline, i] = 1.5 * step[decline, i] - 3.2 / (delisted[i] - told[i])
    for i, premium in zip(np.flatnonzero(reason == "acquired"), random.uniform(0.14, 0.38, n).tolist(), strict=False):
        step[told[i], i] += premium
        step[told[i] + 1 : delisted[i], i] = 0.03 * news[told[i] + 1 : delisted[i], i]  # the price waits at the bid
    for who, when, jump in _squeezes(random, is_small, listed, delisted):
        step[when, who] += jump
        step[when + 3 : when + 20, who] -= 0.75 * jump / 17
    at = np.arange(t)[:, None]
    step[(at <= listed) | (at >= delisted)] = 0.0
    return np.asarray(np.exp(np.cumsum(step, axis=0)))


# Sectors whose companies live by single news.
WILD = ("Health Care", "Technology", "Energy")


def _squeezes(random: np.random.Generator, is_small: Flags, listed: Ints, delisted: Ints) -> list[tuple[int, int, float]]:
    """A dozen days on which a small company doubles or trebles, and gives most of it back."""
    able = np.flatnonzero(is_small & (delisted - listed > 400))
    who = random.choice(able, 12, replace=False)
    return [(int(i), int(random.integers(listed[i] + 300, delisted[i] - 40)), float(random.uniform(0.6, 1.15))) for i in who]


def _splits(
    random: np.random.Generator, days: Days, first: Floats, growth: Floats, listed: Ints, delisted: Ints
) -> tuple[Floats, tuple[tuple[int, int, float], ...]]:
    """Boards look at the price once a quarter: dear shares are split, those about to fall below a dollar are joined."""
    t, n = growth.shape
    factor, events = np.ones((t, n)), []
    for session in np.flatnonzero(np.diff(days.astype("datetime64[M]").astype(np.int64) // 3, prepend=0))[1:] + 25:
        if session >= t:
            break
        price = first * growth[session - 1] / factor[session - 1]
        draw, pick = random.random(n), random.random(n)
        live = (listed < session - 20) & (delisted > session + 5)
        dear = live & (price > 180) & (draw < 0.14)
        cheap = live & (price < 0.9) & (draw < 0.35)
        split = np.where(price > 700, 10.0, np.where(pick < 0.6, 2.0, np.where(pick < 0.8, 3.0, 4.0)))
        ratio = np.where(dear, split, np.where(cheap, np.where(pick < 0.7, 0.1, 0.05), 1.0))
        factor[session:] *= ratio
        events += [(int(i), int(session), float(ratio[i])) for i in np.flatnonzero(ratio != 1)]
    return factor, tuple(events)
