"""What one client sees of a published file, as JSON: rows and NULLs of each whole table; of its first rows each column's kind, NULLs, least and greatest.

`python probe.py CLIENT DATABASE ROWS`. Clients that speak SQL count by it, frames hold the whole table for it. Runs in the client's own environment, so
it imports nothing of this project, and what it imports only where the client is asked. Not for judging what is seen (reading.py).
"""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

TABLES = (
    "select schema_name || '.' || table_name from duckdb_tables() "
    "where not internal and database_name = current_database() and schema_name in ('marts', 'quality', 'reference') order by all"
)
SETTINGS = {"enable_external_access": "false"}
Seen = dict[str, Any]


def question(table: str, rows: int) -> str:
    """Every column of the first rows of a table, in an order all clients agree on."""
    return f"select * from {table} order by all limit {rows}"


def counting(table: str, names: Iterable[str]) -> str:
    """Rows and NULLs of a whole table, in one row."""
    parts = ", ".join(f'count(*) - count("{n}")' for n in names)
    return f"select count(*), {parts} from {table}"


def counted(names: Iterable[str], row: Iterable[Any]) -> Seen:
    """That row, said as both sides say it."""
    rows, *nulls = map(int, row)
    return {"whole": {"rows": rows, "nulls": dict(zip(names, nulls, strict=True))}}


def kind_of(value: Any) -> str:
    """What a value of a row is to Python."""
    for kind, types in (
        ("boolean", bool),
        ("integer", int),
        ("float", float),
        ("decimal", Decimal),
        ("timestamp", datetime),
        ("date", date),
        ("text", str),
    ):
        if isinstance(value, types):  # type: ignore[arg-type]
            return kind
    return type(value).__name__


def told(value: Any) -> str | float | None:
    """A value as both sides can write it."""
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    return float(value) if isinstance(value, (int, float, Decimal)) else str(value)


def by_rows(names: list[str], rows: Iterable[tuple[Any, ...]]) -> Seen:
    """What rows of Python values say."""
    listed = list(rows)
    columns = {}
    for name, values in zip(names, zip(*listed, strict=True) if listed else [()] * len(names), strict=True):
        there = [v for v in values if v is not None]
        kinds = sorted({kind_of(v) for v in there})
        columns[name] = {
            "kind": " ".join(kinds) or "empty",
            "nulls": len(values) - len(there),
            "low": told(min(there)) if there else None,
            "high": told(max(there)) if there else None,
        }
    return {"rows": len(listed), "columns": columns}


def by_column(
    names: list[str], rows: int, kind: Callable[[str], str], nulls: Callable[[str], int], ends: Callable[[str], tuple[Any, Any]]
) -> Seen:
    """What a frame says of its columns."""
    columns = {}
    for name in names:
        missing = nulls(name)
        low, high = ends(name) if missing < rows else (None, None)
        columns[name] = {"kind": kind(name) if missing < rows else "empty", "nulls": missing, "low": told(low), "high": told(high)}
    return {"rows": rows, "columns": columns}


def python(database: str, rows: int) -> dict[str, Seen]:
    """DuckDB's own Python client, row by row."""
    import duckdb

    connection = duckdb.connect(database, read_only=True, config=SETTINGS)
    seen = {}
    for (table,) in connection.execute(TABLES).fetchall():
        found = connection.execute(question(table, rows))
        names = [d[0] for d in found.description]
        seen[table] = by_rows(names, found.fetchall())
        seen[table] |= counted(names, connection.execute(counting(table, names)).fetchall()[0])
    return seen


def pandas(database: str, rows: int) -> dict[str, Seen]:
    import duckdb
    import pandas as pd

    kinds = {"b": "boolean", "i": "integer", "f": "float", "M": "timestamp"}

    def kind(column: Any) -> str:
        there = column.dropna()
        return kinds.get(column.dtype.kind) or " ".join(sorted({kind_of(v) for v in there}))

    connection = duckdb.connect(database, read_only=True, config=SETTINGS)
    seen = {}
    for (table,) in connection.execute(TABLES).fetchall():
        frame: pd.DataFrame = connection.execute(question(table, rows)).df()
        seen[table] = by_column(
            list(frame.columns),
            len(frame),
            lambda c, f=frame: kind(f[c]),
            lambda c, f=frame: int(f[c].isna().sum()),
            lambda c, f=frame: (f[c].dropna().min(), f[c].dropna().max()),
        )
        whole: pd.DataFrame = connection.execute(f"from {table}").df()
        seen[table] |= counted(frame.columns, [len(whole), *whole.isna().sum()])
    return seen


