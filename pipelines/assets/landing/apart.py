"""Rows judged one by one, for tables of facts by the million: what fails is set aside with its reason, the rest stays. Not for batches that pass whole (batch.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import polars as pl

from pipelines.assets.landing.cast import REJECTED
from pipelines.assets.landing.fact_history import misfits, restated
from pipelines.assets.landing.merge import UNCHANGED
from pipelines.contracts import TableContract

# A payload of which more than this share is set aside is in another form: then nothing of its series is merged.
MOST_APART_PCT = 10.0
# The data sets round the end of a period to the nearest end of a month.
MOST_AHEAD_DAYS = 16
TWICE = "key_is_unique"
LIMITS = "values_in_limits"
HISTORY = "fact_fits_history"
READABLE = "rows_readable"
WHOLE = "list_is_whole"


@dataclass(frozen=True)
class Apart:
    """Rows that stay, and those set aside by check (columns _series, reason, row_json)."""

    rows: pl.DataFrame
    by_check: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def within_limits(contract: TableContract, rows: pl.DataFrame) -> Apart:
    """Rows within the limits of their columns, each key with one value. The same key said twice alike stays: the merge takes it once."""
    wrong = []
    for c in contract.columns:
        value = pl.col(c.name)
        for is_wrong, what in (
            (None if c.above is None else value <= c.above, f"not above {c.above}"),
            (None if c.min is None else value < c.min, f"below {c.min}"),
            (None if c.max is None else value > c.max, f"above {c.max}"),
            (None if c.values is None else ~value.is_in(list(c.values or ())), f"not one of {', '.join(c.values or ())}"),
            (None if c.pattern is None else ~value.str.contains(c.pattern), f"not of the form {c.pattern}"),
        ):
            if is_wrong is not None:
                wrong.append(pl.when(is_wrong.fill_null(False)).then(pl.lit(f"{c.name}: {what}")))
    reason = pl.coalesce([*wrong, pl.lit(None, pl.String)])
    rows, outside = split(rows.with_columns(_reason=reason))
    several = rows.select(*contract.key, *contract.compared_columns).unique().group_by(contract.key).len().filter(pl.col("len") > 1)
    if several.is_empty():
        return Apart(rows, {LIMITS: outside})
    said = several.select(*contract.key, _reason=pl.lit(f"one key with several values of {', '.join(contract.compared_columns)}"))
    rows, twice = split(rows.join(said, on=list(contract.key), how="left", maintain_order="left"))
    return Apart(rows, {LIMITS: outside, TWICE: twice})


def once(contract: TableContract, rows: pl.DataFrame) -> pl.DataFrame:
    """Compared rows, of which a key said several times alike counts as new or revised once."""
    again = ~pl.struct(contract.key).is_first_distinct()
    return rows.with_columns(_change=pl.when(again).then(pl.lit(UNCHANGED)).otherwise("_change"))


def fitting(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> Apart:
    """New and revised facts that fit what the company said before."""
    if HISTORY not in contract.checks:
        return Apart(rows)
    ahead = pl.when(pl.col("period_end") > pl.col("filed_on").dt.offset_by(f"{MOST_AHEAD_DAYS}d")).then(
        pl.lit("of a period that ends after the filing")
    )
    reasons = pl.DataFrame({
        "ahead": rows.select(ahead)["literal"],
        "fits": misfits(connection, contract, rows),
        "stays": restated(connection, contract, rows),
    })  # fmt: skip
    kept, odd = split(rows.with_columns(reasons.select(_reason=pl.coalesce("ahead", "fits", "stays"))))
    return Apart(kept, {HISTORY: odd})


def whole_list(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame) -> Apart:
    """A list of names of today against the one before: companies come and go, but not many at once."""
    if WHOLE not in contract.checks or rows.is_empty():
        return Apart(rows)
    name, day = contract.key[1], contract.date_column
    held = connection.execute(
        f"select distinct {name} from raw.{contract.name} where {day} = (select max({day}) from raw.{contract.name} where {day} < ?)",
        [rows[day].max()],
    ).fetchall()
    gone = {row[0] for row in held} - set(rows[name])
    if 100 * len(gone) <= MOST_APART_PCT * len(held):
        return Apart(rows)
    kept, odd = split(rows.with_columns(_reason=pl.lit(f"of a list without {len(gone):,} of the {len(held):,} names of the last one")))
    return Apart(kept, {WHOLE: odd})


def split(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without a `_reason`, and the others as the quarantine keeps them."""
    bad = rows.filter(pl.col("_reason").is_not_null())
    shown = pl.struct(pl.exclude("^_.*$").cast(pl.String, strict=False)).struct.json_encode()
    return rows.filter(pl.col("_reason").is_null()).drop("_reason"), bad.select("_series", reason="_reason", row_json=shown).cast(REJECTED)


def failing(kept: pl.DataFrame, apart: Mapping[str, pl.DataFrame]) -> list[str]:
    """Series of which too much was set aside for the rest to be believed."""
    aside = pl.concat([frame.select("_series") for frame in apart.values()]) if apart else pl.DataFrame(schema={"_series": pl.String})
    stayed = dict(kept.group_by("_series").len().iter_rows()) if kept.height else {}
    return sorted(s for s, n in aside.group_by("_series").len().iter_rows() if 100 * n > MOST_APART_PCT * (n + stayed.get(s, 0)))
