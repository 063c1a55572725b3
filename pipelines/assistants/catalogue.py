"""Metrics, tables and columns of the published file, as it tells of them itself. Not for their values or where they come from (lineage.py)."""

import difflib
from typing import Any

import duckdb

SCHEMAS = ("marts", "quality", "reference")
SHORT = 160


class UnknownNameError(Exception):
    """There is no such metric, table or column; the message names what is near."""


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    """Rows by column name."""
    cursor = connection.execute(sql, list(parameters))
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


METRIC = "metric_id, title, formula, unit, exclusions, reference, 'marts.' || table_name as table_name, column_name"


def metrics(connection: duckdb.DuckDBPyConnection, search: str) -> list[dict[str, Any]]:
    """Metrics in whose id, title, formula, table or column every word of the search is."""
    words = search.lower().split()
    found = rows(connection, f"select {METRIC} from marts.dim_metric order by metric_id")
    return [m for m in found if all(any(w in str(v).lower() for v in m.values()) for w in words)]


def metric(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """A metric by its id, or a column by table.column.

    Raises:
        UnknownNameError: neither.
    """
    known = metrics(connection, "")
    exact = [m for m in known if name in (m["metric_id"], f"{m['table_name']}.{m['column_name']}")]
    if exact:
        return exact[0]
    table, _, column = name.rpartition(".")
    if table:
        described = table_of(connection, table)
        for one in described["columns"]:
            if one["column_name"] == column:
                return {"title": one["comment"], "table_name": described["table"], "column_name": column}
        raise UnknownNameError(
            f"{described['table']} has no column {column!r}. It has: {', '.join(c['column_name'] for c in described['columns'])}."
        )
    near = difflib.get_close_matches(name, [m["metric_id"] for m in known], n=5, cutoff=0.4)
    hint = f" Near: {', '.join(near)}." if near else ""
    raise UnknownNameError(
        f"There is no metric {name!r}.{hint} list_metrics finds them by a word; a column is asked for as marts.table.column."
    )


def tables(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every table with what it holds, in short."""
    return rows(
        connection,
        f"select schema_name || '.' || table_name as \"table\", estimated_size as rows_n, left(rtrim(comment, chr(10)), {SHORT}) as comment "
        f"from duckdb_tables() where schema_name in {SCHEMAS} order by all",
    )


def table_of(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """A table with its columns; the schema may be left out.

    Raises:
        UnknownNameError: there is none of that name.
    """
    known = rows(connection, f"select schema_name, table_name, comment from duckdb_tables() where schema_name in {SCHEMAS}")
    for one in known:
        if name in (one["table_name"], full := f"{one['schema_name']}.{one['table_name']}"):
            columns = rows(
                connection,
                "select column_name, data_type, is_nullable, comment from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
                one["schema_name"], one["table_name"],
            )  # fmt: skip
            return {"table": full, "comment": str(one["comment"] or "").strip(), "columns": columns}
    near = difflib.get_close_matches(name.rpartition(".")[2], [str(k["table_name"]) for k in known], n=5, cutoff=0.4)
    hint = f" Near: {', '.join(near)}." if near else ""
    raise UnknownNameError(f"There is no table {name!r}.{hint} describe without a table lists them all.")
