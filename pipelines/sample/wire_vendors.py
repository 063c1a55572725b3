"""Daily bars in the wire forms of Stooq and Alpha Vantage. Not for making prices (bars.py)."""

from datetime import date

import numpy as np
from pydantic_core import to_json

from pipelines.sample.market import SampleMarket
from pipelines.sample.wire_prices import adjusted, series_of

Query = dict[str, list[str]]
PRICES = ("open", "high", "low", "close")


def stooq_csv(market: SampleMarket, query: Query, as_of: date) -> bytes:
    """Stooq's CSV: bars of an index; a fund's prices and volumes adjusted for splits and dividends throughout."""
    series = series_of("stooq", query["s"][0])
    if series is None:
        return b"No data"
    bars = market.bars(series).until(np.datetime64(as_of))
    low, high = (
        np.datetime64(f"{d[:4]}-{d[4:6]}-{d[6:]}")
        for d in (query.get(name, [bound])[0] for name, bound in (("d1", "19000101"), ("d2", "29991231")))
    )
    kept = np.flatnonzero((bars.days >= low) & (bars.days <= high))
    if not kept.size:
        return b"No data"
    scale = adjusted(bars) / bars.close if series.kind == "fund" else np.ones(len(bars.days))
    prices = [np.round(getattr(bars, name)[kept] * scale[kept], 4).tolist() for name in PRICES]
    volume = np.round(bars.volume[kept] / scale[kept], 6).tolist()
    lines = ["Date,Open,High,Low,Close,Volume"]
    lines += [",".join([str(day), *map(repr, row)]) for day, *row in zip(bars.days[kept], *prices, volume, strict=True)]
    return ("\r\n".join(lines) + "\r\n").encode().replace(b".0,", b",").replace(b".0\r", b"\r")


def alphavantage_json(market: SampleMarket, query: Query, as_of: date) -> bytes:
    """Alpha Vantage's JSON, newest day first, numbers as text; the adjusted function has actions beside the bars."""
    series = series_of("alphavantage", query.get("symbol", [""])[0])
    if not query.get("apikey"):
        return to_json({"Error Message": "the parameter apikey is invalid or missing (SIMULATED)"})
    if series is None:
        return to_json({"Error Message": "Invalid API call (SIMULATED)"})
    bars = market.bars(series).until(np.datetime64(as_of))
    is_adjusted = query.get("function") == ["TIME_SERIES_DAILY_ADJUSTED"]
    kept = np.arange(len(bars.days))[-100 if query.get("outputsize") == ["compact"] else 0 :]
    columns: dict[str, list[str]] = {f"{n}. {name}": [f"{v:.4f}" for v in getattr(bars, name)[kept]] for n, name in enumerate(PRICES, 1)}
    volume = [str(v) for v in bars.volume[kept].tolist()]
    if is_adjusted:
        columns["5. adjusted close"] = [repr(v) for v in np.round(adjusted(bars)[kept], 6).tolist()]
        columns["6. volume"] = volume
        columns["7. dividend amount"] = [repr(v) for v in bars.dividend[kept].tolist()]
        columns["8. split coefficient"] = [repr(v) for v in bars.split[kept].tolist()]
    else:
        columns["5. volume"] = volume
    days = {
        str(bars.days[i]): dict(zip(columns, row, strict=True)) for i, *row in reversed(list(zip(kept, *columns.values(), strict=True)))
    }
    meta = {
        "1. Information": "Daily Prices (SIMULATED)",
        "2. Symbol": series.symbol,
        "3. Last Refreshed": str(bars.days[-1]),
        "4. Output Size": query.get("outputsize", ["compact"])[0].title(),
        "5. Time Zone": "US/Eastern",
    }
    return to_json({"Meta Data": meta, "Time Series (Daily)": days})
