"""The prompt of `rotation shell`: keys, completion, history, as prompt_toolkit wants them. Not for what a statement does (shell.py).

Loaded when a shell begins: every command imports shell.py, and none of them needs a prompt.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from pipelines.report.completion import suggest
from pipelines.report.shell import HELP, Shell
from pipelines.settings import settings


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
        message=lambda: FormattedText(shell.prompt()),
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
