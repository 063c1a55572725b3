"""Daily bars in the wire forms of Yahoo's chart and of Tiingo. Not for making prices (bars.py)."""

from datetime import date
from typing import Any

import numpy as np
from pydantic_core import to_json

from pipelines.catalog import Series, catalog
from pipelines.sample.bars import Bars
from pipelines.sample.calendar import calendar
from pipelines.sample.chance import Floats
from pipelines.sample.market import SampleMarket

YAHOO_NOT_FOUND = b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}'


def series_of(provider: str, symbol: str) -> Series | None:
    return next((s for s in catalog().of(provider) if s.symbol.upper() == symbol.upper()), None)


def _splits_ahead(bars: Bars) -> Floats:
    """By session, new shares for one of that day's, over the splits still to come."""
    return np.asarray(np.cumprod(bars.split[::-1])[::-1] / bars.split)


def adjusted(bars: Bars) -> Floats:
    """Closes less what splits and dividends since have taken out of the price."""
    before = np.concatenate([bars.close[:1], bars.close[:-1]])
    kept = np.cumprod(1 / (1 - bars.dividend / before))
    return np.asarray(bars.close / _splits_ahead(bars) * kept / kept[-1])


def yahoo_chart(market: SampleMarket, symbol: str, query: dict[str, list[str]], as_of: date) -> bytes | None:
    """The chart endpoint's JSON: split-adjusted bars by opening time, dividends and splits of the window as events."""
    series = series_of("yahoo", symbol)
    bars = market.bars(series).until(np.datetime64(as_of)) if series else None
    if series is None or bars is None or not len(bars.days):
        return None
    low, high = (int(float(query.get(name, [bound])[0])) for name, bound in (("period1", "-9e9"), ("period2", "9e10")))
    kept = np.flatnonzero((bars.opens_at >= low) & (bars.opens_at < high))
    ahead = _splits_ahead(bars)
    events: dict[str, Any] = {}
    wanted = query.get("events", [""])[0]
    if "div" in wanted and (paid := kept[bars.dividend[kept] > 0]).size:
        amounts = (bars.dividend[paid] / ahead[paid]).tolist()
        events["dividends"] = {str(t): {"amount": a, "date": t} for t, a in zip(bars.opens_at[paid].tolist(), amounts, strict=True)}
    if "split" in wanted and (cut := kept[bars.split[kept] != 1]).size:
        ratios = bars.split[cut].tolist()
        events["splits"] = {str(t): _split(t, ratio) for t, ratio in zip(bars.opens_at[cut].tolist(), ratios, strict=True)}
    last = calendar().at(as_of)
    quote = {name: (getattr(bars, name)[kept] / ahead[kept]).tolist() for name in ("open", "high", "low", "close")}
    result = {
        "meta": {
            "currency": "USD",
            "symbol": series.symbol,
            "instrumentType": "INDEX" if series.kind == "index" else "ETF",
            "longName": "SIMULATED",
            "shortName": "SIMULATED",
            "firstTradeDate": int(bars.opens_at[0]),
            "regularMarketTime": int(calendar().closes[last]),
            "gmtoffset": -18000,
            "timezone": "EST",
            "exchangeTimezoneName": "America/New_York",
            "regularMarketPrice": float(bars.close[-1]),
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
        },
        "timestamp": bars.opens_at[kept].tolist(),
        **({"events": events} if events else {}),
        "indicators": {
            "quote": [quote | {"volume": np.round(bars.volume[kept] * ahead[kept]).astype(np.int64).tolist()}],
            "adjclose": [{"adjclose": np.round(adjusted(bars)[kept], 6).tolist()}],
        },
    }
    return to_json({"chart": {"result": [result], "error": None}})


def _split(at: int, ratio: float) -> dict[str, Any]:
    new, old = (ratio, 1.0) if ratio >= 1 else (1.0, round(1 / ratio, 6))
    return {"date": at, "numerator": new, "denominator": old, "splitRatio": f"{new:g}:{old:g}"}


def tiingo_prices(market: SampleMarket, symbol: str, query: dict[str, list[str]], as_of: date) -> bytes | None:
    """Tiingo's JSON: raw and adjusted bars, dividend and split on their day."""
    series = series_of("tiingo", symbol)
    if series is None:
        return None
    bars = market.bars(series).until(np.datetime64(as_of))
    low, high = (np.datetime64(query.get(name, [bound])[0]) for name, bound in (("startDate", "1900-01-01"), ("endDate", "2999-12-31")))
    kept = np.flatnonzero((bars.days >= low) & (bars.days <= high))
    scale, ahead = adjusted(bars) / bars.close, _splits_ahead(bars)
    columns: dict[str, list[Any]] = {"date": [f"{day}T00:00:00.000Z" for day in bars.days[kept]]}
    for name in ("close", "high", "low", "open"):
        columns[name] = getattr(bars, name)[kept].tolist()
    columns["volume"] = bars.volume[kept].tolist()
    for name in ("close", "high", "low", "open"):
        columns[f"adj{name.title()}"] = np.round(getattr(bars, name)[kept] * scale[kept], 6).tolist()
    columns["adjVolume"] = np.round(bars.volume[kept] * ahead[kept]).astype(np.int64).tolist()
    columns["divCash"], columns["splitFactor"] = bars.dividend[kept].tolist(), bars.split[kept].tolist()
    return to_json([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])
