"""Breadth in pandas: groupby and rolling, as its users write it. Not for another way to the averages (talib_side.py)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from bench.full_size.bars import lists
from bench.full_size.peers.pandas_days import published

COMPANY = ["collection", "symbol"]


def work(data: str, out: str) -> None:
    """Read the bars, measure each company's days, count them by session, store the table."""
    bars = measured(with_previous(read(Path(data))))
    published(counted(bars, members(Path(data), bars))).to_parquet(out)


def read(data: Path) -> pd.DataFrame:
    """Closes of every company by day; texts as categories and days as numbers, as large frames are held."""
    table = pq.read_table(data / "dropped" / "bars", columns=[*COMPANY, "session_date", "close"])
    bars = table.to_pandas(strings_to_categorical=True, date_as_object=False)
    return bars.sort_values([*COMPANY, "session_date"], ignore_index=True)


def with_previous(bars: pd.DataFrame) -> pd.DataFrame:
    """The previous session's close, and the stretch of a company without a gap of more than ten sessions."""
    number = np.searchsorted(np.unique(bars["session_date"]), bars["session_date"])
    company = bars.assign(number=number).groupby(COMPANY, observed=True)
    since = company["number"].diff()
    bars["previous_close"] = company["close"].shift().where(since == 1)
    bars["stretch"] = (since > 10).groupby([bars[c] for c in COMPANY], observed=True).cumsum()
    return bars


def measured(bars: pd.DataFrame) -> pd.DataFrame:
    """Where each close stands against its averages and its year; empty until the window is full."""
    close = bars.groupby([*COMPANY, "stretch"], observed=True)["close"]
    windows = {
        "sma_50": close.rolling(50).mean(),
        "sma_200": close.rolling(200).mean(),
        "highest": close.rolling(252).max(),
        "lowest": close.rolling(252).min(),
    }
    return flagged(bars, **{name: values.to_numpy() for name, values in windows.items()})


def flagged(bars: pd.DataFrame, sma_50: Any, sma_200: Any, highest: Any, lowest: Any) -> pd.DataFrame:
    """Counts of one row: eligible, above, new high, new low."""
    close, moves = bars["close"].to_numpy(), highest > lowest
    return bars.assign(
        eligible_50_n=~np.isnan(sma_50),
        eligible_200_n=~np.isnan(sma_200),
        eligible_252_n=~np.isnan(highest),
        above_50_n=close > sma_50 * (1 + 1e-9),
        above_200_n=close > sma_200 * (1 + 1e-9),
        new_highs_252d=(close == highest) & moves,
        new_lows_252d=(close == lowest) & moves,
    )


def members(data: Path, bars: pd.DataFrame) -> pd.DataFrame:
    """Every list with the close that each weight was written down at."""
    listed = pd.read_parquet(lists(data)).rename(columns={"universe_id": "collection"})
    listed["snapshot_date"] = listed["snapshot_date"].astype(bars["session_date"].dtype)
    listed = listed.astype({name: bars[name].dtype for name in COMPANY}).sort_values("snapshot_date")
    closes = bars[[*COMPANY, "session_date", "close"]].sort_values("session_date", kind="stable")
    anchors = closes.rename(columns={"close": "anchor_close"})
    return pd.merge_asof(listed, anchors, left_on="snapshot_date", right_on="session_date", by=COMPANY).drop(columns="session_date")


def counted(bars: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The members by the list of the day, summed by universe and session."""
    day_lists = listed.groupby(["collection", "snapshot_date"], observed=True).size().rename("members_n").reset_index()
    days = bars[["collection", "session_date"]].drop_duplicates().sort_values("session_date")
    days = pd.merge_asof(days, day_lists.sort_values("snapshot_date"), left_on="session_date", right_on="snapshot_date", by="collection")
    rows = bars.merge(days, on=["collection", "session_date"]).merge(listed, on=[*COMPANY, "snapshot_date"])
    change = rows["close"] - rows["previous_close"]
    returned = rows["close"] / rows["previous_close"] - 1
    drifted = rows["weight_pct"] * rows["previous_close"] / rows["anchor_close"]
    rows = rows.assign(
        priced_n=1,
        advances=change > 0,
        declines=change < 0,
        unchanged=change == 0,
        returned=returned,
        returned_n=returned.notna(),
        drifted=drifted,
        drifted_return=drifted * returned,
        weight_covered_pct=rows["weight_pct"].where(drifted.notna()),
    )
    summed = ["priced_n", "eligible_50_n", "eligible_200_n", "eligible_252_n", "advances", "declines", "unchanged", "above_50_n",
              "above_200_n", "new_highs_252d", "new_lows_252d", "returned", "returned_n", "drifted", "drifted_return", "weight_covered_pct"]  # fmt: skip
    sums = rows.groupby(["collection", "session_date"], observed=True)[summed].sum().reset_index()
    return sums.merge(days, on=["collection", "session_date"]).rename(columns={"collection": "universe_id"})
