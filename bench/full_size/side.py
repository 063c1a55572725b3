"""One side of a comparison, in a process of its own: how long its work took and how much memory it had at most. Not for comparing (rounds.py).

A side is a module with `work(**given)`. The clock runs while `work` does, so that starting Python and loading libraries count for nobody;
a side that prepares something first says its own `seconds`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pipelines.settings import ROOT

SHOWN = 2000  # characters of what a side said before it failed


class SideFailedError(Exception):
    """A side ended without a result; the message says which and how. `said`: the end of what it wrote."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True)
class Taken:
    """What one run of a side took. `said`: what it told beside."""

    seconds: float
    peak_bytes: int
    said: Mapping[str, Any] = field(default_factory=dict)


def run(module: str, environment: Mapping[str, str] | None = None, **given: Any) -> Taken:
    """Run a side.

    Raises:
        SideFailedError: it failed, or was ended by the system.
    """
    command = [sys.executable, "-m", "bench.full_size.side", module, json.dumps(given)]
    ended = run_process(module, command, environment)
    told = json.loads(ended.said["stdout"].strip().splitlines()[-1])
    return Taken(told.pop("seconds"), told.pop("peak_bytes") or ended.peak_bytes, told)


def run_process(name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Taken:
    """Wall time of a whole process and its peak of resident memory: where it has less than the one that started it, that one's.

    Raises:
        SideFailedError: it failed, or was ended by the system.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | (environment or {}), stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout, stderr = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if process.returncode:
        how = f"ended by signal {-process.returncode}" if process.returncode < 0 else f"exit code {process.returncode}"
        raise SideFailedError(f"{name}: {how}", (stderr or stdout)[-SHOWN:])
    return Taken(seconds, usage.ru_maxrss * 1024, {"stdout": stdout})


def own_peak() -> int | None:
    """The most memory this process had since it began; what the system tells the parent counts the parent's from before. None where it is not told."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def main() -> None:
    """Do the work named, and print what it took as the last line."""
    work = import_module(f"bench.full_size.{sys.argv[1]}").work
    given = json.loads(sys.argv[2])
    start = time.perf_counter()
    said = work(**given) or {}
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_bytes": own_peak()} | dict(said)), flush=True)


if __name__ == "__main__":
    main()
