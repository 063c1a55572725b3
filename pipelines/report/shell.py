"""`rotation shell`: a prompt that asks the published file, statement by statement. Not for what can be completed (completion.py) or drawn (drawing.py)."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import typer
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.report.asking import SHOWN, Answer, ask
from pipelines.report.completion import Names, names, suggest
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

    def prompt(self) -> FormattedText:
        manifest = self.publication.manifest() or {}
        simulated = [("bold ansired", "SIMULATED ")] if manifest.get("provenance") != "observed" else []
        return FormattedText([*simulated, ("bold", f"{self.mode} {manifest.get('as_of_date', '')}> ")])

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


class Suggestions(Completer):
    """Completion as prompt_toolkit asks for it."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        if before.startswith(".") and " " not in before:
            commands = {command.split()[0]: said for command, said in HELP.items() if command.startswith(before)}
            yield from (Completion(c, -len(before), display_meta=said) for c, said in commands.items())
            return
        before, whole = (f"describe {before.partition(' ')[2]}", "") if before.startswith(".describe ") else (before, document.text)
        if complete_event.text_inserted and not before[-1:].strip(" \n;(,"):
            return  # all there is would follow: only on Tab
        for one in suggest(self._shell.names(), before, whole):
            yield Completion(one.text, -one.replaces, display_meta=one.meta)


def keys() -> KeyBindings:
    """Enter ends a statement at its semicolon, and a command at once; else it begins a new line."""
    bindings = KeyBindings()

    @bindings.add("enter", filter=completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None  # what was chosen stays, the list goes

    @bindings.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        typed = buffer.text.strip()
        if not typed or typed.startswith(".") or typed.endswith(";"):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings


def history(folder: Path) -> FileHistory:
    """What was asked before, in a file that others cannot read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "history"
    file.touch(mode=0o600)
    return FileHistory(str(file))


def converse(shell: Shell, **given: Any) -> None:
    """Ask until the user leaves. `given`: input and output other than the terminal's."""
    session: PromptSession[str] = PromptSession(
        message=shell.prompt,
        multiline=True,
        lexer=PygmentsLexer(SqlLexer),
        completer=Suggestions(shell),
        complete_in_thread=True,
        history=history(settings().state_folder),
        key_bindings=keys(),
        prompt_continuation="   … ",
        **given,
    )
    goes_on = True
    while goes_on:
        begun, shell.offered = shell.offered, ""
        try:
            goes_on = shell.take(session.prompt(default=begun))
        except KeyboardInterrupt:
            continue  # what was typed is dropped, as in every shell
        except EOFError:
            return


def shell(
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where there is one.")] = None,
) -> None:
    """Ask the published file at a prompt: completion, comments, history, the cookbook. Read-only."""
    if not sys.stdin.isatty():
        raise WarehouseError("The shell needs a terminal. From a file or a pipe: rotation sql < FILE")
    asked = Shell(reading(sources), Console(highlight=False))
    asked.names()  # says how to begin where nothing is published
    asked.out.print("Statements end with ; and cannot change anything. .tables, .describe TABLE, .examples, .help, .quit; Tab completes.")
    converse(asked)
