"""The raw table of bars copied to another DuckDB file. Not for deriving anything from it (derive.py)."""

from pathlib import Path

import duckdb


def work(source: str, target: str) -> None:
    """Copy, and close the new file."""
    Path(target).unlink(missing_ok=True)
    with duckdb.connect(target) as connection:
        connection.execute(f"attach '{source}' as source (read_only)")
        connection.execute("create schema raw; create table raw.drop_bars as from source.raw.drop_bars")
