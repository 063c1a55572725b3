"""Rows as JSON for scripts: numbers as numbers, days as text. Not for rows in a log (checks/verdicts.py)."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded when something is asked: every command imports this module
    import polars as pl


def rows_as_json(frame: "pl.DataFrame") -> str:
    """A list of objects, one a row."""
    return json.dumps(frame.to_dicts(), default=lambda v: float(v) if isinstance(v, Decimal) else str(v), indent=2)
