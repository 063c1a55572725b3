"""`rotation sql`: one question to the published file. Not for the shell (shell.py), nor for how a table is drawn (drawing.py)."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import duckdb
import typer
from rich.console import Console

from pipelines.report.completion import complete_query
from pipelines.report.drawing import draw
from pipelines.report.reading import reading
from pipelines.report.rows_as_json import rows_as_json
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import settings
from pipelines.typed import as_typed

if TYPE_CHECKING:  # loaded when a question is asked: every command imports this module
    import polars as pl

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
SHOWN = 40  # rows that fit a terminal
BATCH = 50_000


@dataclass(frozen=True)
class Answer:
    """The first rows of a result, and how many it has."""

    frame: "pl.DataFrame"
    rows: int


def ask(connection: duckdb.DuckDBPyConnection, query: str, limit: int | None = None) -> Answer | None:
    """Run one query; of its rows keep the first `limit`, count all. None: a statement without a result.

    Raises:
        WarehouseError: DuckDB refused it; the message holds what it said.
    """
    import polars as pl
    import pyarrow as pa

    try:
        relation = connection.sql(query)
        if relation is None:
            return None
        reader = relation.to_arrow_reader(BATCH)
        kept: list[pa.RecordBatch] = []
        rows = 0
        for batch in reader:
            if limit is None or rows < limit:
                kept.append(batch if limit is None else batch.slice(0, limit - rows))
            rows += batch.num_rows
    except duckdb.Error as problem:
        where = " Which tables there are: `.tables` in `rotation shell`, or `make sql`." if "Table with name" in str(problem) else ""
        raise WarehouseError(f"The query failed: {problem}{where}") from None
    frame = pl.from_arrow(pa.Table.from_batches(kept, reader.schema))
    assert isinstance(frame, pl.DataFrame)
    return Answer(frame, rows)


def sql(
    query: Annotated[
        str | None, typer.Argument(help="The query; default: what comes on standard input.", autocompletion=complete_query)
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the query from this file.")] = None,
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where there is one.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"Rows drawn at the most; default: {SHOWN} on a terminal, else all. --json and --csv write all."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV that is safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Run a query on the published file: read-only, without access to anything else. `rotation shell` asks many."""
    if csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json")
    question = _question(query, file)
    mode = reading(sources, say=not (as_json or csv))
    drawn = limit if limit is not None else SHOWN if out.is_terminal else None
    with read_only(settings().published(mode) / "rotation.duckdb") as connection:
        answer = ask(connection, question, None if as_json or csv else drawn)
    if answer is None:
        return
    if as_json:
        print(rows_as_json(answer.frame))
        return
    if mode == "sample":
        err.print("[bold red]SIMULATED[/bold red] values")
    if csv:
        nested = [name for name, kind in answer.frame.schema.items() if kind.is_nested()]
        if nested:
            raise WarehouseError(
                f"CSV holds no lists or structs: {', '.join(nested)}. Cast them to text ({nested[0]}::varchar), or use --json."
            )
        from pipelines.report.safe_csv import safe_csv

        sys.stdout.write(safe_csv(answer.frame))
        return
    draw(answer.frame, answer.rows, out, out.width if out.is_terminal else None)


def _question(query: str | None, file: Path | None) -> str:
    if query is not None and file is not None:
        raise typer.BadParameter("expected a query or --file, found both")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise WarehouseError(f"The query cannot be read from {file}: {problem}. Give a text file that holds one query.") from None
    if query is not None:
        return query
    if sys.stdin.isatty():
        raise typer.BadParameter(
            as_typed("no query. Give one in quotes, --file FILE, or standard input; `rotation shell` asks for them one by one")
        )
    return sys.stdin.read()
