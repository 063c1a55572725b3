"""A mirror that wants a user and a password, or has a token in its path: both reach it, and neither is told."""

import base64
import logging
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from left_behind import forms

from pipelines.sources.interface import SourceError

CSV = b"a,b\n1,2\n"


def answer(request: BaseHTTPRequestHandler, status: int = 200) -> None:
    """What was asked, headers and all, or a table."""
    body = CSV if status == 200 else f"{request.path} {request.headers}".encode()
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def test_a_mirror_with_user_and_token_is_asked_with_them_and_neither_is_told(
    loopback: Any, asking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loopback.handle = lambda request, n: answer(request, 403)
    client = asking(loopback.url.replace("://", "://user:secret-7f3a@") + "/token-51d2", retries=0)
    with pytest.raises(SourceError) as refused:
        client.get("x", "https://x.example/a", kind="csv")
    ((path, headers),) = loopback.requests
    assert path == "/token-51d2/x.example/a"
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'user:secret-7f3a').decode()}"
    said = f"{refused.value} {caplog.text}"
    assert "x.example" in said
    assert not [form for secret in ("user:secret-7f3a", "secret-7f3a", "token-51d2") for form in forms(secret) if form in said]


def test_the_providers_own_authorization_goes_through_a_mirror_with_a_password(loopback: Any, asking: Any) -> None:
    loopback.handle = lambda request, n: answer(request)
    client = asking(loopback.url.replace("://", "://user:secret@"))
    client.get("x", "https://x.example/a", headers={"Authorization": "Token t"}, kind="csv")
    assert loopback.requests[0][1]["Authorization"] == "Token t"
