"""Holdings of iShares funds as the CSV of their pages gives them. Not for choosing the members among them (int_list_members)."""

import csv
import io
import re
from datetime import date, datetime

import polars as pl

from pipelines.catalog import Series
from pipelines.sources.holdings import frame, number, once, text
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.payload import ASK_LATER, LOOK

PROVIDER = "ishares"
TABLES = ("ishares_holdings",)
URL = "https://www.ishares.com/us/products/{symbol}/1467271812596.ajax"
# Our names by theirs, old and new: what a column is called has changed more than once (Shares became Quantity).
NAMES = {
    "ticker": ("ticker", "issuer ticker"),
    "name": ("name", "issuer name", "security name", "description"),
    "sector": ("sector", "gics sector"),
    "asset_class": ("asset class", "type"),
    "market_value_usd": ("market value",),
    "weight_pct": ("weight", "weight %", "% weight", "weighting"),
    "shares": ("quantity", "shares", "units", "units held", "shares held", "par value"),
    "price": ("price", "unit price", "market price"),
    "currency": ("market currency", "local currency", "currency"),
    "location": ("location", "country"),
    "cusip": ("cusip",),
    "isin": ("isin",),
    "sedol": ("sedol",),
}
NEEDED = ("ticker", "name", "asset_class", "weight_pct")
ASSET_CLASSES = {
    "equity": "equity",
    "cash": "cash",
    "money market": "cash",
    "cash collateral and margins": "cash",
    "futures": "future",
}
DATES = ("%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d/%b/%Y", "%Y-%m-%d")
_DAY = re.compile(r"as of", re.IGNORECASE)
_UNIT = re.compile(r"\((?:usd|us\$|\$)\)")


def unavailable(_client: Client) -> str | None:
    """The pages can always be asked."""
    return None


def read(series: Series, client: Client, _window: Window) -> dict[str, pl.DataFrame]:
    """The newest list of the fund, at the file's own date, whatever the day asked for: landing sets aside what came later.

    Raises:
        SourceError: no usable answer, no header, no date, a list cut off or given twice with differences.
    """
    source, fund = f"ishares {series.symbol}", str(series.instrument_id)
    payload = client.get(
        PROVIDER,
        URL.format(symbol=series.symbol),
        params={"fileType": "csv", "fileName": f"{fund}_holdings", "dataType": "fund"},
        kind="text",
    )
    rows = _cells(source, payload.content)
    heads = [i for i, row in enumerate(rows) if _places(row).keys() >= set(NEEDED)]
    if not heads:
        raise SourceError(source, f"a header with columns for {', '.join(NEEDED)}", f"{len(rows)} lines without one", LOOK)
    day = _day(source, rows[: heads[0]])
    lists = [_list(source, rows, head, stop) for head, stop in zip(heads, [*heads[1:], len(rows)], strict=True)]
    if any(one != lists[0] for one in lists[1:]):
        raise SourceError(
            source, "one list of holdings", f"{len(lists)} that differ", "Look at the archived payload: which one is the fund?"
        )
    places = _places(rows[heads[0]])
    lines = [{name: (number if name in _NUMBERS else text)(row[at]) for name, at in places.items()} for row in once(source, lists[0])]
    for line in lines:
        line["asset_class"] = ASSET_CLASSES.get(str(line["asset_class"]).lower(), "other")
    return {"ishares_holdings": frame(fund, day.isoformat(), lines)}


_NUMBERS = ("market_value_usd", "weight_pct", "shares", "price")


def _cells(source: str, content: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=False))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise SourceError(source, "CSV in UTF-8", f"{str(problem)[:200]}: half a body?", ASK_LATER) from None


def _places(row: list[str]) -> dict[str, int]:
    """Which column is where, by the names they go by."""
    plain = [" ".join(_UNIT.sub("", cell.lower()).replace("(", " ").replace(")", " ").split()) for cell in row]
    found: dict[str, int] = {}
    for ours, theirs in NAMES.items():
        at = next((plain.index(name) for name in theirs if name in plain), None)
        if at is not None:
            found[ours] = at
    return found


def _day(source: str, preamble: list[list[str]]) -> date:
    said = [text(row[1]) for row in preamble if len(row) > 1 and _DAY.search(row[0])]
    for words in said:
        for form in DATES:
            try:
                return datetime.strptime(words or "", form).date()  # noqa: DTZ007
            except ValueError:
                continue
    cure = "A dash means the fund gives no list for that day: try again later."
    raise SourceError(source, "the day the list describes", f"{said or 'none'} in the preamble", cure)


def _list(source: str, rows: list[list[str]], head: int, stop: int) -> list[tuple[str, ...]]:
    """The lines after a header, up to the first that is none: a blank, a non-breaking space, another preamble."""
    found: list[tuple[str, ...]] = []
    width = len(rows[head])
    for row in rows[head + 1 : stop]:
        if not "".join(row).strip():
            break
        if len(row) != width:
            if stop < len(rows) and len(row) <= 2:
                break  # the preamble of the same list once more
            raise SourceError(source, f"{width} cells a line", f"{len(row)} in line {len(found) + 1}: half a body?", ASK_LATER)
        found.append(tuple(row))
    else:
        if stop == len(rows):
            raise SourceError(source, "an empty line after the last holding", f"the end after {len(found)}: half a body?", ASK_LATER)
    if not found:
        raise SourceError(source, "holdings under the header", "none", ASK_LATER)
    return found
