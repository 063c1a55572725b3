"""A publication in PostgreSQL's form: types, keys, indexes, comments, the reader's rights. Not for loading it or putting it in place (postgres.py)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from psycopg import sql

from pipelines.resources.dbt import unique_keys

SCHEMAS = ("marts", "quality", "reference")
READER = "rotation_reader"
MARK = "Rotation, "  # how the comment of a schema of ours begins
LONGEST_NAME = 63
TYPES = {
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamptz",  # ours are UTC without saying so; there they say so
}
# What only PostgreSQL has: which publication its readers see.
PUBLICATION = {
    "run_id": ("text", "Run that made the publication."),
    "published_sequence": ("bigint", "Its number: a later publication has a greater one."),
    "as_of_date": ("date", "Nothing known after this day is in it."),
    "created_at": ("timestamptz", "When it was made."),
    "source_mode": ("text", "live, or sample: the simulated market."),
    "provenance": ("text", "observed or simulated."),
    "git_revision": ("text", "Commit it was made with."),
    "database_sha256": ("text", "Hash of the DuckDB file it was loaded from."),
}


class PostgresError(Exception):
    """The publication is not in PostgreSQL; the message says why and what to do, and never holds the connection string."""


@dataclass(frozen=True)
class Table:
    """One published table: columns with their types in DuckDB and their comments; the columns no two rows share, where that is tested."""

    schema: str
    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]

    @property
    def there(self) -> sql.Identifier:
        """Its name while it is loaded."""
        return sql.Identifier(loading(self.schema), self.name)

    @property
    def indexed(self) -> list[str]:
        """Days and ids that questions select by and that no key leads with."""
        wanted = self.key[1:] if self.key else tuple(c for c, _, _ in self.columns)
        kinds = {c: kind for c, kind, _ in self.columns}
        return [c for c in wanted if kinds[c] == "DATE" or c.endswith("_id")]


def loading(schema: str) -> str:
    """The schema that a publication is loaded into, seen by nobody."""
    return f"{schema}__new"


def keys(manifest: Path) -> dict[str, tuple[str, ...]]:
    """By schema.table the columns of dbt's unique_key tests."""
    read = json.loads(manifest.read_text(encoding="utf-8"))
    unique = unique_keys(read)
    tables = [n for n in read["nodes"].values() if n["resource_type"] in ("model", "seed") and n["name"] in unique]
    return {f"{n['schema']}.{n['name']}": unique[n["name"]] for n in tables}


def tables(connection: duckdb.DuckDBPyConnection, unique: Mapping[str, tuple[str, ...]]) -> list[Table]:
    """The published tables of an open file; facts first, what they are joined to after them.

    Raises:
        PostgresError: a type or a name PostgreSQL has no form for.
    """
    found = connection.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() "
        "where database_name = current_database() and schema_name in ('marts', 'quality', 'reference') "
        "order by schema_name, table_name like 'dim_%', table_name"
    ).fetchall()
    listed = []
    for schema, name, comment in found:
        columns = connection.execute(
            "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
            "where database_name = current_database() and schema_name = ? and table_name = ? order by column_index",
            [schema, name],
        ).fetchall()
        _check(schema, name, columns)
        listed.append(Table(schema, name, comment.strip(), tuple(columns), unique.get(f"{schema}.{name}", ())))
    return listed


def _check(schema: str, name: str, columns: list[tuple[str, str, str]]) -> None:
    for column, kind, _ in columns:
        if kind not in TYPES and not kind.startswith("DECIMAL("):
            raise PostgresError(
                f"{schema}.{name}.{column} is {kind}: expected {', '.join(TYPES)} or DECIMAL. Give it one of these in its yml, or add the form to TYPES."
            )
    for long in (n for n in (name, *(c for c, _, _ in columns)) if len(n.encode()) > LONGEST_NAME):
        raise PostgresError(f"{schema}.{name}: PostgreSQL cuts names at {LONGEST_NAME} bytes, and {long} is longer. Shorten it.")


def type_of(kind: str) -> str:
    return TYPES.get(kind) or kind.replace("DECIMAL", "numeric")


def create(table: Table) -> sql.Composed:
    """The empty table, beside the one readers see."""
    columns = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(type_of(kind))) for c, kind, _ in table.columns]
    return sql.SQL("create table {} ({})").format(table.there, sql.SQL(", ").join(columns))


def select(table: Table) -> str:
    """Its rows, in DuckDB. PostgreSQL's texts hold no zero byte: its sign stands for it."""
    columns = [f'replace("{c}", chr(0), \'␀\') as "{c}"' if kind == "VARCHAR" else f'"{c}"' for c, kind, _ in table.columns]
    return f'select {", ".join(columns)} from "{table.schema}"."{table.name}"'


def finish(table: Table, key_has_gaps: bool) -> Iterator[sql.Composed]:
    """Key, indexes and comments of a loaded table. A key with empty values cannot be a primary one: it becomes a unique index."""
    if table.key:
        form = "create unique index on {} ({})" if key_has_gaps else "alter table {} add primary key ({})"
        yield sql.SQL(form).format(table.there, sql.SQL(", ").join(map(sql.Identifier, table.key)))
    for column in table.indexed:
        yield sql.SQL("create index on {} ({})").format(table.there, sql.Identifier(column))
    yield sql.SQL("comment on table {} is {}").format(table.there, sql.Literal(table.comment))
    for column, _, comment in table.columns:
        yield sql.SQL("comment on column {}.{} is {}").format(table.there, sql.Identifier(column), sql.Literal(comment))
    yield sql.SQL("analyze {}").format(table.there)


def publication() -> Iterator[sql.Composed]:
    """The empty table of the one row that says which publication this is. The row is copied like any other (postgres.py)."""
    there = sql.Identifier(loading("reference"), "publication")
    columns = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kind)) for c, (kind, _) in PUBLICATION.items()]
    yield sql.SQL("create table {} ({})").format(there, sql.SQL(", ").join(columns))
    yield sql.SQL("comment on table {} is {}").format(there, sql.Literal("The publication that readers of PostgreSQL see: one row."))
    for column, (_, comment) in PUBLICATION.items():
        yield sql.SQL("comment on column {}.{} is {}").format(there, sql.Identifier(column), sql.Literal(comment))


def schema_comment(schema: str, manifest: Mapping[str, Any]) -> sql.Composed:
    data = "SIMULATED data, not the real market" if manifest["provenance"] == "simulated" else "observed data"
    text = f"{MARK}{schema}: {data}, as of {manifest['as_of_date']}, run {manifest['run_id']}. Replaced whole by the next publication: keep nothing of your own here."
    return sql.SQL("comment on schema {} is {}").format(sql.Identifier(loading(schema)), sql.Literal(text))


def rights(schema: str) -> Iterator[sql.Composed]:
    """What members of the reader's role may do: read."""
    there, reader = sql.Identifier(loading(schema)), sql.Identifier(READER)
    yield sql.SQL("grant usage on schema {} to {}").format(there, reader)
    yield sql.SQL("grant select on all tables in schema {} to {}").format(there, reader)
    yield sql.SQL("alter default privileges in schema {} grant select on tables to {}").format(there, reader)
