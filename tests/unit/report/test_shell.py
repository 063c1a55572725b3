"""The prompt as a person meets it: typed into a pipe and into a terminal. Not for what completes (test_completion.py)."""

import io
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from pipelines.report.prompt import converse
from pipelines.report.shell import Shell

COUNT = "select max(run_id) as run, count(*) as n from marts.fct_rates_daily;"
ENDLESS = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b;"


@pytest.fixture
def shell(put_published: object) -> Shell:
    return Shell("sample", Console(width=100, highlight=False, record=True, file=io.StringIO()))


def typed(shell: Shell, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """What it says to what is typed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with create_pipe_input() as pipe:
        pipe.send_text(text)
        converse(shell, input=pipe, output=DummyOutput())
    return shell.out.export_text()


def test_a_statement_of_several_lines_ends_at_its_semicolon(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = typed(shell, "select max(run_id) as run,\r  count(*) as n\rfrom marts.fct_rates_daily;\r.quit\r", monkeypatch, tmp_path)
    assert "│ run-0001 │ 500 │" in said
    kept = tmp_path / "state" / "rotation" / "history"
    assert "count(*) as n" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_prompt_says_simulated_and_the_day(shell: Shell) -> None:
    assert "".join(text for _, text in shell.prompt()) == "SIMULATED sample 2026-01-09> "


def test_a_new_publication_is_seen_by_the_next_statement(shell: Shell, put_published: Callable[[int], None]) -> None:
    shell.take(COUNT)
    put_published(2)
    shell.take(COUNT)
    said = shell.out.export_text()
    assert said.index("run-0001") < said.index("run-0002")


@pytest.mark.parametrize(
    "statement",
    ["drop table marts.fct_rates_daily;", "create table marts.x as select 1;", "from '/etc/passwd';", "set enable_external_access = true;"],
)
def test_nothing_can_be_changed_or_reached(shell: Shell, statement: str) -> None:
    assert shell.take(statement)
    assert "The query failed" in shell.out.export_text()
    shell.take(COUNT)
    assert "500" in shell.out.export_text()


def test_commands_show_tables_columns_and_the_cookbook(shell: Shell) -> None:
    for command in (".tables", ".describe fct_rates_daily", ".describe marts.fct_rates_daily", ".examples", ".help"):
        assert shell.take(command)
    said = shell.out.export_text()
    assert "marts.fct_rates_daily" in said
    assert "Rows of marts.fct_rates_daily" in said
    assert said.count("decimal(18,4)") == 2
    assert "1. How did small do in the 12 months after the third cut?" in said
    assert not shell.take(".quit")


def test_an_example_is_put_at_the_next_prompt(shell: Shell) -> None:
    shell.take(".examples 1")
    assert shell.offered.startswith("with third_cuts as (")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (".describe nothing", "There is no table nothing"),
        (".examples 99", "expected a number from 1"),
        (".drop", "expected .tables"),
        (".describe", "expected .tables"),
        ("selec 1;", "The query failed"),
    ],
)
def test_what_it_does_not_know_is_said_and_it_goes_on(shell: Shell, command: str, said: str) -> None:
    assert shell.take(command)
    assert said in shell.out.export_text()


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Ctrl-C is heard: who is started in the background may have been told not to."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_cancels_the_query_and_not_the_shell(shell: Shell) -> None:
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
    started = time.perf_counter()
    assert shell.take(ENDLESS)
    assert time.perf_counter() - started < 10
    assert "Cancelled." in shell.out.export_text()
    shell.take(COUNT)
    assert "500" in shell.out.export_text()


@pytest.mark.usefixtures("_ctrl_c")
def test_in_a_terminal_it_asks_offers_what_can_follow_and_leaves(put_published: object, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {
        "ROTATION_WAREHOUSE": str(tmp_path / "warehouse"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "TERM": "xterm",
    }
    command = [str(Path(sys.executable).with_name("rotation")), "shell"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True)
    os.close(theirs)
    said = ""

    def until(text: str) -> None:
        nonlocal said
        end = time.monotonic() + 40
        while text not in said:
            assert time.monotonic() < end, " ".join(said.split())[-1500:]
            if select.select([ours], [], [], 1)[0]:
                got = os.read(ours, 65536).decode(errors="replace")
                said += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", got)
                if "\x1b[6n" in got:  # it asks where the cursor is, as terminals are asked
                    os.write(ours, b"\x1b[1;1R")

    try:
        until("sample 2026-01-09>")
        assert "SIMULATED" in said
        os.write(ours, b"describe reference.pa")
        until("Rows of reference.pairs")  # what can follow, with its comment, while one types
        os.write(ours, b"irs;\r")
        until("instrument_id")
        os.write(ours, b".quit\r")
        assert process.wait(30) == 0
    finally:
        process.kill()
        os.close(ours)
