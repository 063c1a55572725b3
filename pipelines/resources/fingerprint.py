"""Content hashes of tables that do not depend on row order or on the DuckDB version. Not for files."""

import hashlib

import duckdb


def columns_of(connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns, in order."""
    return connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ? order by column_index",
        [database, schema, table],
    ).fetchall()


def tables_of(connection: duckdb.DuckDBPyConnection, database: str, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    """Schema and name of each table, sorted."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [database]
    ).fetchall()
    return [(schema, table) for schema, table in rows if schema in schemas]


def content_hash(connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str) -> tuple[int, str]:
    """Row count, and a SHA-256 over the column names and the sum of the rows' MD5 numbers: equal content gives an equal hash, in any order."""
    columns = columns_of(connection, database, schema, table)
    row = ", ".join(f"coalesce(\"{name}\"::varchar, '\\0')" for name, _ in columns)
    count, total = connection.execute(
        f'select count(*), coalesce(sum(md5_number_lower(concat_ws(\'\\1\', {row}))::hugeint), 0) from "{database}"."{schema}"."{table}"'
    ).fetchall()[0]
    text = f"{','.join(f'{n} {t}' for n, t in columns)}|{count}|{total}"
    return int(count), hashlib.sha256(text.encode()).hexdigest()


def row_digest(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A digest of a table's rows in any order, a tenth of the cost of a content hash: it holds within one version of DuckDB only."""
    return str(connection.execute(f"select coalesce(sum(hash(r)::hugeint), 0) from {table} as r").fetchall()[0][0])
