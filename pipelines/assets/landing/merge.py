"""A checked batch merged into its raw table: history grows, revisions stand beside what they replace, nothing is overwritten. Not for deciding what may be merged."""

from collections.abc import Mapping
from datetime import date

import duckdb
import polars as pl

from pipelines.contracts import TableContract
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import BOOKKEEPING, latest

NEW, REVISED, UNCHANGED = "new", "revised", "unchanged"
FIRST_DAY = date(1, 1, 1)


def _differs(contract: TableContract) -> str:
    return " or ".join(f"batch.{c} is distinct from held.{c}" for c in contract.compared_columns) or "false"


def _same_key(contract: TableContract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{c} = {right}.{c}" for c in contract.key)


def _held(contract: TableContract) -> str:
    """What the batch is compared with; of filings only those in the batch, for the table holds all there ever were."""
    return latest(contract, "accession in (select accession from batch)" if "accession" in contract.key else "true")


def compare(connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: pl.DataFrame) -> pl.DataFrame:
    """The batch with a column `_change`: new, revised or unchanged against the newest versions held."""
    with lent(connection, batch=batch.select(*contract.key, *contract.compared_columns).with_row_index("_row")):
        change = connection.sql(
            f"""
            select case when held.known_on is null then '{NEW}' when {_differs(contract)} then '{REVISED}' else '{UNCHANGED}' end as _change
            from batch left join {_held(contract)} as held on {_same_key(contract, "batch", "held")}
            order by batch._row
            """
        ).pl()
    return batch.with_columns(change["_change"])


def replacing(connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: pl.DataFrame) -> dict[str, int]:
    """New rows by series whose vintage says otherwise than the one before it, where a vintage is part of the key: revisions, to be counted."""
    if "vintage" not in contract.key or batch.is_empty():
        return {}
    rest, said = ", ".join(k for k in contract.key if k != "vintage"), "value"
    with lent(connection, batch=batch.filter(pl.col("_change") == NEW).select("_series", *contract.schema)):
        rows = connection.execute(
            f"""
            with
            versions as (
                select _series, {", ".join(contract.key)}, {said} as said from batch
                union all by name
                select null as _series, {", ".join(contract.key)}, {said} as said from raw.{contract.name}
                where {contract.symbol_column} in (select {contract.symbol_column} from batch)),
            told as (select _series, said, lag(said) over (partition by {rest} order by vintage) as before from versions)
            select _series, count(*) from told where _series is not null and before is not null and said <> before group by all
            """
        ).fetchall()
    return dict(rows)


def withdrawn(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: pl.DataFrame, asked_from: Mapping[str, date | None]
) -> dict[str, int]:
    """Rows we hold, by series, of the days the provider was asked for and no longer sends: a history cut short, a value blanked.

    A vendor's file and a new vintage say nothing of the rest: there only days within the batch count.
    """
    if contract.symbol_column is None or batch.is_empty():
        return {}
    symbol, day = contract.symbol_column, contract.date_column
    has_vintage = "vintage" in contract.schema
    is_history = contract.provider != "drop" and not has_vintage
    asked = pl.DataFrame(
        [(s, d or FIRST_DAY) for s, d in asked_from.items() if is_history],
        schema={"_series": pl.String, "_asked_from": pl.Date},
        orient="row",
    )
    spans = batch.select(*contract.key, "_series", "_date").join(asked, on="_series", how="left")
    with lent(connection, batch=spans):
        rows = connection.execute(
            f"""
            with spans as (
                select {symbol}, any_value(_series) as _series, coalesce(any_value(_asked_from), min(_date)) as first_day, max(_date) as last_day
                    {", min(vintage) as first_vintage" if has_vintage else ""}
                from batch group by all)
            select spans._series, count(*)
            from {latest(contract)} as held
            join spans on spans.{symbol} = held.{symbol} and held.{day} between spans.first_day and spans.last_day
                {"and held.vintage >= spans.first_vintage" if has_vintage else ""}
            anti join batch on {_same_key(contract, "batch", "held")}
            group by all
            """
        ).fetchall()
    return dict(rows)


def _alone(contract: TableContract, rows: pl.DataFrame) -> pl.Expr | pl.Series:
    """Which rows are the only ones of their key; counted already where the batch was judged as a whole."""
    return pl.col("_key_count") == 1 if "_key_count" in rows.columns else ~rows.select(contract.key).is_duplicated()


def merge(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: pl.DataFrame, revision_day: date, provenance: str, run_id: str
) -> None:
    """Append the new and the revised rows of a compared batch (columns `_change`, `known_on`, `pulled_at`, `payload_sha256`).

    A revised value is known on `revision_day`, or from `_known_from` where that is earlier; what it replaces stays.
    """
    rows = batch.filter(pl.col("_change") != UNCHANGED)
    if rows.is_empty():
        return
    revised_on = pl.max_horizontal(pl.lit(revision_day), "known_on")
    if "_known_from" in rows.columns:
        revised_on = pl.min_horizontal(revised_on, "_known_from")
    rows = rows.with_columns(
        known_on=pl.when(pl.col("_change") == REVISED).then(revised_on).otherwise("known_on"),
        is_first=(pl.col("_change") == NEW) & _alone(contract, rows),
        provenance=pl.lit(provenance),
        run_id=pl.lit(run_id),
    ).select(*(c.name for c in contract.columns), *BOOKKEEPING)
    with lent(connection, batch=rows):
        connection.execute(f"insert into raw.{contract.name} by name select * from batch")
