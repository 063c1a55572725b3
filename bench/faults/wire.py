"""A provider on loopback whose connection breaks in every known way. Not for what its answers say (forms)."""

import io
import os
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import urllib3.util.connection as connecting

NOW = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
DEADLINE_S = 0.4
HTML = b"<!DOCTYPE html><html><body>Please verify you are a human</body></html>"


@dataclass(frozen=True)
class Good:
    """The answer a request would have got."""

    body: bytes
    kind: str


Behave = Callable[["Request", Good, int], None]


class Request:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.handler = handler

    def answer(
        self, body: bytes, kind: str, status: int = 200, *, length: int | None = None, at: datetime = NOW, retry_after: str = ""
    ) -> None:
        given = {
            "Content-Type": kind,
            "Content-Length": str(len(body) if length is None else length),
            "Date": format_datetime(at, usegmt=True),
        }
        self.handler.send_response_only(status)
        for name, value in (given | ({"Retry-After": retry_after} if retry_after else {})).items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def drip(self, head: bytes, pieces: Iterator[bytes]) -> None:
        try:
            self.handler.wfile.write(head)
            for piece in pieces:
                self.handler.wfile.write(piece)
                self.handler.wfile.flush()
                time.sleep(DEADLINE_S / 8)
        except OSError:
            self.handler.close_connection = True  # they have hung up, as they should

    def hang_up(self) -> None:
        """A reset, not an end: whatever was sent is lost."""
        self.handler.close_connection = True
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.handler.connection.detach())


def _busy(status: int, times: int = 99, retry_after: str = "") -> Behave:
    def behave(request: Request, good: Good, n: int) -> None:
        if n <= times:
            request.answer(b"busy", "text/plain", status, retry_after=retry_after)
        else:
            request.answer(good.body, good.kind)

    return behave


def _half(request: Request, good: Good, _: int) -> None:
    request.answer(good.body[: len(good.body) // 2], good.kind, length=len(good.body))
    request.handler.close_connection = True


def _zip_or_text(request: Request, good: Good, _: int) -> None:
    """A zip where text is due, text where a zip is due."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("answer"), good.body)  # no hour of today in it
    is_zip = good.body.startswith((b"PK", b"\xd0\xcf"))
    request.answer(b"a,b\n1,2\n" if is_zip else file.getvalue(), good.kind)


def _trickle(request: Request, good: Good, _: int) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {good.kind}\r\nContent-Length: 100000\r\n\r\n".encode()
    request.drip(head, (b" " for _ in range(40)))


def _trickle_headers(request: Request, _good: Good, _: int) -> None:
    request.drip(b"HTTP/1.1 200 OK\r\n", (f"X-{n}: y\r\n".encode() for n in range(40)))


def good(request: Request, answer: Good, _: int) -> None:
    request.answer(answer.body, answer.kind)


def _later_date() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)


FAULTS: dict[str, Behave] = {
    "timeout": lambda *_: time.sleep(DEADLINE_S * 1.5),
    "trickle": _trickle,
    "trickling headers": _trickle_headers,
    "reset": lambda request, *_: request.hang_up(),
    "403": _busy(403),
    "404": _busy(404),
    "429 without Retry-After": _busy(429),
    "429 with Retry-After in seconds": _busy(429, 1, retry_after="20"),
    "429 with Retry-After as a date": lambda request, answer, n: _busy(429, 1, retry_after=_later_date())(request, answer, n),
    "429 with Retry-After past the deadline": _busy(429, retry_after="86400"),
    "500, then good": _busy(500, 1),
    "HTML with 200": lambda request, *_: request.answer(HTML, "text/html"),
    "empty": lambda request, answer, _: request.answer(b"", answer.kind),
    "half body": _half,
    "half body, length unsaid": lambda request, answer, _: request.answer(answer.body[: len(answer.body) // 2], answer.kind),
    "wrong content type": lambda request, answer, _: request.answer(answer.body, "text/html; charset=latin-1"),
    "zip for CSV": _zip_or_text,
    "clock skew": lambda request, answer, _: request.answer(answer.body, answer.kind, at=NOW + timedelta(days=2)),
}
NOBODY = ("refused", "DNS failure")  # there is nobody to misbehave


@dataclass
class Provider:
    """What is served now, and how; `asked` are the addresses of the requests since."""

    url: str
    answers: dict[str, bytes] = field(default_factory=dict)
    kind: str = ""
    behave: Behave = good
    asked: list[str] = field(default_factory=list)

    def serve(self, answers: dict[str, bytes], kind: str, behave: Behave = good) -> None:
        self.answers, self.kind, self.behave, self.asked = answers, kind, behave, []


@contextmanager
def provider() -> Iterator[Provider]:
    """A server in this process."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            said.asked.append(self.path)
            body = next((b for part, b in said.answers.items() if part in self.path), None)
            if body is None:
                Request(self).answer(b"unknown", "text/plain", 404)
            else:
                said.behave(Request(self), Good(body, said.kind), len(said.asked))

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    said = Provider(f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield said
    finally:
        http.shutdown()
        http.server_close()


def waiting(waits: list[float]) -> Any:
    """In the place of a wait: what was to be waited for is noted."""

    def sleep_for_retry(self: Any, response: Any) -> bool:
        seconds = self.get_retry_after(response)
        if seconds:
            waits.append(seconds)
        return bool(seconds)

    return sleep_for_retry


@contextmanager
def nobody(fault: str) -> Iterator[list[str]]:
    """Nobody listens, or nobody knows the name; yields the attempts."""
    tries: list[str] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        tries.append(str(address))
        if fault == "DNS failure":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise ConnectionRefusedError(111, "Connection refused")

    with patch.object(connecting, "create_connection", connect):
        yield tries
