"""The recorded providers, served on loopback. Not for tests or fixtures."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from pipelines.settings import ROOT

REPLAY = ROOT.parent / "shared" / "replay"


@dataclass(frozen=True)
class Replay:
    """The recorded providers, answering on loopback."""

    url: str

    def log(self) -> list[dict[str, Any]]:
        """Requests answered so far."""
        with urllib.request.urlopen(f"{self.url}/_log") as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]


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
            server.kill()  # it holds nothing, and a signal it may have been told to ignore would leave us waiting
