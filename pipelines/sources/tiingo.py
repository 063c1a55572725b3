"""Tiingo's end-of-day prices: raw bars, actions, adjusted closes. Needs a token. Not for judging prices."""

from datetime import date
from typing import Any
from urllib.parse import quote

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.columns import column
from pipelines.sources.exchange import newest_is_open
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import LOOK

PROVIDER = "tiingo"
TABLES = ("tiingo_bars", "tiingo_actions", "tiingo_adjusted_closes")
HOST = "https://api.tiingo.com"
FIRST_DAY = date(1950, 1, 1)  # without a start Tiingo sends one day only
FIELDS = ("date", "open", "high", "low", "close", "volume", "adjClose", "divCash", "splitFactor")


def unavailable(client: Client) -> str | None:
    """Why Tiingo cannot be asked, with the cure."""
    if client.token(PROVIDER):
        return None
    return "Tiingo needs a token: make one at https://www.tiingo.com and set ROTATION_TIINGO_TOKEN."


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Bars, actions and adjusted closes of the window; Tiingo's bars are raw, nothing is undone.

    Raises:
        SourceError: no token, or no usable answer.
    """
    source = f"tiingo {series.symbol}"
    if why := unavailable(client):
        raise SourceError(source, "a token", "none", why)
    payload = client.get(
        PROVIDER,
        f"{HOST}/tiingo/daily/{quote(series.symbol, safe='')}/prices",
        params={"startDate": (window.start or FIRST_DAY).isoformat(), "endDate": window.end.isoformat(), "format": "json"},
        headers={"Authorization": f"Token {client.token(PROVIDER)}"},
        kind="json",
    )
    given = _columns(source, payload.document)
    rows = pl.DataFrame(given).with_columns(
        pl.lit(series.symbol).alias("symbol"),
        session_date=pl.col("date").str.replace(r"T00:00:00(\.0+)?(Z|\+00:00)$", ""),
    )
    days = rows["session_date"].str.to_date("%Y-%m-%d", strict=False)
    rows = rows.with_columns(is_partial=newest_is_open(days, payload.receipt.pulled_at))  # Tiingo itself does not say
    splits = _events(rows, "split", "splitFactor", nothing=1.0)
    dividends = _events(rows, "dividend", "divCash", nothing=0.0)
    return {
        "tiingo_bars": rows.select("symbol", "session_date", "open", "high", "low", "close", "volume", "is_partial"),
        "tiingo_actions": pl.concat([splits, dividends], how="vertical_relaxed").sort("action_date", "kind"),
        "tiingo_adjusted_closes": rows.filter(pl.col("adjClose").is_not_null()).select(
            "symbol", "session_date", pl.col("adjClose").alias("adjusted_close")
        ),
    }


def _columns(source: str, document: Any) -> dict[str, pl.Series]:
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise SourceError(source, "a list of days", repr(document)[:200], LOOK)
    missing = sorted({name for row in document for name in FIELDS if name not in row})
    if missing:
        raise SourceError(source, f"fields {', '.join(FIELDS)} on every day", f"days without {', '.join(missing)}", LOOK)
    columns = {name: column(row[name] for row in document) for name in FIELDS}
    return columns | {"date": pl.Series([None if row["date"] is None else str(row["date"]) for row in document], dtype=pl.String)}


def _events(rows: pl.DataFrame, kind: str, name: str, nothing: float) -> pl.DataFrame:
    """Days on which something happened; what is not a number counts as something, so that it is seen."""
    number = pl.col(name).cast(pl.Float64, strict=False)
    happened = rows.filter(pl.col(name).is_not_null() & (number != nothing).fill_null(True))
    return happened.select("symbol", pl.col("session_date").alias("action_date"), pl.lit(kind).alias("kind"), pl.col(name).alias("value"))
