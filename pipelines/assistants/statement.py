"""Which SQL an assistant may run, by DuckDB's own parse of it; what is not is refused by name. Not for running it (process.py).

The connection it runs on has no way to a file, the network or the settings anyway: this says why, and what to do instead.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

LONGEST = 20_000

WRITES = "the published file is for reading: only a run of the pipeline replaces it, whole. Ask for what you want to see with a SELECT."
OUTSIDE = (
    "this server reaches the published file and nothing else: no other file, no network, no extension. A file of yours belongs into the drop "
    "folder (docs/sources/drop.md); to join it by hand, open the published file in a DuckDB of your own."
)
SETTINGS = "the limits of this server are locked, and its environment is nobody's business. No setting is needed to read a table."
NO_ANSWER = "it is not a question about the data. Ask with a SELECT; the tools describe and explain tell tables, columns and lineage."
HIDES = "it runs SQL that cannot be looked at first. Write that SQL as the query itself."
EMPTY = "it lists the schema main, where nothing stands; tables are in marts, quality and reference. Ask the tool describe, or: show all tables."
ELSEWHERE = "it tells of the server and not of the data. Tables and columns: the tool describe, or duckdb_tables() and duckdb_columns()."

STATEMENTS = {
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE", "CREATE_FUNC", "ALTER", "DROP", "VACUUM", "ANALYZE"), WRITES),
    **dict.fromkeys(("COPY", "COPY_DATABASE", "EXPORT", "ATTACH", "DETACH", "LOAD", "EXTENSION"), OUTSIDE),
    **dict.fromkeys(("SET", "VARIABLE_SET", "PRAGMA"), SETTINGS),
    **dict.fromkeys(("PREPARE", "EXECUTE"), HIDES),
    "MULTI": "DuckDB makes several statements of it. A PIVOT takes its values by name: pivot … on column in ('a', 'b').",
}

TABLE_FUNCTIONS = frozenset(
    {"as_known", "duckdb_columns", "duckdb_schemas", "duckdb_tables", "duckdb_views", "generate_series", "json_each", "json_tree", "range",
     "unnest"}
)  # fmt: skip
FUNCTIONS = {
    **dict.fromkeys(("getenv", "current_setting", "getvariable"), SETTINGS),
    **dict.fromkeys(("nextval", "currval", "setval", "setseed", "write_log"), WRITES),
    **dict.fromkeys(("json_execute_serialized_sql", "query", "query_table"), HIDES),
    **dict.fromkeys(("sleep_ms", "error"), NO_ANSWER),
}
READS_FILES = re.compile(r"^read_|_scan$|^parquet_|^glob$|^sniff_|^http|^which_secret$|external_resource|blob$|text$")
IS_PATH = re.compile(r"[/\\:*?]|\.[a-z0-9]{2,8}$", re.IGNORECASE)


class RefusedError(Exception):
    """A query that is not run, or was ended; `name` is what it is refused for, the message says why and what to do instead."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"Refused, {name}: {why}")
        self.name = name


def admit(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Let one question through.

    Raises:
        RefusedError: it is anything else.
    """
    if len(sql) > LONGEST:
        raise RefusedError("query length", f"{len(sql):,} characters, at most {LONGEST:,} are read. Ask for less at once.")
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as problem:
        raise RefusedError("syntax", f"DuckDB cannot read it: {problem}. Its SQL is much like that of PostgreSQL.") from None
    if not statements:
        raise RefusedError("no statement", "expected one SELECT, found none.")
    for statement in statements:
        kind = statement.type.name
        if kind != "SELECT":
            raise RefusedError(kind, STATEMENTS.get(kind, NO_ANSWER))
    if len(statements) > 1:
        raise RefusedError("several statements", f"expected one SELECT, found {len(statements)}. Ask them one by one.")
    text = connection.execute("select json_serialize_sql(?)", [statements[0].query]).fetchall()[0][0]
    try:
        parsed = json.loads(text)
    except RecursionError:
        raise RefusedError("nesting", "it is nested too deep to be looked at. Name the parts in WITH, one after another.") from None
    if parsed["error"]:
        raise RefusedError(
            "statement", f"expected one SELECT that only reads, found what DuckDB does not take for one ({parsed['error_message']})."
        )
    for node in _nodes(parsed["statements"]):
        _look_at(node)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a parsed statement, at any depth."""
    ahead = [tree]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            yield one
            ahead += one.values()
        elif isinstance(one, list):
            ahead += one


def _look_at(node: dict[str, Any]) -> None:
    kind = str(node.get("type"))
    if kind.endswith("_QUERY_NODE"):  # a write within WITH
        name = kind.removesuffix("_QUERY_NODE")
        raise RefusedError(name, STATEMENTS.get(name, WRITES))
    if kind == "TABLE_FUNCTION":
        name = _name(node["function"])
        if name not in TABLE_FUNCTIONS:
            why = OUTSIDE if READS_FILES.search(name) else FUNCTIONS.get(name, ELSEWHERE)
            raise RefusedError(name, why)
    elif kind == "FUNCTION":
        name = _name(node)
        if name in FUNCTIONS or READS_FILES.search(name):
            raise RefusedError(name, FUNCTIONS.get(name, OUTSIDE))
    elif kind == "SHOW_REF" and node["table_name"] == '"tables"':
        raise RefusedError("SHOW TABLES", EMPTY)
    elif kind == "BASE_TABLE" and IS_PATH.search(str(node.get("table_name"))):
        raise RefusedError(f"the file {node['table_name']!r}", OUTSIDE)


def _name(function: dict[str, Any]) -> str:
    return str(function["function_name"]).lower()
