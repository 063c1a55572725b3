"""Runs on a small market in children forked from a warm parent: everything imported, the dbt project read, the market made. Not for trials.

A child that has been killed leaves nothing behind in its parent. For that the parent must never have used DuckDB or Polars, whose threads a
fork does not take along: what needs them is asked of a child (`apart`), and the parent is a process of its own (`in_a_process`).
"""

import gc
import importlib
import json
import multiprocessing as mp
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.reliability.row import Row, Tell
from bench.reliability.small import DAILY, WHOLE, SmallMarket, SmallProviders, Vendor, vendor
from pipelines import runner
from pipelines import settings as settings_module
from pipelines.assets.publish import Faces
from pipelines.catalog import catalog
from pipelines.definitions import build_defs
from pipelines.progress import listening
from pipelines.resources import dbt

fork = mp.get_context("fork")
# A part of the marts has neither the page's nor the answer's.
FACES = Faces(lambda *_: "<p>SIMULATED: a part of the marts</p>", lambda _: ["SIMULATED: a part of the marts"])
# What a run imports only when it comes to it.
LATER = (
    "great_expectations",
    "pipelines.checks.expectations",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "matplotlib.figure",
    "xlsxwriter",
    "pyarrow.parquet",
)


def in_a_process(module: str, count: int, folder: Path, tell: Tell) -> Row:
    """Try a row in an interpreter of its own: its main is given the count and the folder, and calls `say`."""
    command = [sys.executable, "-m", module, str(count), str(folder)]
    row, log = None, folder / "stderr.log"
    with log.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "row" in said:
                row = Row(**{**said["row"], "failures": tuple(said["row"]["failures"])})
            else:
                tell(said["tell"])
    if row is None:
        raise RuntimeError(f"{module} ended with {process.returncode} and no row: {log.read_text(encoding='utf-8')[-2000:]}")
    return row


def say(what: str | Row) -> None:
    """To who started this process: how far it is, or the row."""
    print(json.dumps({"row": asdict(what)} if isinstance(what, Row) else {"tell": what}), flush=True)


def apart(ask: Callable[..., Any], *arguments: Any) -> Any:
    """What a function says in a child that ends with it."""
    ours, theirs = fork.Pipe(duplex=False)

    def answer() -> None:
        try:
            theirs.send((ask(*arguments), None))
        except BaseException as problem:  # told to the parent, which raises it
            theirs.send((None, f"{type(problem).__name__}: {problem}"))
            raise

    child = fork.Process(target=answer)
    child.start()
    theirs.close()
    try:
        found, problem = ours.recv()
    except EOFError:
        found, problem = None, "it ended without a word"
    child.join()
    if problem:
        raise RuntimeError(f"{ask.__name__}{arguments}: {problem}")
    return found


@dataclass(frozen=True)
class Ended:
    """How a run ended, as its child told it."""

    is_published: bool
    failures: tuple[str, ...]
    seconds: float


@dataclass
class Running:
    """A run at work in a child; `steps` are those it has begun, in order."""

    child: Any
    heard: Connection
    began: float
    steps: list[str]
    ended: Ended | None = None

    def hear(self, seconds: float) -> bool:
        """Wait for the next word, at most so long; False once nothing more can come."""
        try:
            if self.heard.poll(seconds):
                said = self.heard.recv()
                if isinstance(said, str):
                    self.steps.append(said)
                else:
                    self.ended = said
        except (EOFError, ConnectionResetError):
            return False
        return True

    def finish(self) -> Ended:
        """Hear it to its end."""
        while self.hear(60):
            pass
        self.child.join()
        return self.ended or Ended(False, (f"the process ended with {self.child.exitcode}",), time.perf_counter() - self.began)

    def kill(self) -> None:
        """End it at this instant, and hear what it had still said before."""
        self.child.kill()
        while self.hear(60):
            pass
        self.child.join()


class Warm:
    """The parent. `whole` builds all models of the trial, `daily` those that move."""

    def __init__(self, folder: Path) -> None:
        os.environ |= {"ROTATION_WAREHOUSE": str(folder / "nowhere"), "ROTATION_KEEP_PUBLICATIONS": "1", "ROTATION_THREADS": "2"}
        os.environ |= {"DBT_LOG_LEVEL_FILE": "warn", "DBT_WRITE_JSON": "false", "GX_ANALYTICS_ENABLED": "false"}
        tempfile.tempdir = str(folder / "temporary")  # a killed run leaves its own there
        Path(tempfile.tempdir).mkdir(parents=True)
        for name in LATER:
            importlib.import_module(name)
        self.providers = SmallProviders(*apart(_made))
        settings_module.settings.cache_clear()
        parsed = dbt.parse(settings_module.settings(), folder / "dbt")
        self.whole, self.daily = (
            build_defs(part=dbt.Part(select, parsed), faces=FACES, providers=self.providers) for select in (WHOLE, DAILY)
        )
        gc.collect()
        gc.freeze()  # a child that looks through all of this for garbage copies it

    def start(
        self, warehouse: Path, day: date, *, is_whole: bool = False, spoils: Mapping[str, Any] | None = None, most_bytes: int | None = None
    ) -> Running:
        """Begin a run. `spoils` break answers by symbol; `most_bytes`: no file may grow beyond, as on a disk that is full."""
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=self._run, args=(theirs, warehouse, day, is_whole, spoils or {}, most_bytes))
        child.start()
        theirs.close()
        return Running(child, ours, time.perf_counter(), [])

    def run(self, warehouse: Path, day: date, **how: Any) -> Ended:
        """A whole run."""
        return self.start(warehouse, day, **how).finish()

    def _run(self, told: Connection, warehouse: Path, day: date, is_whole: bool, spoils: Mapping[str, Any], most_bytes: int | None) -> None:
        warehouse.mkdir(parents=True, exist_ok=True)
        log = os.open(warehouse.with_name(f"{warehouse.name}.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ["ROTATION_WAREHOUSE"] = str(warehouse)
        settings_module.settings.cache_clear()
        self.providers.spoils.update(spoils)
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        began = time.perf_counter()
        with listening(lambda kind, text: told.send(text) if kind == "step" else None):
            config = runner.run_config("sample", day, now=f"{day}T23:30:00+00:00")
            outcome = runner.run(config, keep_events=False, definitions=self.whole if is_whole else self.daily)
        told.send(Ended(outcome.is_published, outcome.failures, time.perf_counter() - began))


def _made() -> tuple[SmallMarket, Vendor]:
    """The market with all that costs time made, as plain arrays and text."""
    market = SmallMarket()
    for series in catalog().of("yahoo"):
        market.bars(series)
    for series in catalog().of("fred"):
        market.economy.series(series)
    return market, vendor()
