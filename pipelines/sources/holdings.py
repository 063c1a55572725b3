"""What every reader of a fund's holdings gives: one shape of line, numbers as funds write them, a list given twice told apart. Not for one provider's form."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipelines.sources.columns import column
from pipelines.sources.interface import SourceError

TEXTS = ("ticker", "name", "cusip", "isin", "sedol", "lei", "asset_class", "sector", "currency", "location")
NUMBERS = ("weight_pct", "shares", "market_value_usd", "price")
COLUMNS = (
    "fund", "holdings_date", "line_no", "ticker", "name", "cusip", "isin", "sedol", "lei", "asset_class", "sector",
    "weight_pct", "shares", "market_value_usd", "price", "currency", "location",
)  # fmt: skip
NOTHING = frozenset({"", "-", "--", "–", "N/A", "NA", "NONE", "UNASSIGNED", "000000000"})


def text(cell: object) -> str | None:
    """A cell without the spaces around it, non-breaking ones too; None where a dash or the like stands for nothing."""
    said = " ".join(str(cell if cell is not None else "").split())
    return None if said.upper() in NOTHING else said


def number(cell: object) -> float | str | None:
    """A number without thousands separators, signs of currency and percent; what is none stays text, for the cast to reject."""
    said = text(cell)
    if said is None:
        return None
    plain = said.replace(",", "").replace("$", "").replace("%", "").strip()
    negative = plain.startswith("(") and plain.endswith(")")
    try:
        value = float(plain.strip("()"))
    except ValueError:
        return said
    return -value if negative else value


def once(source: str, body: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The lines, and one time only where the whole list was sent twice.

    Raises:
        SourceError: most lines come twice, but the two lists differ: which one is true cannot be known.
    """
    half, odd = divmod(len(body), 2)
    if half and not odd and body[:half] == body[half:]:
        return body[:half]
    twice = len(body) - len(set(body))
    if twice > 10 and twice > len(body) // 4:
        cure = "Ask again; if it stays so, look at the archived payload."
        raise SourceError(source, "each line once, or the whole list twice", f"{twice:,} of {len(body):,} lines twice", cure)
    return body


def frame(fund: str, holdings_date: str, lines: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The lines in the shape of the raw tables of holdings."""
    texts = {name: pl.Series([line.get(name) for line in lines], dtype=pl.String) for name in TEXTS}
    numbers = {name: column(line.get(name) for line in lines) for name in NUMBERS}
    rows = pl.DataFrame({"line_no": pl.int_range(1, len(lines) + 1, dtype=pl.Int64, eager=True), **texts, **numbers})
    return rows.select(pl.lit(fund).alias("fund"), pl.lit(holdings_date).alias("holdings_date"), *COLUMNS[2:])
