"""Daily bars of the companies for the universes that cover them. Not for the closes (companies.py) or files (drops.py)."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.chance import Floats, stream, unit_ar1
from pipelines.sample.companies import Companies, Flags


def member_bars(seed: int, firms: Companies, volatility: Floats, covered: dict[str, Flags]) -> dict[str, pl.DataFrame]:
    """Bars by universe, ordered by session and symbol, on the share count of the market's last day, so that no past value ever moves."""
    random = stream(seed, "company bars")
    t, n = firms.growth.shape
    # Only what some vendor list covers, cell by cell in the order of days: a later day adds cells behind all others.
    cells = np.flatnonzero(np.logical_or.reduce(list(covered.values())))
    at, who = np.divmod(cells, n)
    closes = firms.close
    close = closes.ravel()[cells]
    before = np.where(at > firms.listed[who], closes.ravel()[np.maximum(cells - n, 0)], close)
    move = np.log(close / before)
    spread = volatility[at] * np.where(firms.is_small, 1.5, 0.9)[who]
    open_move = np.clip(0.3 * move + 0.35 * spread * _normal(random, len(cells)), -0.5, 0.5)
    opened = before * np.exp(open_move)
    high = np.maximum(opened, close) * np.exp(0.5 * spread * np.abs(_normal(random, len(cells))))
    low = np.minimum(opened, close) * np.exp(-0.5 * spread * np.abs(_normal(random, len(cells))))
    turnover = np.where(firms.is_small, 0.0075, 0.0055) * np.exp(0.35 * random.standard_normal(n))
    usual = np.log(turnover * firms.first_cap / firms.first_price * firms.factor[-1])
    weeks = 0.3 * unit_ar1(random, (t // 5 + 1, n), 0.8)
    crowd = np.minimum(weeks[at // 5, who] + 6 * np.abs(move) + 0.25 * _normal(random, len(cells)), 3.0)
    bars = pl.DataFrame(
        {
            "symbol": pl.Series(firms.symbol.tolist(), dtype=pl.String).gather(who),
            "date": firms.days[at],
            **{name: np.round(prices, 4) for name, prices in (("open", opened), ("high", high), ("low", low), ("close", close))},
            "volume": np.rint(np.exp(usual[who] + crowd)).astype(np.int64),
        }
    ).with_columns(price_basis=pl.lit("split_adjusted"))
    return {universe: bars.filter(pl.Series(flags.ravel()[cells])) for universe, flags in covered.items()}


def _normal(random: np.random.Generator, n: int) -> npt.NDArray[np.float32]:
    return random.standard_normal(n, np.float32)
