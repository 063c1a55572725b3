"""Canary keys in every setting that takes one: no run, good or bad, leaves them in anything it writes or says."""

import base64
import gzip
import json
import logging
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import pytest
import zstandard
from left_behind import forms, found_in
from worlds import database, rows, working_in

from bench.clone import clone
from pipelines import cli, runner
from pipelines.settings import ROOT, TOKENS

FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
SECRETS = list(TOKENS.values())  # the address of alerts, which may hold a token: tests/unit/test_alerts.py
KEYS = {f"ROTATION_{name.upper()}": f"canary+{n}/7f3a9c51d2e8b046=" for n, name in enumerate(SECRETS)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Dagster instance of this test's own, with the project's settings."""
    folder = tmp_path / "left" / "home"
    folder.mkdir(parents=True)
    shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(runner, "instance_home", lambda: folder)
    return folder


@pytest.fixture
def echo() -> Iterator[tuple[str, list[str]]]:
    """A provider that repeats what it was asked, headers and all: with status 403, as a page, and as good JSON."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = f"{self.path} {dict(self.headers)}"
            heard.append(unquote(told))
            keys = [k for k in KEYS.values() if k in heard[-1]]
            said = {
                "detail": told,
                "again": [form(k) for k in keys for form in (str, quote, lambda k: base64.b64encode(k.encode()).decode())],
            }
            status, body = [
                (403, json.dumps(said)), (200, f"<html>{json.dumps(said)}</html>"), (200, json.dumps(said)), (200, json.dumps([said])),
            ][len(heard) % 4]  # fmt: skip
            self.send_response(status, "you said " + told.replace("\r", "").replace("\n", "")[:2000])
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def rotation(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["rotation", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    out, err = capfd.readouterr()
    return out + err + caplog.text + "".join(str(record.__dict__) for record in caplog.records)


@pytest.mark.slow
def test_a_failed_run_leaves_no_key_behind(
    home: Path,
    echo: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every provider repeats our headers and addresses in errors, pages and good answers."""
    caplog.set_level(logging.DEBUG)
    url, heard = echo
    with working_in(home.parent / "warehouse", ROTATION_MIRROR=url, ROTATION_HTTP_RETRIES="0", ROTATION_CONTACT="desk@example.org", **KEYS):
        for _ in range(2):
            assert rotation(monkeypatch, "run", "--sources", "live", "--as-of", str(FRIDAY)) == 1
        assert (
            rotation(monkeypatch, "backfill", "--sources", "live", "--as-of", str(FRIDAY), "--from", "2025-12-01", "--to", "2025-12-31")
            == 1
        )
    assert {name for name, key in KEYS.items() if any(key in told for told in heard)} == set(KEYS)  # they were sent
    left = said(capfd, caplog)
    assert "status 403" in left
    assert not [f for key in KEYS.values() for f in forms(key) if f in left]
    archived = list((home.parent / "warehouse" / "archive").rglob("*.zst"))
    assert archived  # what a provider repeated is kept, without the key
    assert list((home.parent / "home").rglob("*.db"))
    assert found_in(home.parent, KEYS.values()) == []


@pytest.mark.slow
@pytest.mark.replay
def test_a_good_run_leaves_no_key_behind(
    home: Path,
    replayed: dict[date, Path],
    replay: Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = clone(replayed[FRIDAY], home.parent / "warehouse")
    shutil.rmtree(folder / "drop")  # the vendor's files are not ours
    with replay(MONDAY) as provider, working_in(folder, ROTATION_MIRROR=provider.url, **KEYS):
        # a first key for FRED dates the past of the target anew: that stops gate 3 once, and is accepted
        accepted = [word for check in ("past_values_stay", "row_counts_do_not_shrink") for word in ("--accept", f"{check}=a first key")]
        assert rotation(monkeypatch, "run", "--sources", "live", "--as-of", str(MONDAY), *accepted) == 0
        assert rotation(monkeypatch, "status", "--sources", "live") == 0
    left = said(capfd, caplog)
    assert not [f for key in KEYS.values() for f in forms(key) if f in left]
    asked = rows(database(folder, "live"), "select count(*) > 0 from quality.source_pulls where source = 'tiingo' and status = 'merged'")
    assert asked == [(True,)]
    assert found_in(home.parent, KEYS.values()) == []


CANARY = "canary+0/7f3a9c51d2e8b046="


@pytest.mark.parametrize("form", sorted(forms(CANARY)))
def test_the_search_finds_it_in_every_form(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.log").write_text(f"before {form} after", encoding="utf-8")
    assert found_in(tmp_path, [CANARY]) == ["a.log: bytes"]


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_the_search_finds_it_within_base64(tmp_path: Path, before: str) -> None:
    (tmp_path / "a.log").write_bytes(b"Basic " + base64.b64encode(f"{before}{CANARY}:and more".encode()))
    assert found_in(tmp_path, [CANARY]) == ["a.log: bytes"]


def test_the_search_finds_it_in_every_kind_of_file(tmp_path: Path) -> None:
    long = (f"{n} and {CANARY} {n * n}" for n in range(3000))
    text = "\n".join(long)
    (tmp_path / "a.zst").write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
    (tmp_path / "b.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", text)
    (tmp_path / "h.zst").write_bytes(zstandard.ZstdCompressor().compress((tmp_path / "c.zip").read_bytes()))
    with sqlite3.connect(tmp_path / "d.db") as connection:
        connection.execute("create table events (body text)")
        connection.execute("insert into events values (?)", [text])
    for name in ("e.duckdb", "f.parquet"):
        with duckdb.connect(str(tmp_path / "e.duckdb")) as database_:
            database_.execute(
                "create or replace table told as select i, 'x ' || i || ? as message, ['?'] as list from range(9) t(i)", [CANARY]
            )
            if name.endswith("parquet"):
                database_.execute(f"copy told to '{tmp_path / name}' (compression zstd)")
    (tmp_path / f"g-{quote(CANARY, safe='')}.txt").write_text("empty", encoding="utf-8")
    places = {p.split(":")[0].split(" ")[0] for p in found_in(tmp_path, [CANARY])}
    assert {p[0] for p in places} == set("abcdefgh")
