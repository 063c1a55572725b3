"""A provider that tells its past anew: a series on another base, closes of sessions long over. Not for units (continuity), nor for adjusted closes (anchor)."""

from collections.abc import Mapping

import duckdb
import polars as pl

from pipelines.assets.landing.merge import REVISED
from pipelines.catalog import Series
from pipelines.checks.expectations import MOST_RESCALED, MOST_REVISED_PCT
from pipelines.contracts import TableContract
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

# A base is changed for a whole series at once: so many values, nearly all by one factor, which rounding blurs by this much.
FEWEST_REBASED = 24
ALL_BUT_PCT = 5
BLUR = 1e-3
LEAST_REBASED = 5e-3
# Of single closes that differ ours stay; of more than these the provider has another series.
MOST_KEPT_BACK = 5


def rebased(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, _: Mapping[str, Series]) -> pl.DataFrame:
    """`_rebased_by`: the one factor between what came and the values held of a series, where nearly all of them moved by it."""
    columns = ("close",) if contract.date_column == "session_date" else contract.number_columns
    key = [k for k in contract.key if k != "vintage"]
    same = " and ".join(f"held.{k} = came.{k}" for k in key)
    pairs = " union all ".join(
        f"select came._series, '{c}' as name, came.{c} / held.{c} as ratio from newest as came join held on {same} where came.{c} <> 0 and held.{c} <> 0"
        for c in columns
    )
    version = "vintage" if "vintage" in contract.key else "known_on"
    with lent(connection, came=rows.select("_series", "_change", "known_on", *contract.schema)):
        found = connection.sql(
            f"""
            with
            held as (
                select * from raw.{contract.name} where {contract.symbol_column} in (select {contract.symbol_column} from came)
                qualify row_number() over (partition by {", ".join(key)} order by {version} desc, pulled_at desc) = 1),
            newest as (select * from came qualify row_number() over (partition by {", ".join(key)} order by {version} desc) = 1),
            pairs as ({pairs}),
            factors as (select _series, name, median(ratio) as factor from pairs group by all)
            select _series, arg_max(factor, abs(ln(factor))) as _rebased_by
            from (
                select _series, name, any_value(factor) as factor
                from pairs join factors using (_series, name)
                where factor > 0 and abs(factor - 1) > {LEAST_REBASED} and abs(ln(factor)) < ln({MOST_RESCALED})
                group by _series, name
                having count(*) >= {FEWEST_REBASED}
                    and 100.0 * count(*) filter (abs(ratio / factor - 1) > {BLUR}) / count(*) <= {ALL_BUT_PCT})
            group by _series
            """
        ).pl()
    return rows.join(found, on="_series", how="left", maintain_order="left")


def moved_closes(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, _: Mapping[str, Series]
) -> pl.DataFrame:
    """`_close_moved_pct`: by how much a close differs from the one held of a session that was over when it was taken."""
    with lent(connection, came=rows.filter(pl.col("_change") == REVISED).select("_series", *contract.key, "close")):
        found = connection.sql(
            f"""
            select came._series, {", ".join(f"came.{k}" for k in contract.key)}, 100 * abs(came.close / held.close - 1) as _close_moved_pct
            from came join {latest(contract)} as held on {" and ".join(f"held.{k} = came.{k}" for k in contract.key)}
            where not held.is_partial
            """
        ).pl()
    moved = rows.join(found, on=["_series", *contract.key], how="left", maintain_order="left")
    named = [c for c in ("_rescaled_by", "_rebased_by") if c in moved.columns]  # then a wrong unit or base is what happened
    is_named = pl.any_horizontal(
        [pl.col(c).max().over("_series") >= (MOST_RESCALED if c == "_rescaled_by" else 0) for c in named] or [pl.lit(False)]
    )
    return moved.with_columns(_close_moved_pct=pl.when(~is_named.fill_null(False)).then("_close_moved_pct"))


def kept_back(contract: TableContract, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The batch without single closes that may not change, and those; where they are many they stay, for the check to fail."""
    if "closes_stay" not in contract.checks or "_close_moved_pct" not in rows.columns:
        return rows, rows.clear()
    is_moved = (pl.col("_close_moved_pct") > MOST_REVISED_PCT).fill_null(False)
    is_single = is_moved & (is_moved.sum().over("_series") <= MOST_KEPT_BACK)
    return rows.filter(~is_single), rows.filter(is_single)
