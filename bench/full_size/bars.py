"""Generated daily bars of as many symbols and years as asked for, as Parquet, a file a universe and year. Not for the sample market (pipelines/sample).

Prices are random walks of a market and a company's own part, with splits undone; one symbol in ten comes late and one in ten goes early, as
lists of members change; one in fifty is halted for a few sessions and one in a hundred for weeks. The numbers stand for size alone: nothing
is measured on them but time, memory and whether two sides agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.sources import exchange

LAST = date(2025, 12, 31)
SMALL_SHARE = 2 / 3  # of the symbols that are in R2000, the others in R1000
HALTED, HALTED_LONG = (50, 7, 3), (100, 13, 20)  # every so many-th symbol from which on, for how many sessions
SEED = 19_270_101


@dataclass(frozen=True)
class Size:
    """`symbols` of both universes together, `years` back from LAST. The full size is (3000, 25)."""

    symbols: int = 3000
    years: int = 25

    def sessions(self) -> np.ndarray:
        """Days, shape (sessions,)."""
        first = date(LAST.year - self.years + 1, 1, 1)
        return np.asarray(exchange.sessions(first, LAST)["session_date"].to_numpy(), dtype="datetime64[D]")


@dataclass(frozen=True)
class Presence:
    """From which session to which each symbol is a member, and which sessions between it is halted in."""

    first: np.ndarray
    last: np.ndarray
    halted_from: np.ndarray
    halted_n: np.ndarray

    def members(self, session: np.ndarray) -> np.ndarray:
        """Of these sessions and every symbol: is it a member."""
        return (session[:, None] >= self.first) & (session[:, None] <= np.maximum(self.first, self.last))

    def traded(self, session: np.ndarray) -> np.ndarray:
        """The members less those that are halted."""
        since = session[:, None] - self.halted_from
        return self.members(session) & ~((since >= 0) & (since < self.halted_n))


def files(folder: Path) -> list[Path]:
    """The files of bars, in the order in which they are landed."""
    return sorted((folder / "dropped").glob("bars/*/*.parquet"))


def glob(folder: Path) -> str:
    """The same for who reads them by a pattern."""
    return str(folder / "dropped" / "bars" / "*" / "*.parquet")


def lists(folder: Path) -> Path:
    """The lists of members."""
    return folder / "lists.parquet"


def write(folder: Path, size: Size) -> int:
    """A drop folder `dropped` with the bars, and `lists.parquet`, a list of members each quarter; how many bars there are."""
    days, m = size.sessions(), size.symbols
    chance = np.random.default_rng(SEED)
    names = np.array([f"S{i:05d}" for i in range(m)])
    universe = np.where(np.arange(m) < round(m * SMALL_SHARE), "R2000", "R1000")
    there = _presence(chance, len(days), m)
    level, total, told = np.zeros(m), 0, []
    years, quarters = days.astype("datetime64[Y]"), days.astype("datetime64[M]").astype(int) // 3
    starts = np.flatnonzero(np.diff(quarters, prepend=quarters[0] - 1))
    for year in np.unique(years):
        session = np.flatnonzero(years == year)  # a year at a time: all of them at once would take more memory than what is measured
        shape = (len(session), m)
        walk = level + np.cumsum(chance.normal(0.0002, 0.02, shape) + chance.normal(0.0001, 0.008, (len(session), 1)), axis=0)
        level = walk[-1]
        closes = np.round(20 * np.exp(walk), 4).clip(0.01)
        reach, volume = np.abs(chance.normal(0, 0.01, shape)), chance.lognormal(12, 1, shape).astype(np.int64)
        at_day, at_name = np.nonzero(there.traded(session))
        close, wide = closes[at_day, at_name], reach[at_day, at_name]
        frame = pl.DataFrame(
            {
                "collection": universe[at_name],
                "symbol": names[at_name],
                "session_date": days[session][at_day],
                "open": np.round(close * (1 - wide / 2), 4).clip(0.01),
                "high": np.round(close * (1 + wide), 4),
                "low": np.round(close * (1 - wide), 4).clip(0.01),
                "close": close,
                "volume": volume[at_day, at_name],
            }
        ).sort("collection", "symbol", "session_date")
        total += frame.height
        for (one,), part in frame.group_by("collection"):
            file = folder / "dropped" / "bars" / str(one) / f"bars-{year}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            part.write_parquet(file)
        within = starts[np.isin(starts, session)]
        told.append(_lists(days[within], there.members(within), closes[within - session[0]], names, universe))
    pl.concat(told).sort("universe_id", "snapshot_date", "symbol").write_parquet(lists(folder))
    return total


def _presence(chance: np.random.Generator, sessions_n: int, symbols_n: int) -> Presence:
    first = np.where(chance.random(symbols_n) < 0.1, chance.integers(0, sessions_n, symbols_n), 0)
    last = np.where(chance.random(symbols_n) < 0.1, chance.integers(0, sessions_n, symbols_n), sessions_n - 1)
    halted_n = np.zeros(symbols_n, dtype=int)
    for every, begin, length in (HALTED, HALTED_LONG):
        halted_n[begin::every] = length
    return Presence(first, last, chance.integers(1, sessions_n, symbols_n), halted_n)


def _lists(days: np.ndarray, members: np.ndarray, closes: np.ndarray, names: np.ndarray, universe: np.ndarray) -> pl.DataFrame:
    """Who was in each universe on these days, by the weight of an equal number of shares."""
    at_day, at_name = np.nonzero(members)
    return (
        pl.DataFrame(
            {
                "universe_id": universe[at_name],
                "snapshot_date": days[at_day],
                "symbol": names[at_name],
                "price": closes[at_day, at_name],
            }
        )
        .with_columns(weight_pct=(pl.col("price") / pl.col("price").sum().over("universe_id", "snapshot_date") * 100).round(6))
        .drop("price")
    )


def work(folder: str, symbols: int, years: int) -> Mapping[str, int]:
    """As a process of its own: its memory must not count for whom it is generated."""
    return {"rows": write(Path(folder), Size(symbols, years))}
