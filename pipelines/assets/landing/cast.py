"""A provider's frame cast to its table's contract; what cannot be read is handed back with its reason. Not for limits (checks) or storage."""

from dataclasses import dataclass

import polars as pl

from pipelines.contracts import Column, TableContract
from pipelines.sources.drop import LINE
from pipelines.sources.interface import SourceError


@dataclass(frozen=True)
class CastBatch:
    """`rows` in the contract's schema plus `_series`; `rejected` with columns _series, reason, row_json."""

    rows: pl.DataFrame
    rejected: pl.DataFrame


REJECTED = pl.Schema({"_series": pl.String(), "reason": pl.String(), "row_json": pl.String()})


def _as_type(frame: pl.DataFrame, column: Column) -> pl.Expr:
    source = pl.col(column.name)
    if frame.schema[column.name] != pl.String:
        return source.cast(column.polars_type, strict=False)
    text = source.str.strip_chars()
    text = pl.when(text == "").then(None).otherwise(text)
    if column.data_type == "date":
        return text.str.to_date("%Y-%m-%d", strict=False)
    if column.data_type == "timestamp":  # 2010-05-07 13:14:00.0, or with a T
        moment = text.str.replace("T", " ", literal=True)
        return pl.coalesce(
            moment.str.to_datetime(form, time_unit="us", strict=False) for form in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
        )
    if column.data_type == "bigint":  # vendors write whole numbers as 35363500.0
        number = text.cast(pl.Float64, strict=False)
        return pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False)
    if column.data_type == "boolean":
        return text.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    return text.cast(column.polars_type, strict=False)


def cast(frame: pl.DataFrame, contract: TableContract, source: str) -> CastBatch:
    """Cast a frame that carries `_series`, and of a dropped file the line, beside the contract's columns.

    Columns the contract does not know are left out; a missing one is an error.

    Raises:
        SourceError: the frame lacks columns of the contract.
    """
    missing = [c.name for c in contract.columns if c.name not in frame.columns]
    if missing:
        raise SourceError(
            f"{source} for raw.{contract.name}",
            f"columns {', '.join(c.name for c in contract.columns)}",
            f"no {', '.join(missing)}",
            "The provider changed its form: look at the archived payload and mend the reader.",
        )
    about = [c for c in ("_series", LINE) if c in frame.columns]
    given = frame.select(*about, *(c.name for c in contract.columns))
    typed = given.select(*about, *(_as_type(given, c).alias(c.name) for c in contract.columns))
    reasons = []
    for column in contract.columns:
        was, now = given[column.name], typed[column.name]
        if was.dtype != pl.String:
            empty = was.is_null()
        elif column.data_type == "varchar":
            empty = now.is_null()
        else:
            empty = was.is_null() | (was.str.strip_chars() == "")
        unreadable = now.is_null() & ~empty
        if column.data_type == "double":
            unreadable |= now.is_nan().fill_null(False) | now.is_infinite().fill_null(False)
        if unreadable.any():
            shown = was.cast(pl.String, strict=False).fill_null("")
            reasons.append(
                pl.select(
                    pl.when(unreadable).then(pl.format(f"{column.name}: '{{}}' is not a {column.data_type}", shown)).alias(column.name)
                )
            )
        if not column.nullable and empty.any():
            reasons.append(pl.select(pl.when(empty).then(pl.lit(f"{column.name}: empty")).alias(f"{column.name}_empty")))
    if not reasons:
        return CastBatch(typed, pl.DataFrame(schema=REJECTED))
    reason = pl.concat(reasons, how="horizontal").select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True).alias("reason"))[
        "reason"
    ]
    bad = reason != ""
    rejected = given.filter(bad).select(
        "_series",
        reason.filter(bad).alias("reason"),
        pl.struct(pl.exclude("_series").cast(pl.String, strict=False)).struct.json_encode().alias("row_json"),
    )
    return CastBatch(typed.filter(~bad), rejected.cast(REJECTED))
