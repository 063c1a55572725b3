"""What can follow in a query: schemas, tables, columns with their comments, functions, keywords. Not for the prompt that offers it (prompt.py)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from pipelines.report.reading import reading
from pipelines.resources.publication import DATABASE
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import settings

WORD = re.compile(r"[\w.]*$")
NAMED = re.compile(r"\b(?:from|join)\s+(?:(\w+)\.)?(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
META = 70  # signs of a comment beside a name


@dataclass(frozen=True)
class Suggestion:
    """`text` in place of the last `replaces` signs; `meta` says what it is."""

    text: str
    replaces: int
    meta: str


@dataclass(frozen=True)
class Names:
    """Everything a query of one published file can name."""

    tables: dict[tuple[str, str], str]
    columns: dict[tuple[str, str], dict[str, str]]
    functions: tuple[str, ...]
    keywords: tuple[str, ...]

    @property
    def schemas(self) -> list[str]:
        return sorted({schema for schema, _ in self.tables})


def names(connection: duckdb.DuckDBPyConnection) -> Names:
    """What there is, by the file itself."""
    tables = connection.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() where not internal order by all"
    ).fetchall()
    columns: dict[tuple[str, str], dict[str, str]] = {(s, t): {} for s, t, _ in tables}
    for schema, table, column, kind, comment in connection.execute(
        "select schema_name, table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() where not internal order by column_index"
    ).fetchall():
        columns[schema, table][column] = f"{kind.lower()}: {_brief(comment)}"
    functions = connection.execute(
        "select distinct function_name from duckdb_functions() where regexp_full_match(function_name, '[a-z][a-z0-9_]*') and function_type <> 'pragma' order by 1"
    ).fetchall()
    keywords = connection.execute("select keyword_name from duckdb_keywords() where keyword_category = 'reserved' order by 1").fetchall()
    more = ("by", "over", "partition", "asof", "join", "left", "inner", "between", "is", "like", "first", "last", "exclude", "summarize")
    return Names(
        {(s, t): _brief(comment) for s, t, comment in tables},
        columns,
        tuple(f for (f,) in functions),
        tuple(sorted({k for (k,) in keywords} | set(more))),
    )


def _brief(comment: str) -> str:
    line = " ".join(comment.split())
    return line if len(line) <= META else line[: META - 1] + "…"


def suggest(known: Names, before: str, whole: str) -> list[Suggestion]:
    """What can stand at the cursor: `before` is the text up to it, `whole` all of it."""
    found = WORD.search(before)
    word = found.group() if found else ""
    ahead = before[: len(before) - len(word)].rstrip().lower()
    *path, last = word.split(".")
    offered = _after_a_dot(known, path, whole) if path else _plain(known, ahead, whole)
    low = last.lower()
    fitting = [(text, meta) for text, meta in offered if text.lower().startswith(low) and text.lower() != low]
    return [Suggestion(text, len(last), meta) for text, meta in dict(fitting).items()]


def _after_a_dot(known: Names, path: list[str], whole: str) -> Iterator[tuple[str, str]]:
    if len(path) == 2:
        yield from known.columns.get((path[0], path[1]), {}).items()
        return
    for (schema, table), meta in known.tables.items():
        if schema == path[0]:
            yield table, meta
    for place in _places(known, whole, path[0]):
        yield from known.columns[place].items()


def _places(known: Names, whole: str, called: str | None = None) -> Iterator[tuple[str, str]]:
    """Tables the query reads; `called`: only those of this name or alias."""
    for schema, table, alias in NAMED.findall(whole):
        for place in known.tables:
            if place[1] == table.lower() and (not schema or place[0] == schema.lower()) and called in (None, table, alias):
                yield place


def _plain(known: Names, ahead: str, whole: str) -> Iterator[tuple[str, str]]:
    is_table = re.search(r"(?:^|[\s(])(from|join|describe|summarize)$", ahead) is not None
    if is_table:
        yield from ((f"{schema}.{table}", meta) for (schema, table), meta in known.tables.items())
        yield from ((schema, "schema") for schema in known.schemas)
        return
    for place in _places(known, whole):
        yield from known.columns[place].items()
    yield from ((word, "keyword") for word in known.keywords)
    yield from ((f, "function") for f in known.functions)
    yield from ((f"{schema}.{table}", meta) for (schema, table), meta in known.tables.items())
    yield from ((schema, "schema") for schema in known.schemas)


def complete_query(incomplete: str) -> list[str]:
    """For the command line's own completion: the query typed so far, with each name that can follow."""
    try:
        with read_only(settings().published(reading(None, say=False)) / DATABASE) as connection:
            found = suggest(names(connection), incomplete, incomplete)
    except WarehouseError:
        return []  # nothing is published yet: nothing to offer
    return [incomplete[: len(incomplete) - s.replaces] + s.text for s in found]
