"""Yahoo's chart endpoint: daily bars with splits undone, actions, adjusted closes. Unofficial, personal use. Not for judging prices."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.columns import column, without_float32_noise
from pipelines.sources.exchange import newest_is_open
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "yahoo"
TABLES = ("yahoo_bars", "yahoo_actions", "yahoo_adjusted_closes")
HOST = "https://query1.finance.yahoo.com"
ZONE = "America/New_York"
EPOCH = date(1900, 1, 1)  # before the first bar Yahoo has
PRICES = ("open", "high", "low", "close")
FARTHEST_S = 10**11  # seconds from 1970 within which polars has dates


def unavailable(_client: Client) -> str | None:
    """Yahoo can always be asked."""
    return None


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Bars, actions and adjusted closes of the window.

    Yahoo divides the whole past by every later split, so splits are asked for up to today, whatever the window's end.

    Raises:
        SourceError: no usable answer, or one about another symbol, currency, time zone or granularity.
    """
    today = client.today
    params = {
        "period1": str(_seconds(window.start or EPOCH)),
        "period2": str(_seconds(max(window.end, today) + timedelta(days=1))),
        "interval": "1d",
        "events": "div,splits",
        "includeAdjustedClose": "true",
    }
    payload = client.get(PROVIDER, f"{HOST}/v8/finance/chart/{quote(series.symbol, safe='')}", params=params, kind="json")
    source = f"yahoo {series.symbol}"
    try:
        result = _result(source, payload.document)
        _look_at_meta(source, result["meta"], series)
        bars = _bars(source, result)
        actions = _actions(result.get("events") or {})
        market_time = result["meta"].get("regularMarketTime")
        taken_at = payload.receipt.pulled_at if market_time is None else _moment(market_time)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, pl.exceptions.PolarsError) as problem:
        found = f"{type(problem).__name__}: {str(problem)[:200]}"
        raise SourceError(source, "chart.result[0] with meta, timestamp and indicators", found, LOOK) from None
    within = (window.start or EPOCH, window.end)
    bars = _undo_splits(bars, actions).filter(pl.col("session_date").is_between(*within))
    bars = bars.with_columns(symbol=pl.lit(series.symbol), is_partial=newest_is_open(bars["session_date"], taken_at))
    actions = actions.filter(pl.col("action_date").is_between(*within))
    adjusted = bars.filter(pl.col("adjusted_close").is_not_null())
    return {
        "yahoo_bars": bars.select("symbol", "session_date", *PRICES, "volume", "is_partial"),
        "yahoo_actions": actions.select(pl.lit(series.symbol).alias("symbol"), "action_date", "kind", "value"),
        "yahoo_adjusted_closes": adjusted.select("symbol", "session_date", "adjusted_close"),
    }


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _moment(seconds: Any) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))


def _result(source: str, document: Any) -> dict[str, Any]:
    chart = document["chart"]
    if chart.get("error"):
        cure = "Correct the symbol in series_catalog.csv, or look whether Yahoo still has it."
        raise SourceError(source, "a chart", f"Yahoo's error {str(chart['error'])[:200]}", cure)
    result: dict[str, Any] = chart["result"][0]
    return result


def _look_at_meta(source: str, meta: dict[str, Any], series: Series) -> None:
    wanted = {"symbol": series.symbol, "currency": "USD", "exchangeTimezoneName": ZONE, "dataGranularity": "1d"}
    other = {k: meta.get(k) for k, v in wanted.items() if meta.get(k) != v}
    if other:
        cure = "Do not use it: correct the symbol in series_catalog.csv, or mend the reader if Yahoo renamed a field."
        raise SourceError(source, ", ".join(f"{k} {wanted[k]}" for k in other), ", ".join(f"{k} {v}" for k, v in other.items()), cure)


