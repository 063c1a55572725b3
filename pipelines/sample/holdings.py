"""Funds of the simulated market: what each holds on a day, and the days its filings are of. Not for the forms they are sent in (wire_holdings.py)."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from pipelines.catalog import Series
from pipelines.sample.calendar import Days, days_before, month_ends
from pipelines.sample.chance import Floats
from pipelines.sample.companies import Companies, Flags
from pipelines.sample.fundamentals import Accounts
from pipelines.sample.membership import LARGE, SMALL

# Which simulated universe a fund holds, by the segment of its index.
UNIVERSES = {"small": SMALL, "large": LARGE}
SHARE_OF_COMPANY = 0.02
CASH_PCT, MARGIN_PCT = 0.25, 0.03
FIRST_FILING = date(2023, 12, 31)
FILED_AFTER_DAYS = 58


def universe_of(fund: Series) -> str:
    """The universe of a fund of the catalogue."""
    return UNIVERSES[str(fund.size_segment)]


def holdings(firms: Companies, books: Accounts, members: Mapping[str, Flags], fund: Series, day: date) -> pl.DataFrame:
    """Equities of a fund on the last session of a day, largest first: symbol, name, sector, cusip, shares, price, value."""
    at = int(np.searchsorted(firms.days, np.datetime64(day), side="right")) - 1
    who = np.flatnonzero(members[universe_of(fund)][at])
    shares = np.floor(books.shares_at(firms.days[at : at + 1])[0, who] * firms.factor[at, who] * SHARE_OF_COMPANY)
    price: Floats = firms.raw_close[at, who]
    rows = pl.DataFrame(
        {
            "symbol": firms.symbol[who],
            "name": firms.name[who],
            "sector": firms.sector[who],
            "cusip": [cusip(int(i)) for i in who],
            "shares": shares,
            "price": price,
            "value": np.round(shares * price, 2),
        }
    )
    return rows.sort("value", "symbol", descending=[True, False])


def session_before(firms: Companies, day: date, lag_days: int) -> date:
    """The last session a day knows a fund's list of."""
    known = np.datetime64(day) - np.timedelta64(lag_days, "D")
    at = int(np.searchsorted(firms.days, known, side="right")) - 1
    found: date = firms.days[max(at, 0)].item()
    return found


def filings(as_of: date) -> list[tuple[date, date]]:
    """Quarter ends with the days their filings came, by a day: (quarter end, filed on)."""
    ends: Days = month_ends(FIRST_FILING, as_of)
    quarters = ends[(ends.astype("datetime64[M]").astype(np.int64) % 3) == 2]
    filed = np.busday_offset(days_before(quarters, -FILED_AFTER_DAYS), 0, roll="forward")
    return [(e.item(), f.item()) for e, f in zip(quarters, filed, strict=True) if f <= np.datetime64(as_of)]


def cusip(number: int) -> str:
    """A CUSIP nobody has (issuers SM0000 on), with its check digit."""
    stem = f"SM{number:04d}10"
    total = 0
    for i, sign in enumerate(stem):
        value = int(sign) if sign.isdigit() else ord(sign) - ord("A") + 10
        value *= 1 + i % 2
        total += value // 10 + value % 10
    return f"{stem}{-total % 10}"