def polars(database: str, rows: int) -> dict[str, Seen]:
    import duckdb
    import polars as pl

    connection = duckdb.connect(database, read_only=True, config=SETTINGS)
    seen = {}
    for (table,) in connection.execute(TABLES).fetchall():
        frame: pl.DataFrame = connection.sql(question(table, rows)).pl()

        def kind(name: str, f: pl.DataFrame = frame) -> str:
            dtype = f.schema[name]
            if dtype.is_integer():
                return "integer"
            return {
                "Boolean": "boolean",
                "Float64": "float",
                "Decimal": "decimal",
                "String": "text",
                "Date": "date",
                "Datetime": "timestamp",
            }.get(type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__, str(dtype))

        seen[table] = by_column(
            frame.columns, frame.height, kind, lambda c, f=frame: f[c].null_count(), lambda c, f=frame: (f[c].min(), f[c].max())
        )
        whole: pl.DataFrame = connection.sql(f"from {table}").pl()
        seen[table] |= counted(frame.columns, [whole.height, *whole.null_count().row(0)])
    return seen


def _of_arrow(table: Any) -> Seen:
    import pyarrow.compute as pc
    import pyarrow.types as pt

    tests = {
        "boolean": pt.is_boolean, "integer": pt.is_integer, "float": pt.is_floating, "decimal": pt.is_decimal, "date": pt.is_date,
        "timestamp": pt.is_timestamp, "text": lambda t: pt.is_string(t) or pt.is_large_string(t) or pt.is_string_view(t),
    }  # fmt: skip

    def kind(name: str) -> str:
        dtype = table.schema.field(name).type
        return next((k for k, is_it in tests.items() if is_it(dtype)), str(dtype))

    def ends(name: str) -> tuple[Any, Any]:
        column = table.column(name)
        if kind(name) in ("boolean", "text"):
            values = [v for v in column.to_pylist() if v is not None]
            return min(values), max(values)
        found = pc.min_max(column).as_py()
        return found["min"], found["max"]

    return by_column(table.column_names, table.num_rows, kind, lambda c: table.column(c).null_count, ends)


def arrow(database: str, rows: int) -> dict[str, Seen]:
    import duckdb

    connection = duckdb.connect(database, read_only=True, config=SETTINGS)
    seen = {}
    for (table,) in connection.execute(TABLES).fetchall():
        seen[table] = _of_arrow(connection.sql(question(table, rows)).to_arrow_table())
        whole = connection.sql(f"from {table}").to_arrow_table()
        seen[table] |= counted(whole.column_names, [whole.num_rows, *(c.null_count for c in whole.columns)])
    return seen


def adbc(database: str, rows: int) -> dict[str, Seen]:
    """DuckDB through the ADBC driver in its wheel."""
    import adbc_driver_manager.dbapi
    import duckdb  # noqa: F401 # the driver is the library this module loads
    from _duckdb import __file__ as driver  # type: ignore[import-not-found,unused-ignore]

    options = {"driver": driver, "entrypoint": "duckdb_adbc_init"}
    given = {"path": database, "access_mode": "READ_ONLY", **SETTINGS}
    with adbc_driver_manager.dbapi.connect(**options, db_kwargs=given, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [t for (t,) in cursor.fetchall()]
        seen = {}
        for table in tables:
            cursor.execute(question(table, rows))
            seen[table] = _of_arrow(cursor.fetch_arrow_table())
            names = list(seen[table]["columns"])
            cursor.execute(counting(table, names))
            seen[table] |= counted(names, cursor.fetchall()[0])
    return seen


def sqlalchemy(database: str, rows: int) -> dict[str, Seen]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(f"duckdb:///{database}", poolclass=NullPool, connect_args={"read_only": True, "config": SETTINGS})
    seen = {}
    with engine.connect() as connection:
        for (table,) in connection.execute(text(TABLES)).fetchall():
            found = connection.execute(text(question(table, rows)))
            names = list(found.keys())
            seen[table] = by_rows(names, [tuple(r) for r in found])
            seen[table] |= counted(names, connection.execute(text(counting(table, names))).fetchall()[0])
    return seen


CLIENTS = {"python": python, "pandas": pandas, "polars": polars, "arrow": arrow, "adbc": adbc, "sqlalchemy": sqlalchemy}

if __name__ == "__main__":
    print(json.dumps(CLIENTS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))))
