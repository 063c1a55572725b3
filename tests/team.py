"""A team's Dagster as compose.yaml starts it, each container a process of this machine: same commands, same configuration, a real PostgreSQL. Not for tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import requests
import yaml
from psycopg.conninfo import conninfo_to_dict

from pipelines.settings import ROOT

DEPLOY = ROOT / "deploy"
STATE = "base_dir: /var/lib/dagster"  # where containers keep the logs of runs
PASSWORD = "canary-of-the-team-5d0c"

LAUNCH = """mutation ($it: ExecutionParams!) { launchRun(executionParams: $it) {
  __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message }
  ... on InvalidSubsetError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
LOADED = "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }"
Said = TypeVar("Said")


def read(file: str) -> dict[str, Any]:
    """One document of deploy/."""
    document: dict[str, Any] = yaml.safe_load((DEPLOY / file).read_text(encoding="utf-8"))
    return document


def url_of(conninfo: str) -> str:
    """The connection string a team would write; the server of the tests trusts whoever comes, so the password is only looked for in logs."""
    it = conninfo_to_dict(conninfo)
    return f"postgresql://{it['user']}:{PASSWORD}@/{it['dbname']}?host={it['host']}"


def home_of(form: str, folder: Path, **instead: str) -> Path:
    """DAGSTER_HOME with the files of a form, as they are but for the paths and addresses of containers."""
    folder.mkdir(parents=True)
    for name in ("dagster.yaml", "workspace.yaml"):
        text = (DEPLOY / form / name).read_text(encoding="utf-8")
        for said, meant in {STATE: f"base_dir: {folder / 'state'}", **instead}.items():
            text = text.replace(said, meant)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(what: str, ask: Callable[[], Said | None], seconds: float = 180) -> Said:
    """The first answer that is one; what is asked may not be there yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(requests.ConnectionError):  # not yet listening
            if said := ask():
                return said
        time.sleep(0.3)
    raise AssertionError(f"{what}: nothing within {seconds:g} s")


@dataclass(frozen=True)
class Team:
    """The UI's address, the state's connection string, the logs of the processes."""

    ui: str
    conninfo: str
    logs: Path

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.ui}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def launch(self, *assets: str, **options: Any) -> str:
        """What the launchpad does: a run of the job for some of its assets. Its id."""
        selector = {"repositoryLocationName": "rotation", "repositoryName": "__repository__", "jobName": "rotation"}
        chosen = {"assetSelection": [{"path": a.split("/")} for a in assets]}
        config = {"resources": {"options": {"config": {"sources": "SAMPLE", **options}}}, "loggers": {"progress": {}}}
        said = self.ask(LAUNCH, it={"selector": selector | chosen, "runConfigData": config})["launchRun"]
        assert said["__typename"] == "LaunchRunSuccess", said
        run_id: str = said["run"]["runId"]
        return run_id

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Out of PostgreSQL, past Dagster."""
        with psycopg.connect(self.conninfo) as pg:
            return pg.execute(sql, values).fetchall()

    def status(self, run_id: str) -> str:
        return str(self.rows("select status from runs where run_id = %s", run_id)[0][0])

    def times_held_back(self) -> int:
        """How often the daemon went through the queue and let nobody in."""
        return (self.logs / "daemon.log").read_text(encoding="utf-8").count("won't launch more")

    def ended(self, run_id: str) -> str:
        return wait_for(f"end of {run_id}", lambda: s if (s := self.status(run_id)) in ("SUCCESS", "FAILURE", "CANCELED") else None)


@contextmanager
def started(conninfo: str, folder: Path, warehouse: Path) -> Iterator[Team]:
    """Code server, daemon and UI, by the commands of compose.yaml and in its order."""
    code, ui = free_port(), free_port()
    home = home_of("compose", folder / "home", **{"host: code": "host: 127.0.0.1", "port: 4000": f"port: {code}"})
    instead = {"0.0.0.0": "127.0.0.1", "4000": str(code), "3000": str(ui), "/opt/dagster/workspace.yaml": str(home / "workspace.yaml")}
    environment = {
        **{n: v for n, v in os.environ.items() if not n.startswith("PYTEST")},
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": url_of(conninfo),
        "ROTATION_WAREHOUSE": str(warehouse),
        "ROTATION_DAGSTER_HOME": str(home),
    }
    services = read("compose/compose.yaml")["services"]

    def start(name: str) -> subprocess.Popen[bytes]:
        program, *arguments = (instead.get(word, word) for word in services[name]["command"])
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        with (folder / f"{name}.log").open("wb") as log:
            return stack.enter_context(ended(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)))

    with ExitStack() as stack:
        start("code")
        wait_for("the code server", lambda: "Started Dagster code server" in (folder / "code.log").read_text(encoding="utf-8"))
        processes = [start(name) for name in ("daemon", "webserver")]
        team = Team(f"http://127.0.0.1:{ui}", conninfo, folder)
        entry = {"name": "rotation", "loadStatus": "LOADED"}
        wait_for("the UI", lambda: team.ask(LOADED)["workspaceOrError"]["locationEntries"] == [entry])
        yield team
        for process in processes:  # at once; the code server after them
            process.terminate()


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
