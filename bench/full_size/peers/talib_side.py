"""Breadth with TA-Lib: a loop over the companies, the rest in pandas, as its users write it. Not for another way to count (pandas_side.py)."""

from pathlib import Path

import numpy as np
import pandas as pd
import talib

from bench.full_size.peers.pandas_days import published
from bench.full_size.peers.pandas_side import COMPANY, counted, flagged, members, read, with_previous


def work(data: str, out: str) -> None:
    """The same table, its averages and extremes from TA-Lib."""
    bars = looped(with_previous(read(Path(data))))
    published(counted(bars, members(Path(data), bars))).to_parquet(out)


def looped(bars: pd.DataFrame) -> pd.DataFrame:
    """One company's stretch after the other."""
    close = bars["close"].to_numpy()
    found = {name: np.full(len(bars), np.nan) for name in ("sma_50", "sma_200", "highest", "lowest")}
    for places in bars.groupby([*COMPANY, "stretch"], observed=True).indices.values():
        of_one = close[places]
        found["sma_50"][places], found["sma_200"][places] = talib.SMA(of_one, 50), talib.SMA(of_one, 200)
        found["highest"][places], found["lowest"][places] = talib.MAX(of_one, 252), talib.MIN(of_one, 252)
    return flagged(bars, **found)
