"""Locked versions against advisories: a finding fails, an answer without one passes, and where nobody answers it says so and goes on."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import audit_dependencies as audit

ADVISORY = {
    "id": "GHSA-TEST-0001", "summary": "x", "details": "x", "modified": "2026-01-01T00:00:00Z", "aliases": [],
    "affected": [{"package": {"name": "attrs", "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
                  "versions": ["1.0"]}],
}  # fmt: skip


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str | None], None]]:
    """`source(package)`: a source of advisories on loopback that knows one of this package."""
    locks = tmp_path / "requirements.lock", tmp_path / "other.lock"
    for lock, names in zip(locks, (("attrs", "idna"), ("idna", "six")), strict=True):
        lock.write_text("".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in names))
    monkeypatch.setattr(audit, "LOCKS", locks)
    bad: list[str | None] = []

    class Source(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": [ADVISORY]} if asked["package"]["name"] in bad else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def knows(package: str | None) -> None:
        bad.append(package)
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(audit, "SOURCES", {"loopback": ("--vulnerability-service", "osv", "--osv-url", url)})

    yield knows
    server.shutdown()
    server.server_close()


def test_a_known_advisory_fails_with_its_name_and_the_version_that_mends_it(
    source: Callable[[str | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    source("attrs")
    assert audit.main() == 1
    assert "attrs 1.0: GHSA-TEST-0001, mended in 99" in capsys.readouterr().out


def test_an_advisory_on_any_of_the_locks_fails_and_names_the_lock(
    source: Callable[[str | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    source("six")
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert "other.lock: six 1.0: GHSA-TEST-0001" in said
    assert "0 advisories on the versions of" in said
    assert "1 advisories on the versions of" in said


def test_every_lock_of_the_repository_is_audited() -> None:
    inside = (p for p in audit.ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "warehouse")))
    assert {*audit.LOCKS} == {
        audit.ROOT / "requirements.lock",
        *(lock for folder in inside for lock in folder.glob("**/requirements.lock")),
    }


def test_a_source_without_a_finding_passes(source: Callable[[str | None], None], capsys: pytest.CaptureFixture[str]) -> None:
    source(None)
    assert audit.main() == 0
    assert capsys.readouterr().out.count("loopback: 0 advisories") == 2


def test_where_no_source_answers_it_says_so_and_goes_on_after_one_lock(
    source: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, ask = list[Path](), audit.ask
    monkeypatch.setattr(audit, "ask", lambda lock, options: (asked.append(lock), ask(lock, options))[1])
    monkeypatch.setattr(audit, "SOURCES", {"nobody": ("--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/")})
    assert audit.main() == 0
    assert "NOT AUDITED: no source of advisories was reachable" in capsys.readouterr().out
    assert asked == [audit.LOCKS[0]]


def test_a_source_that_knows_none_of_the_versions_has_not_audited_them() -> None:
    assert (
        audit.judge({"dependencies": [{"name": "attrs", "skip_reason": "not found"}, {"name": "idna", "skip_reason": "not found"}]}) is None
    )
    assert audit.judge({"dependencies": []}) is None
    assert audit.judge({"dependencies": [{"name": "attrs", "skip_reason": "x"}, {"name": "idna", "version": "1", "vulns": []}]}) == (
        [],
        ["attrs"],
    )
