"""Frames lent to a DuckDB connection as tables, for as long as a block lasts. Not for what is kept (warehouse.py lays out tables)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import polars as pl


@contextmanager
def lent(connection: duckdb.DuckDBPyConnection, **frames: "pl.DataFrame") -> Iterator[None]:
    """SQL of the block reads each frame under its keyword."""
    for name, frame in frames.items():
        connection.register(name, frame.to_arrow())
    try:
        yield
    finally:
        for name in frames:
            connection.unregister(name)
