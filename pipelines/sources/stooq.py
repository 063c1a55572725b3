"""Stooq's daily CSV: bars of indices, adjusted closes of funds. Needs a key. Not for judging prices."""

import io
from datetime import date

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.exchange import newest_is_open
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import ASK_LATER, LOOK, look_at, snippet

PROVIDER = "stooq"
TABLES = ("stooq_bars", "stooq_adjusted_closes")
ADDRESS = "https://stooq.com/q/d/l/"
FIRST_DAY = date(1970, 1, 1)  # before it Stooq has months and Saturdays, and the exchange's calendar is not trusted
COLUMNS = ("Date", "Open", "High", "Low", "Close")
CURE = "check ROTATION_STOOQ_KEY: open https://stooq.com, take a symbol's page of historical data, and follow `Get your apikey`."
# What Stooq says with status 200 in place of data, and what to do.
SAYINGS = {
    "no data": "Stooq does not know the symbol, or has nothing in the window: correct the symbol in series_catalog.csv.",
    "exceeded the daily hits limit": "Too many requests today: run again tomorrow.",
}


def unavailable(client: Client) -> str | None:
    """Why Stooq cannot be asked, with the cure."""
    return None if client.token(PROVIDER) else f"Stooq needs a key: {CURE}"


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Bars of an index; of a fund its closes adjusted for splits and dividends, for Stooq's fund prices are so throughout.

    Raises:
        SourceError: no key, or no usable answer.
    """
    source = f"stooq {series.symbol}"
    if why := unavailable(client):
        raise SourceError(source, "a key", "none", why)
    params = {
        "s": series.symbol.lower(),
        "d1": f"{max(window.start or FIRST_DAY, FIRST_DAY):%Y%m%d}",
        "d2": f"{window.end:%Y%m%d}",
        "i": "d",
        "apikey": str(client.token(PROVIDER)),
    }
    try:
        payload = client.get(PROVIDER, ADDRESS, params=params, kind="text")
    except SourceError as problem:
        if "an HTML page" not in problem.found:
            raise
        raise SourceError(problem.source, problem.expected, problem.found, f"Stooq answers a missing or refused key so: {CURE}") from None
    given = _table(source, payload.content)
    rows = given.select(pl.lit(series.symbol).alias("symbol"), *(pl.col(n).alias(n.lower()) for n in given.columns))
    rows = rows.rename({"date": "session_date"})
    if series.kind == "fund":
        return {"stooq_adjusted_closes": rows.select("symbol", "session_date", adjusted_close="close")}
    whole = pl.col("volume").cast(pl.Float64, strict=False).round().cast(pl.Int64, strict=False).cast(pl.String)
    rows = rows.with_columns(volume=pl.coalesce(whole, "volume"))  # on some days Stooq counts parts of shares; what is no number stays text
    days = rows["session_date"].str.to_date("%Y-%m-%d", strict=False)
    rows = rows.with_columns(is_partial=newest_is_open(days, payload.receipt.pulled_at))  # Stooq itself does not say
    return {"stooq_bars": rows.select("symbol", "session_date", "open", "high", "low", "close", "volume", "is_partial")}


def _table(source: str, content: bytes) -> pl.DataFrame:
    """The rows as text; some indices have no volume."""
    said = snippet(content)
    for saying, cure in SAYINGS.items():
        if said.lower().startswith(saying):
            raise SourceError(source, f"CSV with {', '.join(COLUMNS)}", repr(said), cure)
    look_at(source, content, "csv")
    try:
        frame = pl.read_csv(io.BytesIO(content), infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError as problem:
        found = f"lines that do not fit it ({str(problem)[:120]})"
        raise SourceError(source, f"CSV with {', '.join(COLUMNS)}", found, LOOK) from None
    names = [c for c in frame.columns if c in (*COLUMNS, "Volume")]
    if set(COLUMNS) - set(names):
        raise SourceError(source, f"CSV with {', '.join(COLUMNS)}", f"a file that begins {said!r}", LOOK)
    if frame.is_empty():
        raise SourceError(source, "at least one day", "a header alone", ASK_LATER)
    return frame.with_columns(Volume="Volume" if "Volume" in names else pl.lit(None, pl.String)).select(*COLUMNS, "Volume")
