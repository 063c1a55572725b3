"""The few rows of a batch that decide whether its expectations hold, so that millions need not go through pandas. Not for asking them (expectations.py).

An expectation of a row holds for all rows where it holds for those that come nearest to breaking it: the least and the greatest value for a
range, the one nearest to zero where zero is refused, the least difference of a pair, one row of each distinct value for a set or a pattern.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import polars as pl


class Asked(Protocol):
    """An expectation: its type in Great Expectations, and its arguments."""

    @property
    def type(self) -> str: ...

    @property
    def arguments(self) -> dict[str, Any]: ...


def decisive(frame: pl.DataFrame, wanted: Sequence[Asked]) -> pl.DataFrame:
    """The rows of the frame that decide, each once, in their order; shape (few, columns). Each expectation holds for them or for none.

    Raises:
        ValueError: an expectation of a type whose decisive rows nobody has thought about.
    """
    rows = {0}
    for one in wanted:
        rows |= set(_of(frame, one))
    return frame[sorted(rows)]


def _of(frame: pl.DataFrame, asked: Asked) -> list[int]:
    a = asked.arguments
    match asked.type:
        case "ColumnValuesToBeBetween":
            values = _known(frame[a["column"]])
            return _there(values.arg_min(), values.arg_max())
        case "ColumnValuesToBeInSet" | "ColumnValuesToMatchRegex":
            return list(frame[a["column"]].is_first_distinct().arg_true())
        case "ColumnValuesToNotBeInSet" if a["value_set"] == [0]:
            return _there(_known(frame[a["column"]]).abs().arg_min())
        case "ColumnValuesToBeNull":
            return list(frame[a["column"]].is_not_null().arg_true().head(1))
        case "ColumnPairValuesAToBeGreaterThanB" if a["ignore_row_if"] == "either_value_is_missing":
            return _there(_known(frame[a["column_A"]] - frame[a["column_B"]]).arg_min())
    raise ValueError(f"{asked.type}: which rows decide whether it holds is not known; say so in pipelines/checks/decisive.py")


def _known(values: pl.Series) -> pl.Series:
    """Without NaN, which pandas takes for a missing value."""
    return values.fill_nan(None) if values.dtype.is_float() else values


def _there(*rows: int | None) -> list[int]:
    return [row for row in rows if row is not None]