def _days(seconds: list[Any]) -> pl.Series:
    """New York dates of Unix seconds."""
    if not all(isinstance(s, int) and not isinstance(s, bool) and abs(s) < FARTHEST_S for s in seconds):
        raise ValueError("a timestamp that is not in whole seconds")
    moments = (pl.Series(seconds, dtype=pl.Int64) * 1_000_000).cast(pl.Datetime("us"))
    return moments.dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE).dt.date()


def _bars(source: str, result: dict[str, Any]) -> pl.DataFrame:
    stamps = result.get("timestamp") or []
    quotes = result["indicators"]["quote"][0]
    adjusted = (result["indicators"].get("adjclose") or [{}])[0].get("adjclose")
    missing = [name for name in (*PRICES, "volume") if stamps and name not in quotes]
    if missing:
        raise SourceError(source, f"columns {', '.join((*PRICES, 'volume'))}", f"no {', '.join(missing)}", LOOK)
    columns = {name: quotes.get(name, []) if not stamps else quotes[name] for name in (*PRICES, "volume")}
    columns["adjusted_close"] = adjusted if adjusted is not None else [None] * len(stamps)
    lengths = {name: len(values) for name, values in columns.items() if len(values) != len(stamps)}
    if lengths:
        raise SourceError(source, f"{len(stamps)} values in every column", str(lengths), LOOK)
    bars = pl.DataFrame({"session_date": _days(stamps), **{name: column(values) for name, values in columns.items()}})
    bars = bars.filter(~pl.all_horizontal(pl.col(*PRICES, "volume").is_null()))  # Yahoo's way to say: no session
    if len(stamps) > 1 and stamps[-1] == result["meta"].get("regularMarketTime") and bars["session_date"][-2:].is_duplicated().all():
        bars = pl.concat([bars[:-2], bars[-1:]])  # beside the day's bar Yahoo sometimes sends the live quote; it is the newer one
    return bars.with_columns(*(without_float32_noise(bars[name]).alias(name) for name in (*PRICES, "adjusted_close")))


def _actions(events: dict[str, Any]) -> pl.DataFrame:
    """Splits and dividends; Yahoo divides dividends by later splits too, which is undone."""
    splits = _events("split", [(e["date"], float(e["numerator"]) / float(e["denominator"])) for e in (events.get("splits") or {}).values()])
    dividends = _events("dividend", [(e["date"], e["amount"]) for e in (events.get("dividends") or {}).values()])
    dividends = _times_later_splits(dividends, splits, "action_date", ("value",)).drop("factor")
    return pl.concat([splits, dividends], how="vertical_relaxed").sort("action_date", "kind")


def _events(kind: str, dated: list[tuple[Any, Any]]) -> pl.DataFrame:
    frame = pl.DataFrame({"action_date": _days([day for day, _ in dated]), "value": column(value for _, value in dated)})
    return frame.select("action_date", pl.lit(kind).alias("kind"), "value")


def _times_later_splits(frame: pl.DataFrame, splits: pl.DataFrame, day: str, names: tuple[str, ...]) -> pl.DataFrame:
    """Numbers of the named columns multiplied by every split after their day; text stays. Adds `factor`."""
    factor = pl.lit(1.0)
    for split_day, ratio in splits.select("action_date", "value").iter_rows():
        factor = factor * pl.when(pl.col(day) < split_day).then(ratio).otherwise(1.0)
    frame = frame.with_columns(factor=factor)
    undone = [
        pl.when(pl.col("factor") == 1).then(name).otherwise((pl.col(name) * pl.col("factor")).round(4)).alias(name)
        for name in names
        if frame.schema[name] == pl.Float64
    ]
    return frame.with_columns(undone)


def _undo_splits(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    splits = actions.filter(pl.col("kind") == "split").with_columns(pl.col("value").cast(pl.Float64, strict=False))
    bars = _times_later_splits(bars, splits, "session_date", PRICES)
    if bars.schema["volume"] == pl.Float64:
        undone = (pl.col("volume") / pl.col("factor")).round()
        bars = bars.with_columns(volume=pl.when(pl.col("factor") == 1).then("volume").otherwise(undone))
    return bars
