"""Alpha Vantage's daily series: raw bars, and with a premium plan actions and adjusted closes. Needs a key. Not for judging prices."""

from typing import Any

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.columns import column
from pipelines.sources.exchange import newest_is_open
from pipelines.sources.http import Client
from pipelines.sources.interface import NotAsked, SourceError, Window
from pipelines.sources.payload import LOOK
from pipelines.sources.redaction import redact

PROVIDER = "alphavantage"
TABLES = ("alphavantage_bars", "alphavantage_actions", "alphavantage_adjusted_closes")
ADDRESS = "https://www.alphavantage.co/query"
REQUESTS_A_DAY = 25  # of a free key
META, DAYS = "Meta Data", "Time Series (Daily)"
BARS = {"open": "1. open", "high": "2. high", "low": "3. low", "close": "4. close"}
FREE = BARS | {"volume": "5. volume"}
PREMIUM = BARS | {
    "adjusted_close": "5. adjusted close",
    "volume": "6. volume",
    "dividend": "7. dividend amount",
    "split": "8. split coefficient",
}
KEY = "make one at https://www.alphavantage.co/support/#api-key and set ROTATION_ALPHA_VANTAGE_KEY."
# What Alpha Vantage says with status 200 in place of data, and what to do.
SAYINGS = {
    "Error Message": "Alpha Vantage does not know the symbol: correct it in series_catalog.csv.",
    "Note": "Too many requests: run again tomorrow, or ask for fewer series.",
    "Information": "The plan of this key does not allow it: run again tomorrow, ask for fewer series, or see ROTATION_ALPHA_VANTAGE_PLAN.",
}


def unavailable(client: Client) -> str | None:
    """Why Alpha Vantage cannot be asked, with the cure."""
    return None if client.token(PROVIDER) else f"Alpha Vantage needs a key: {KEY}"


def read(series: Series, client: Client, window: Window) -> dict[str, pl.DataFrame]:
    """Bars of the window. A free key brings raw bars of the last 100 sessions, a premium one the whole history with its actions.

    Raises:
        NotAsked: the requests of a free key are spent for the day.
        SourceError: no key, or no usable answer.
    """
    source = f"alphavantage {series.symbol}"
    if why := unavailable(client):
        raise SourceError(source, "a key", "none", why)
    is_premium = client.asks.get("alpha_vantage_plan") == ("premium",)
    if not is_premium and window.asked_today >= REQUESTS_A_DAY:
        raise NotAsked(f"{source}: the {REQUESTS_A_DAY} requests a day of a free key are spent; it is asked again tomorrow.")
    token = str(client.token(PROVIDER))
    params = {
        "function": "TIME_SERIES_DAILY_ADJUSTED" if is_premium else "TIME_SERIES_DAILY",
        "symbol": series.symbol,
        "outputsize": "full" if is_premium else "compact",
        "datatype": "json",
        "apikey": token,
    }
    payload = client.get(PROVIDER, ADDRESS, params=params, kind="json", look=lambda said: _look(source, said, token))
    days = dict(payload.document[DAYS])
    fields = PREMIUM if is_premium else FREE
    missing = sorted({f for day in days.values() for f in fields.values() if not isinstance(day, dict) or f not in day})
    if missing:
        raise SourceError(source, f"fields {', '.join(fields.values())} on every day", f"days without {', '.join(missing)}", LOOK)
    rows = pl.DataFrame(
        {"session_date": pl.Series(list(days), dtype=pl.String)}
        | {name: column(_number(day[field]) for day in days.values()) for name, field in fields.items()}
    )
    day = pl.col("session_date").str.to_date("%Y-%m-%d", strict=False)
    within = day.is_between(window.start, window.end) if window.start else day <= window.end
    rows = rows.filter(within.fill_null(True)).sort("session_date").with_columns(symbol=pl.lit(series.symbol))
    parsed = rows["session_date"].str.to_date("%Y-%m-%d", strict=False)
    rows = rows.with_columns(is_partial=newest_is_open(parsed, payload.receipt.pulled_at))  # Alpha Vantage itself does not say
    bars = {"alphavantage_bars": rows.select("symbol", "session_date", *BARS, "volume", "is_partial")}
    return bars | _of_premium(rows) if is_premium else bars


def _of_premium(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    splits, dividends = _events(rows, "split", nothing=1.0), _events(rows, "dividend", nothing=0.0)
    return {
        "alphavantage_actions": pl.concat([splits, dividends], how="vertical_relaxed").sort("action_date", "kind"),
        "alphavantage_adjusted_closes": rows.filter(pl.col("adjusted_close").is_not_null()).select(
            "symbol", "session_date", "adjusted_close"
        ),
    }


def _look(source: str, document: Any, token: str) -> None:
    """Refuse what is no series before it is archived: Alpha Vantage's refusals repeat the key."""
    found = document if isinstance(document, dict) else {}
    for saying, cure in SAYINGS.items():
        if saying in found:
            raise SourceError(source, f"`{DAYS}`", redact(f"{saying}: {str(found[saying])[:300]}", [token]), cure)
    if not isinstance(found.get(META), dict) or not isinstance(found.get(DAYS), dict) or not found[DAYS]:
        raise SourceError(source, f"`{META}` and days under `{DAYS}`", redact(repr(document)[:200], [token]), LOOK)
    symbol = found[META].get("2. Symbol")
    asked = source.split(" ", 1)[1]
    if str(symbol).upper() != asked.upper():
        raise SourceError(source, f"the symbol {asked}", repr(symbol)[:80], LOOK)


def _number(text: Any) -> Any:
    """Alpha Vantage writes numbers as text; what is none stays text, for the cast to reject."""
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _events(rows: pl.DataFrame, kind: str, nothing: float) -> pl.DataFrame:
    """Days on which something happened; what is not a number counts as something, so that it is seen."""
    number = pl.col(kind).cast(pl.Float64, strict=False)
    happened = rows.filter(pl.col(kind).is_not_null() & (number != nothing).fill_null(True))
    return happened.select("symbol", pl.col("session_date").alias("action_date"), pl.lit(kind).alias("kind"), pl.col(kind).alias("value"))
