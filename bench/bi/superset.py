"""A Superset of its own environment, started on loopback and asked through its API. Not for what is asked (bench/bi/__main__.py)."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from pipelines.settings import ROOT

CONFIG = ROOT / "docs" / "bi" / "superset" / "superset_config.py"
LONGEST_START_S = 120


class SupersetError(Exception):
    """Superset did not do as asked; the message holds what it said."""


@dataclass(frozen=True)
class Superset:
    """A running Superset, logged in."""

    url: str
    session: requests.Session

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """One call of its API.

        Raises:
            SupersetError: it refused.
        """
        answer = self.session.request(method, f"{self.url}/api/v1/{path}", timeout=120, **arguments)
        if not answer.ok:
            raise SupersetError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def import_dashboard(self, packed: bytes) -> None:
        """Import an archive of dashboard, charts, datasets and connection, as Dashboards > Import dashboards does."""
        self.ask("POST", "dashboard/import/", files={"formData": ("dashboard.zip", packed, "application/zip")}, data={"overwrite": "true"})

    def ids(self, kind: str, name: str) -> dict[str, int]:
        """Ids of all charts, datasets or databases by name."""
        return {one[name]: one["id"] for one in self.ask("GET", f"{kind}/", params={"q": "(page_size:100)"})["result"]}

    def rows(self, dataset: int, query: dict[str, Any]) -> list[dict[str, Any]]:
        """What a chart of a dataset is drawn from."""
        asked = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
            "force": True,
        }
        found: list[dict[str, Any]] = self.ask("POST", "chart/data", json=asked)["result"][0]["data"]
        return found

    def sql(self, database: int, query: str) -> list[dict[str, Any]]:
        """A query as SQL Lab sends it."""
        found: list[dict[str, Any]] = self.ask("POST", "sqllab/execute/", json={"database_id": database, "sql": query, "schema": "marts"})[
            "data"
        ]
        return found


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(binaries: Path, folder: Path) -> Iterator[Superset]:
    """Superset with its state in `folder`, for as long as the block lasts."""
    password, port = secrets.token_urlsafe(16), _free_port()
    environment = os.environ | {
        "SUPERSET_CONFIG_PATH": str(CONFIG),
        "BI_CHECK_HOME": str(folder),
        "BI_CHECK_SECRET": secrets.token_urlsafe(42),
        "FLASK_APP": "superset",
        "SUPERSET_HOME": str(folder),
    }
    create = ["fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@example.org"]
    with (folder / "superset.log").open("w", encoding="utf-8") as log:

        def start(*command: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen([str(binaries / command[0]), *command[1:]], env=environment, stdout=log, stderr=log, cwd=folder)

        for step in (("db", "upgrade"), (*create, "--password", password), ("init",)):
            if start("superset", *step).wait() != 0:
                raise SupersetError(f"superset {step[0]} failed; see {folder / 'superset.log'}.")
        server = start("gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--timeout", "120", "superset.app:create_app()")
        try:
            yield _logged_in(f"http://127.0.0.1:{port}", password, server)
        finally:
            server.terminate()
            server.wait()


def _logged_in(url: str, password: str, server: subprocess.Popen[bytes]) -> Superset:
    session, until = requests.Session(), time.monotonic() + LONGEST_START_S
    while True:
        try:
            answer = session.post(
                f"{url}/api/v1/security/login", timeout=30, json={"username": "admin", "password": password, "provider": "db"}
            )
            session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            return Superset(url, session)
        except requests.ConnectionError:
            if server.poll() is not None or time.monotonic() > until:
                raise SupersetError(f"Superset did not start within {LONGEST_START_S} s.") from None
            time.sleep(1)
