"""Monthly lists of the members of a universe with weights and shares. Not for who is a member (membership.py)."""

import numpy as np
import polars as pl

from pipelines.sample.companies import Companies, Flags
from pipelines.sample.fundamentals import Accounts

COLUMNS = ("universe_id", "snapshot_date", "symbol", "name", "sector", "weight_pct", "shares")


def constituents(firms: Companies, books: Accounts, members: dict[str, Flags]) -> dict[str, pl.DataFrame]:
    """Members on the first session and on the last of every month. Shares in millions, on the share count of the bars."""
    days = firms.days
    month = days.astype("datetime64[M]")
    at = np.concatenate([[0], np.flatnonzero(month[1:] != month[:-1])])
    shares = np.round(books.shares_at(days[at]) * firms.factor[-1] / 1e6, 6)
    close = firms.close[at]
    frames = {}
    for universe, flags in members.items():
        row, who = np.nonzero(flags[at])
        cap = shares[row, who] * close[row, who]
        total = np.bincount(row, weights=cap)[row]
        frames[universe] = pl.DataFrame(
            {
                "universe_id": [universe] * len(row),
                "snapshot_date": days[at][row],
                "symbol": firms.symbol[who],
                "name": firms.name[who],
                "sector": firms.sector[who],
                "weight_pct": np.round(100 * cap / total, 6),
                "shares": shares[row, who],
            }
        )
    return frames
