"""The client, against a server that breaks in every known way: the named error, and the number of requests it took."""

import gzip
import logging
import os
import re
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from pipelines.sources import transport
from pipelines.sources.interface import SourceError

CSV = b"observation_date,X\n2026-01-09,1.5\n"
CANARY = "canary-7f3a9c51"


def answer(request: BaseHTTPRequestHandler, body: bytes = CSV, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for name, value in ({"Content_Length": str(len(body))} | headers).items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def failing(status: int, times: int, **headers: str) -> Callable[[BaseHTTPRequestHandler, int], None]:
    return lambda request, n: answer(request, b"busy", status, **headers) if n <= times else answer(request)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """A reset, not an end: whatever was sent is lost."""
    request.close_connection = True
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(request.connection.detach())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BACKOFF_S", 0.01)


def test_a_good_answer_is_archived_before_it_is_handed_out(loopback: Any, asking: Any, archive: Any) -> None:
    loopback.handle = lambda request, n: answer(request)
    client = asking(loopback.url)
    payload = client.get("fred", "https://fred.example/graph.csv", params={"id": "X"}, kind="csv")
    assert payload.content == CSV
    assert archive.read("fred", payload.receipt.sha256) == CSV
    assert client.receipts == [payload.receipt]
    assert payload.receipt.request == "GET https://fred.example/graph.csv?id=X"
    assert loopback.requests[0][0] == "/fred.example/graph.csv?id=X"


def test_plain_http_addresses_are_asked_over_https(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: answer(request)
    assert asking(loopback.url).get("french", "http://x.example/a", kind="csv").receipt.request == "GET https://x.example/a"


def test_a_compressed_answer_is_archived_unpacked(loopback: Any, asking: Any, archive: Any) -> None:
    loopback.handle = lambda request, n: answer(request, gzip.compress(CSV), Content_Encoding="gzip")
    payload = asking(loopback.url).get("fred", "https://x.example/a", kind="csv")
    assert payload.content == CSV
    assert payload.receipt.size_bytes == len(CSV)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_can_pass_is_asked_again(loopback: Any, asking: Any, status: int) -> None:
    loopback.handle = failing(status, times=2)
    assert asking(loopback.url).get("x", "https://x.example/a", kind="csv").content == CSV
    assert len(loopback.requests) == 3


@pytest.mark.parametrize("status", [429, 500])
def test_a_failure_that_stays_is_asked_for_once_and_then_as_often_as_set(loopback: Any, asking: Any, status: int) -> None:
    loopback.handle = failing(status, times=99)
    with pytest.raises(SourceError, match=f"status {status}"):
        asking(loopback.url).get("x", "https://x.example/a", kind="csv")
    assert len(loopback.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_what_cannot_pass_is_asked_once(loopback: Any, asking: Any, status: int) -> None:
    loopback.handle = failing(status, times=99)
    with pytest.raises(SourceError, match=f"status {status}"):
        asking(loopback.url).get("x", "https://x.example/a", kind="csv")
    assert len(loopback.requests) == 1


def test_retry_after_is_waited_for(loopback: Any, asking: Any) -> None:
    loopback.handle = failing(429, times=1, Retry_After="1")
    begun = time.monotonic()
    asking(loopback.url).get("x", "https://x.example/a", kind="csv")
    assert 1 <= time.monotonic() - begun < 3
    assert len(loopback.requests) == 2


def test_a_wait_longer_than_the_deadline_is_not_begun(loopback: Any, asking: Any) -> None:
    loopback.handle = failing(429, times=9, Retry_After="3600")
    begun = time.monotonic()
    with pytest.raises(SourceError, match="Retry-After 3600"):
        asking(loopback.url).get("x", "https://x.example/a", kind="csv")
    assert time.monotonic() - begun < 2
    assert len(loopback.requests) == 1


def test_an_unreadable_retry_after_is_a_usual_failure(loopback: Any, asking: Any) -> None:
    loopback.handle = failing(503, times=1, Retry_After="soon")
    assert asking(loopback.url).get("x", "https://x.example/a", kind="csv").content == CSV


def test_a_trickling_body_ends_at_the_deadline(loopback: Any, asking: Any) -> None:
    def trickle(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        try:
            for _i in range(200):
                request.wfile.write(b"1")
                request.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    loopback.handle = trickle
    begun = time.monotonic()
    with pytest.raises(SourceError, match="trickles"):
        asking(loopback.url, deadline_s=1).get("x", "https://x.example/a", kind="csv")
    assert time.monotonic() - begun < 3
    assert len(loopback.requests) == 1


def test_a_silent_server_is_not_asked_again(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: time.sleep(2)
    with pytest.raises(SourceError, match="silence"):
        asking(loopback.url, deadline_s=0.5).get("x", "https://x.example/a", kind="csv")
    assert len(loopback.requests) == 1


def test_a_reset_before_the_answer_is_asked_again(loopback: Any, asking: Any) -> None:
    def reset(request: BaseHTTPRequestHandler, n: int) -> None:
        if n > 1:
            answer(request)
            return
        hang_up(request)

    loopback.handle = reset
    assert asking(loopback.url).get("x", "https://x.example/a", kind="csv").content == CSV
    assert len(loopback.requests) == 2


def test_half_a_body_is_not_taken_for_a_whole_one(loopback: Any, asking: Any) -> None:
    def half(request: BaseHTTPRequestHandler, _: int) -> None:
        answer(request, CSV, Content_Length="1000")
        request.close_connection = True

    loopback.handle = half
    with pytest.raises(SourceError, match="half of one"):
        asking(loopback.url).get("x", "https://x.example/a", kind="csv")
    assert len(loopback.requests) == 1


def test_a_broken_chunked_body_is_not_taken_for_a_whole_one(loopback: Any, asking: Any) -> None:
    def chunk(request: BaseHTTPRequestHandler, _: int) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"%x\r\n%s\r\n" % (len(CSV), CSV))
        request.close_connection = True

    loopback.handle = chunk
    with pytest.raises(SourceError, match="half of one"):
        asking(loopback.url).get("x", "https://x.example/a", kind="csv")


def test_nobody_listening_is_named(asking: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=f"expected a connection, found 127.0.0.1:{port}: "):
        asking(f"http://127.0.0.1:{port}", retries=1).get("x", "https://x.example/a", kind="csv")


def test_without_a_mirror_the_provider_is_asked_and_an_unknown_host_named(asking: Any) -> None:
    client = asking(None, retries=0)
    with pytest.raises(SourceError, match="expected a connection"):
        client.get("x", "https://no-such-host.invalid/a", kind="csv")


def test_a_redirect_goes_through_the_mirror_too(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: answer(request, b"moved", 302, Location="https://b.example/b") if n == 1 else answer(request)
    asking(loopback.url).get("x", "https://a.example/a", kind="csv")
    assert [path for path, _ in loopback.requests] == ["/a.example/a", "/b.example/b"]


def test_a_redirect_to_plain_http_is_refused(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: answer(request, b"moved", 302, Location="http://b.example/b")
    with pytest.raises(SourceError, match="TLS is never weakened"):
        asking(loopback.url).get("x", "https://a.example/a", kind="csv")
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("csv", b"", "empty"),
        ("csv", b"  \n", "empty"),
        ("csv", b"<!DOCTYPE html><html>captcha</html>", "HTML"),
        ("json", b"\n <HTML>captcha</HTML>", "HTML"),
        ("zip", b"<html>captcha</html>", "HTML"),
        ("csv", b"PK\x03\x04rest", "zip"),
        ("csv", b"\x00\x01\x02\x03" * 50, "binary"),
        ("csv", b"a,b\n1,2.4", "half a body"),
        ("json", b'{"a": [1, 2', "half a body"),
        ("json", b"[" * 100_000, "not readable"),
        ("json", b"PK\x03\x04rest", "zip"),
        ("zip", b"a,b\n1,2\n", "a,b"),
        ("zip", b"PK\x03\x04" + b"x" * 100, "damaged"),
        ("excel", b"a,b\n1,2\n", "a,b"),
        ("excel", b"PK\x03\x04" + b"x" * 100, "damaged"),
    ],
)
def test_a_payload_of_another_kind_is_refused_and_not_archived(
    loopback: Any, asking: Any, archive: Any, kind: Any, body: bytes, found: str
) -> None:
    loopback.handle = lambda request, n: answer(request, body)
    client = asking(loopback.url)
    with pytest.raises(SourceError, match=found):
        client.get("x", "https://x.example/a", kind=kind)
    assert not archive.folder.exists()
    assert client.receipts == []
    assert len(loopback.requests) == 1


def test_a_contact_is_named_only_where_one_is_asked_for(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: answer(request)
    client = asking(loopback.url, contact="desk@example.org")
    for provider in ("sec", "fred"):
        client.get(provider, "https://x.example/a", kind="csv")
    agents = [headers["User-Agent"] for _, headers in loopback.requests]
    assert re.fullmatch(r"rotation/\S+ \(desk@example\.org\)", agents[0])
    assert re.fullmatch(r"rotation/\S+", agents[1])


def test_a_provider_that_asks_for_a_contact_is_not_asked_without(loopback: Any, asking: Any) -> None:
    with pytest.raises(SourceError, match="ROTATION_CONTACT"):
        asking(loopback.url).get("sec", "https://x.example/a", kind="csv")
    assert loopback.requests == []


def test_the_rate_is_polite_for_each_host(loopback: Any) -> None:
    adapter = transport.network(0, 5)
    begun = time.monotonic()
    for _ in range(transport.REQUESTS_A_SECOND + 1):
        adapter.limiter.try_acquire("x.example", weight=1, blocking=True, timeout=-1)  # type: ignore[attr-defined]
    assert time.monotonic() - begun >= 0.9
    adapter.close()


@pytest.mark.parametrize("outcome", ["good", "refused", "retried", "html", "half", "reset"])
def test_a_secret_is_in_no_receipt_error_log_or_archive_name(
    loopback: Any, asking: Any, archive: Any, caplog: pytest.LogCaptureFixture, outcome: str
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f'{{"detail": "bad token {CANARY}"}}'.encode()
    loopback.handle = {
        "good": lambda request, n: answer(request, b"[]"),
        "refused": lambda request, n: answer(request, echo, 403),
        "retried": lambda request, n: answer(request, echo, 503),
        "html": lambda request, n: answer(request, b"<html>" + echo),
        "half": lambda request, n: answer(request, echo[:-1]),
        "reset": lambda request, n: hang_up(request),
    }[outcome]
    client = asking(loopback.url, tokens={"tiingo": CANARY})
    said, raised = "", None
    try:
        client.get(
            "tiingo",
            f"https://x.example/a?apikey={CANARY}",
            params={"token": CANARY, "api_key": CANARY},
            headers={"Authorization": f"Token {CANARY}"},
            kind="json",
        )
    except SourceError as problem:
        raised = problem
        said = f"{problem} {problem.args} {problem.found} {problem.__cause__!r}"
    assert raised is None or raised.__suppress_context__
    assert bool(said) == (outcome != "good")
    assert any(CANARY in headers.get("Authorization", "") for _, headers in loopback.requests)
    names = " ".join(str(p) for p in archive.folder.rglob("*"))
    assert CANARY not in said + names + repr(client.receipts) + caplog.text + repr(client)
    assert not any(CANARY in str(record.__dict__) for record in caplog.records)
