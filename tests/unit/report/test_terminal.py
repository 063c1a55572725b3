"""What the screen names next can be typed as it stands there."""

import io
import re
import shlex
from pathlib import Path

import pytest
import typer
from rich.console import Console

from pipelines.cli import app
from pipelines.report.terminal import next_steps
from pipelines.settings import ROOT, Mode

MODES: tuple[Mode, ...] = ("sample", "live")


def _told(mode: Mode) -> str:
    screen = io.StringIO()
    next_steps(mode, Console(file=screen, width=80))
    return screen.getvalue()


@pytest.mark.parametrize("mode", MODES)
def test_each_command_named_next_is_there_with_its_options(mode: Mode) -> None:
    named = re.findall(r"^  \.venv/bin/(.+?)  ", _told(mode), flags=re.MULTILINE)
    assert len(named) >= 7
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line in named:
        program, command, *arguments = shlex.split(line)
        assert program == "rotation"
        assert command in commands, f"{line}: there is no such command"
        commands[command].make_context(command, arguments)  # refuses an option or an argument that it does not have


@pytest.mark.parametrize("mode", MODES)
def test_no_command_named_next_is_there_in_a_form_that_the_shell_would_not_find(mode: Mode) -> None:
    assert not re.findall(r"(?<!bin/)\brotation [a-z]+", _told(mode))


@pytest.mark.parametrize("mode", MODES)
def test_each_page_and_target_named_next_is_there(mode: Mode) -> None:
    told = _told(mode)
    pages = re.findall(r"docs/[\w/.-]+\.md", told)
    assert pages
    assert [p for p in pages if not (ROOT / p).is_file()] == []
    targets = re.findall(r"`make (\w+)`", told)
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    assert [t for t in targets if not re.search(rf"^{t}:", makefile, flags=re.MULTILINE)] == []


def test_the_page_on_connecting_leads_to_every_page_beside_it() -> None:
    folder = ROOT / "docs" / "bi"
    read = (folder / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in sorted(folder.glob("*.md")) if p.name != "README.md" and f"({p.name})" not in read] == []
