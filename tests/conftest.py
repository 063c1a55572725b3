"""Fixtures every room of the tests uses: an own warehouse, the recorded providers. Not for tests."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import settings as settings_module
from pipelines.settings import ROOT, Settings

REPLAY = ROOT.parent / "shared" / "replay"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("ROTATION_"):
            monkeypatch.delenv(name)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings whose warehouse is an empty folder of this test."""
    monkeypatch.setenv("ROTATION_WAREHOUSE", str(tmp_path / "warehouse"))
    settings_module.settings.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()


@dataclass(frozen=True)
class Replay:
    """The recorded providers, answering on loopback."""

    url: str

    def log(self) -> list[dict[str, Any]]:
        """Requests answered so far."""
        with urllib.request.urlopen(f"{self.url}/_log") as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]


@pytest.fixture
def replay_world() -> Path:
    """The folder of recorded payloads."""
    world = REPLAY / "world"
    if not world.exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")
    return world


@contextmanager
def serve(as_of: date, faults: list[str] | None = None) -> Iterator[Replay]:
    """The recorded providers as of a day, with faults such as 'query1.finance.yahoo.com/*=500:2'."""
    if not (REPLAY / "serve.py").exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")
    command = [sys.executable, str(REPLAY / "serve.py"), "--port", "0", "--as-of", str(as_of)]
    for fault in faults or []:
        command += ["--fault", fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield Replay(server.stdout.readline().split()[-1])
        finally:
            server.terminate()


@pytest.fixture
def replay() -> Callable[..., Any]:
    """`with replay(as_of, faults) as r:` serves the recorded providers."""
    return serve
