"""A fund as Yahoo tells of it on a day, and what a warehouse holds of it. Not for tests."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import log1p

import duckdb
import pytest

from pipelines.assets.landing.batch import Batch
from pipelines.catalog import catalog
from pipelines.sources.exchange import sessions

IWM = catalog()["IWM"]
DAYS: list[date] = sessions(date(2024, 6, 3), date(2026, 1, 9))["session_date"].to_list()
OVERLAP = timedelta(days=90)
TABLES = ("yahoo_actions", "yahoo_bars", "yahoo_adjusted_closes")
CLOSES: dict[date, float] = {day: round(200 + 10 * log1p(n % 37) + n / 20, 2) for n, day in enumerate(DAYS)}


class Market:
    """What Yahoo says of one fund on a day: true closes, dividends and splits, all of the past divided and reduced by what came since."""

    def __init__(self) -> None:
        self.closes: dict[date, float] = dict(CLOSES)
        self.dividends: dict[date, float] = {}
        self.splits: dict[date, float] = {}
        self.spoilt: Callable[[date, float], float] = lambda day, adjusted: adjusted

    def adjusted(self, day: date, until: date) -> float:
        factor: float = 1.0
        for ex, amount in self.dividends.items():
            if day < ex <= until:
                before = max(d for d in DAYS if d < ex)
                factor *= 1 - amount / self.closes[before]
        return self.closes[day] / self.ahead(day, until) * factor

    def ahead(self, day: date, until: date) -> float:
        ratio: float = 1.0
        for ex, value in self.splits.items():
            ratio *= value if day < ex <= until else 1.0
        return ratio

    def chart(self, first: date, until: date) -> bytes:
        days = [d for d in DAYS if first <= d <= until]
        stamps = [int(datetime(d.year, d.month, d.day, 14, 30, tzinfo=UTC).timestamp()) for d in days]
        stamp = dict(zip(days, stamps, strict=True))
        close = [round(self.closes[d] / self.ahead(d, until), 6) for d in days]
        quote = dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": [1000] * len(days)}
        events = {
            "dividends": {
                str(stamp[d]): {"amount": a / self.ahead(d, until), "date": stamp[d]} for d, a in self.dividends.items() if d in stamp
            },
            "splits": {str(stamp[d]): {"date": stamp[d], "numerator": v, "denominator": 1} for d, v in self.splits.items() if d in stamp},
        }
        meta = {"symbol": "IWM", "currency": "USD", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d"}
        meta["regularMarketTime"] = stamps[-1] + 23400  # type: ignore[assignment]
        adjusted = [round(self.spoilt(d, self.adjusted(d, until)), 6) for d in days]
        result = {
            "meta": meta,
            "timestamp": stamps,
            "events": events,
            "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
        }
        return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def failed(batches: dict[str, Batch]) -> set[str]:
    return {c.check for b in batches.values() for c in b.checks if not c.passed}


def adjusted(connection: duckdb.DuckDBPyConnection, day: date) -> dict[date, float]:
    return dict(connection.execute(f"select session_date, adjusted_close from as_known('yahoo_adjusted_closes', '{day}')").fetchall())


def raw(connection: duckdb.DuckDBPyConnection) -> dict[date, float]:
    return dict(connection.execute("select session_date, close from as_known('yahoo_bars', '2026-12-31')").fetchall())


def stands_on_one_anchor(connection: duckdb.DuckDBPyConnection, market: Market, day: date) -> None:
    """Every return of the adjusted closes held is the fund's total return: none spans two anchors."""
    held = adjusted(connection, day)
    days = sorted(held)
    assert days == [d for d in DAYS if d <= max(days)]
    for before, after in pairwise(days):
        true = (market.closes[after] * market.splits.get(after, 1.0)) / (market.closes[before] - market.dividends.get(after, 0.0))
        assert held[after] / held[before] == pytest.approx(true, rel=1e-6), (before, after)


LAST, NEXT = DAYS[-4], DAYS[-3]
