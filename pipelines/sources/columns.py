"""A provider's values as columns: numbers where all are, else the text as received, for the cast to reject. Not for limits."""

from collections.abc import Iterable
from typing import Any

import polars as pl


def column(values: Iterable[Any]) -> pl.Series:
    """Float64 if every value is a number or None; otherwise all as text."""
    held = list(values)
    if all(v is None or (isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e300) for v in held):
        return pl.Series(held, dtype=pl.Float64, strict=False)
    return pl.Series([None if v is None else str(v) for v in held], dtype=pl.String)


def without_float32_noise(values: pl.Series) -> pl.Series:
    """Prices that a provider kept in 32 bits and sent in 64 (269.70001220703125), as they were meant (269.7)."""
    if values.dtype != pl.Float64:
        return values
    narrow = values.cast(pl.Float32)
    is_noise = (narrow.cast(pl.Float64) == values) & (values.round(6) != values)  # a price in 64ths (133.984375) is none
    return values.zip_with(~is_noise.fill_null(False), narrow.cast(pl.String).cast(pl.Float64))
