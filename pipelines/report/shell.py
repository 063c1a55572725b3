"""`rotation shell`: asks the published file, statement by statement. Not for the prompt (prompt.py), what can be completed (completion.py) or drawn (drawing.py)."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.report.asking import SHOWN, Answer, ask
from pipelines.report.completion import Names, names
from pipelines.report.drawing import draw
from pipelines.report.reading import reading
from pipelines.report.recipes import recipes
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import Mode, settings

HELP = {
    ".tables": "schemas, tables, rows, what they hold",
    ".describe TABLE": "its columns with types and comments",
    ".examples [N]": "questions of the cookbook; with a number: put that one at the prompt",
    ".help": "this",
    ".quit": "leave (Ctrl-D does, too)",
}


class Shell:
    """One session at the prompt: every statement opens the file anew, so that a new publication is seen at once."""

    def __init__(self, mode: Mode, out: Console) -> None:
        self.mode, self.out = mode, out
        self.publication = Publication(settings().published(mode))
        self.offered = ""  # what the next prompt begins with
        self._run, self._names = "", Names({}, {}, (), ())

    def names(self) -> Names:
        """What can be named in the publication that is there now."""
        run = str((self.publication.manifest() or {}).get("run_id"))
        if run != self._run:
            with read_only(self.publication.database) as connection:
                self._run, self._names = run, names(connection)
        return self._names

    def prompt(self) -> list[tuple[str, str]]:
        """Style and text, piece by piece."""
        manifest = self.publication.manifest() or {}
        simulated = [("bold ansired", "SIMULATED ")] if manifest.get("provenance") != "observed" else []
        return [*simulated, ("bold", f"{self.mode} {manifest.get('as_of_date', '')}> ")]

    def take(self, text: str) -> bool:
        """Do what was typed; False: leave."""
        typed = text.strip()
        try:
            if typed.startswith("."):
                return self._command(typed)
            if typed.strip(";"):
                self._statement(typed)
        except WarehouseError as problem:
            self.out.print(f"[red]{escape(str(problem))}[/red]")
        return True

    def _statement(self, query: str) -> None:
        with read_only(self.publication.database) as connection:
            answer = self._cancellable(connection, lambda: ask(connection, query, SHOWN))
        if answer is not None:
            draw(answer.frame, answer.rows, self.out, self.out.width)

    def _cancellable(self, connection: duckdb.DuckDBPyConnection, question: Callable[[], Answer | None]) -> Answer | None:
        """Ctrl-C ends the query, not the shell."""
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(question)
            try:
                return asked.result()
            except KeyboardInterrupt:
                connection.interrupt()
                asked.exception()  # until it has let go of the connection
                raise WarehouseError("Cancelled.") from None

    def _command(self, typed: str) -> bool:
        command, _, rest = typed.rstrip(";").partition(" ")
        if command in (".quit", ".exit"):
            return False
        if command == ".tables":
            self._list(
                "select schema_name || '.' || table_name, format('{:,} rows', estimated_size), comment from duckdb_tables() where not internal order by all"
            )
        elif command == ".describe" and rest.strip():
            self._describe(rest.strip())
        elif command == ".examples":
            self._examples(rest.strip())
        elif command == ".help":
            for name, said in HELP.items():
                self.out.print(Text(f"  {name:<16} {said}"))
            self.out.print("  A statement ends with ; and may have several lines. Tab completes, Ctrl-C cancels.")
        else:
            self.out.print(f"[red]expected {', '.join(HELP)}, found {escape(typed)}[/red]")
        return True

    def _list(self, query: str, *values: str) -> None:
        """Rows of names, what they are and what they hold, the last as long as it is."""
        with read_only(self.publication.database) as connection:
            rows = connection.execute(query, list(values)).fetchall()
        table = Table(box=None, show_header=False)
        for row in rows:
            table.add_row(*(Text(" ".join(str(v or "").split())) for v in row))
        self.out.print(table)

    def _describe(self, table: str) -> None:
        schema, dot, name = table.rpartition(".")
        places = [place for place in self.names().tables if place[1] == name.lower() and (not dot or place[0] == schema.lower())]
        if not places:
            raise WarehouseError(f"There is no table {table}. `.tables` lists them.")
        for schema, name in places:
            self.out.print(Text.assemble((f"{schema}.{name}", "bold"), f"  {self.names().tables[schema, name]}"))
            self._list(
                "select column_name, lower(data_type), comment from duckdb_columns() "
                "where schema_name = ? and table_name = ? order by column_index",
                schema,
                name,
            )

    def _examples(self, number: str) -> None:
        found = recipes()
        if not number:
            for recipe in found:
                self.out.print(Text(f"  {recipe.question}"))
        elif number.isdecimal() and 1 <= int(number) <= len(found):
            self.offered = found[int(number) - 1].sql
        else:
            self.out.print(f"[red]expected a number from 1 to {len(found)}, found {escape(number)}[/red]")


def shell(
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where there is one.")] = None,
) -> None:
    """Ask the published file at a prompt: completion, comments, history, the cookbook. Read-only."""
    if not sys.stdin.isatty():
        raise WarehouseError("The shell needs a terminal. From a file or a pipe: rotation sql < FILE")
    from pipelines.report.prompt import converse

    asked = Shell(reading(sources), Console(highlight=False))
    asked.names()  # says how to begin where nothing is published
    asked.out.print("Statements end with ; and cannot change anything. .tables, .describe TABLE, .examples, .help, .quit; Tab completes.")
    converse(asked)
