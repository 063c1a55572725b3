"""Fixtures of the readers' tests: a provider on loopback that misbehaves on demand, a provider in the process. Not for tests."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import fuzz
import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from pipelines.catalog import Series, catalog
from pipelines.settings import TOKENS
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client

NOW = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)

Handle = Callable[[BaseHTTPRequestHandler, int], None]


@dataclass
class Loopback:
    """A server whose answers a test writes: `handle(request, number of this request)`."""

    url: str
    handle: Handle = field(default=lambda request, n: None)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.requests.append((self.path, dict(self.headers)))
            server.handle(self, len(server.requests))

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Loopback(f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    http.shutdown()
    http.server_close()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def asking(archive: Archive) -> Iterator[Callable[..., Client]]:
    """A client of a loopback server; what the test does not set is short."""
    made = []

    def make(mirror: str | None, **settings: Any) -> Client:
        given = {"contact": None, "connect_timeout_s": 2, "deadline_s": 5, "retries": 2, "now": lambda: NOW, "tokens": None} | settings
        made.append(Client(archive, mirror, **given))
        return made[-1]

    yield make
    for client in made:
        client.close()


class Canned(BaseAdapter):
    """Answers every request with the same bytes, and remembers what was asked."""

    def __init__(self, content: bytes, status: int = 200) -> None:
        super().__init__()
        self.content, self.status = content, status
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        response = requests.Response()
        response.status_code, response.url, response.request = self.status, str(request.url), request
        response.raw = HTTPResponse(BytesIO(self.content), {"Content-Length": str(len(self.content))}, self.status, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Told:
    """A client that hears one payload, and the adapter that says it."""

    client: Client
    wire: Canned


@pytest.fixture
def told(archive: Archive) -> Callable[..., Told]:
    """`told(payload)`: a client whose provider answers just that."""

    def make(
        content: bytes,
        status: int = 200,
        now: datetime = NOW,
        tokens: dict[str, str] | None = None,
        asks: dict[str, tuple[str, ...]] | None = None,
    ) -> Told:
        wire = Canned(content, status)
        held = {p: "a-token" for p in TOKENS if p != "fred"} if tokens is None else tokens  # with a key FRED is asked another way
        client = Client(archive, None, "desk@example.org", 1, 5, 0, wire, now=lambda: now, tokens=held, asks=asks)
        return Told(client, wire)

    return make


@pytest.fixture
def series() -> Callable[[str], Series]:
    return lambda series_id: catalog()[series_id]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over how many inputs it tried."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tried"] = dict(fuzz.tried)


def pytest_testnodedown(node: Any) -> None:
    fuzz.tried.update(node.workeroutput.get("tried", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reader, n in sorted(fuzz.tried.items()):
        terminalreporter.write_line(f"{n:>9,} inputs into {reader}")
