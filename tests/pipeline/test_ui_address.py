"""The UI listens on loopback alone unless told otherwise, and says so when told."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import runner
from pipelines.cli import app
from pipelines.settings import ROOT, Settings
from pipelines.settings import settings as current


@pytest.fixture
def started(warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands `rotation ui` would become, with a Dagster home of this test."""
    commands: list[list[str]] = []
    shutil.copyfile(ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONWARNINGS", "")
    monkeypatch.setattr(runner, "instance_home", lambda: tmp_path)
    monkeypatch.setattr(os, "execv", lambda program, command: commands.append(command))
    return commands


def test_the_ui_is_started_on_loopback_and_says_where(started: list[list[str]]) -> None:
    said = CliRunner().invoke(app, ["ui"]).output
    assert started[0][1:] == ["dev", "-h", "127.0.0.1", "-p", "3000"]
    assert "http://127.0.0.1:3000" in said
    assert "open to every machine" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_the_ui_says_so_when_it_is_told_to_listen_elsewhere(started: list[list[str]], host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_UI_HOST", host)
    current.cache_clear()
    said = " ".join(CliRunner().invoke(app, ["ui"]).output.split())
    assert started[0][3] == host
    assert f"open to every machine that can reach {host}: it has no password" in said


def family(process: int) -> set[int]:
    """A process and all it started."""
    children = [int(p) for task in Path(f"/proc/{process}/task").glob("*/children") for p in task.read_text().split()]
    return {process}.union(*(family(child) for child in children))


def listening(processes: set[int]) -> set[tuple[str, int]]:
    """Addresses and ports the processes listen on."""
    held = {str(f.readlink()) for p in processes for f in Path(f"/proc/{p}/fd").glob("*") if f.is_symlink()}
    found = set()
    for table, kind in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                host, port = fields[1].split(":")
                words = b"".join(bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
                found.add((socket.inet_ntop(kind, words), int(port, 16)))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux, which tells who listens where")
def test_nothing_the_ui_starts_listens_beyond_loopback(started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("ROTATION_UI_PORT", str(port))
    current.cache_clear()
    CliRunner().invoke(app, ["ui"])
    with (tmp_path / "ui.log").open("w") as log:
        ui = subprocess.Popen(started[0], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + 120
        while port not in {p for _, p in listening(family(ui.pid))}:
            assert time.monotonic() < until, (tmp_path / "ui.log").read_text()
            assert ui.poll() is None, (tmp_path / "ui.log").read_text()
            time.sleep(0.5)
        assert {host for host, _ in listening(family(ui.pid))} <= {"127.0.0.1", "::1"}
    finally:
        for process in family(ui.pid):
            os.kill(process, signal.SIGKILL)
        ui.wait()
