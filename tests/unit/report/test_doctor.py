"""Each thing that can be wrong with a set-up is made so, and is named with why and cure before a run."""

import os
import shutil
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from pipelines import settings as settings_module
from pipelines.cli import app
from pipelines.report import belongings, doctor, machine
from pipelines.report.finding import Finding
from pipelines.resources.clock import Clock
from pipelines.resources.dbt import DbtError
from pipelines.settings import Settings
from pipelines.sources.exchange import ClosureError

NOW = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
Look = Callable[..., list[Finding]]


@pytest.fixture
def told(warehouse: Settings) -> Look:
    """What the doctor says of one subject, of settings made anew."""

    def look(subject: str, now: datetime = NOW) -> list[Finding]:
        settings_module.settings.cache_clear()
        return [f for f in doctor.examine(Clock(now)) if f.subject == subject]

    warehouse.warehouse.mkdir(parents=True)
    return look


def only(findings: list[Finding]) -> Finding:
    (one,) = findings
    assert one.state == "good" or (one.why and one.cure)
    return one


def test_a_good_set_up_has_nothing_fatal(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIINGO_TOKEN", "STOOQ_KEY", "ALPHA_VANTAGE_KEY", "FRED_API_KEY", "CONTACT"):
        if name.lower() in Settings.model_fields:
            monkeypatch.setenv(f"ROTATION_{name}", "canary@example.org")
    told("settings")
    found = doctor.examine(Clock(NOW))
    assert not [f for f in found if f.is_fatal]
    assert {f.subject for f in found} == {
        "settings", "keys", "folders", "left behind", "drop folder", "disk", "memory", "versions", "catalogue", "dbt project", "mirror",
        "ports", "clock", "PostgreSQL", "DuckLake",
    }  # fmt: skip
    assert "canary" not in str(found)


def test_an_unknown_setting_is_fatal_and_nothing_else_is_looked_at(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_MIROR", "x")
    assert only(told("settings")).is_fatal
    assert [f.subject for f in doctor.examine()] == ["settings"]


def test_each_missing_key_is_told_with_its_page(told: Look) -> None:
    found = told("keys")
    assert {f.state for f in found} == {"warning"}
    assert [f.what.split()[0] for f in found][-1] == "ROTATION_CONTACT"
    assert all(Path(settings_module.ROOT / f.cure.split()[1]).exists() for f in found[:-1])


def test_a_folder_that_cannot_be_written_is_fatal(told: Look, warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(belongings, "_is_writable", lambda folder: folder != warehouse.archive)
    found = only(told("folders"))
    assert found.is_fatal
    assert str(warehouse.archive) in found.what
    assert "chown" in found.cure


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not belongings._is_writable(tmp_path / "file" / "warehouse")
    assert belongings._is_writable(tmp_path / "not" / "there" / "yet")


def test_a_warehouse_on_two_file_systems_is_fatal(told: Look, warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    other = warehouse.published("live")
    other.mkdir(parents=True)
    real = Path.stat

    def stat(self: Path, **given: Any) -> os.stat_result:
        found = real(self, **given)
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10])) if self == other else found

    monkeypatch.setattr(Path, "stat", stat)
    found = only(told("folders"))
    assert found.is_fatal
    assert "2 file systems" in found.what


def test_a_run_at_work_is_named_with_its_process(told: Look, warehouse: Settings) -> None:
    lock = warehouse.work_file("live").with_name("run.lock")
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        lock.with_name("run.holder").write_text("process 7 (run abc)")
        found = only(told("left behind"))
    assert found.is_fatal
    assert "process 7 (run abc)" in found.what
    assert told("left behind")[0].state == "good", "a lock nobody holds is none"


def test_a_log_that_does_not_fit_its_file_is_fatal_and_one_that_does_is_taken_in(told: Look, warehouse: Settings, tmp_path: Path) -> None:
    """As a killed run leaves them: the file as of its last checkpoint, and beside it what was written since."""
    file, others = warehouse.work_file("live"), tmp_path / "others.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(others)) as writer:
        writer.execute("create table t as select 1 as x; checkpoint; insert into t values (2)")
        shutil.copyfile(others, file)
        shutil.copyfile(f"{others}.wal", f"{file}.wal")
    assert only(told("left behind")).state == "warning"
    file.unlink()
    with duckdb.connect(str(tmp_path / "another.duckdb")) as other:
        other.execute("create table u as select 1 as x; create table t as select 1 as x; checkpoint")
    shutil.copyfile(tmp_path / "another.duckdb", file)
    found = only(told("left behind"))
    assert found.is_fatal
    assert "rebuild" in found.cure


def test_a_log_beside_a_publication_is_told(told: Look, warehouse: Settings) -> None:
    stale = Path(f"{warehouse.published('sample') / 'rotation.duckdb'}.wal")
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    found = only(told("left behind"))
    assert (found.state, found.cure) == ("warning", f"Nothing writes there: rm {stale}")


@pytest.mark.parametrize(
    ("path", "said"), [("bar/R2000/x.csv", "none of bars"), ("bars/x.csv", "above its folder"), ("targets/x.csv", "above its folder")]
)
def test_a_name_no_file_is_taken_from_is_told(told: Look, warehouse: Settings, path: str, said: str) -> None:
    file = warehouse.drop_folder / path
    file.parent.mkdir(parents=True)
    file.write_text("")
    assert said in only(told("drop folder")).what


@pytest.mark.parametrize(("free", "state"), [(1 << 29, "fatal"), (2 << 30, "warning"), (9 << 30, "good")])
def test_a_full_disk_is_told_before_it_is_full(told: Look, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("pipelines.report.machine.shutil.disk_usage", lambda _: usage._replace(free=free))
    assert only(told("disk")).state == state


def test_a_disk_must_hold_three_times_the_working_file(told: Look, warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = warehouse.work_file("live")
    file.parent.mkdir(parents=True)
    with file.open("wb") as handle:
        handle.truncate(4 << 30)  # sparse: it takes no room
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("pipelines.report.machine.shutil.disk_usage", lambda _: usage._replace(free=11 << 30))
    assert only(told("disk")).is_fatal


@pytest.mark.parametrize(("limit", "state"), [("512MB", "fatal"), ("1.5GiB", "warning"), ("900TB", "warning"), ("3GB", "good")])
def test_a_memory_limit_that_will_not_do_is_told(told: Look, monkeypatch: pytest.MonkeyPatch, limit: str, state: str) -> None:
    monkeypatch.setenv("ROTATION_MEMORY_LIMIT", limit)
    assert only(told("memory")).state == state


def test_a_library_out_of_its_range_or_missing_is_fatal(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "dbt-core":
            raise metadata.PackageNotFoundError(name)
        return "1.4.0" if name == "duckdb" else metadata.version(name)

    monkeypatch.setattr(machine, "requires", lambda _: ["duckdb<3,>=1.5", "dbt-core<1.12,>=1.11", "rich>=14"])
    monkeypatch.setattr(machine, "version", version)
    found = told("versions")
    assert [(f.state, f.what) for f in found] == [
        ("fatal", "duckdb is 1.4.0, <3,>=1.5 is wanted"),
        ("fatal", "dbt-core is not installed, <1.12,>=1.11 is wanted"),
    ]


def test_a_catalogue_that_cannot_be_read_is_fatal(told: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.catalog import read_catalog

    bad = tmp_path / "series_catalog.csv"
    bad.write_text("series_id\nX\n")
    monkeypatch.setattr(belongings, "read_catalog", lambda: read_catalog(bad))
    assert only(told("catalogue")).is_fatal


def test_a_closure_that_cannot_be_read_is_fatal(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ClosureError("exchange_closures.csv: the row of 2026-03-10 cannot be used")

    monkeypatch.setattr(belongings, "closures", refuse)
    assert [f.state for f in told("catalogue")] == ["fatal"]


def test_a_project_that_does_not_parse_is_fatal(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Settings) -> Path:
        raise DbtError("models/x.sql does not parse")

    monkeypatch.setattr(belongings, "ensure_manifest", refuse)
    found = only(told("dbt project"))
    assert found.is_fatal
    assert "models/x.sql" in found.what


def test_a_mirror_that_is_down_is_fatal_and_one_that_answers_is_not(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ROTATION_MIRROR", f"http://127.0.0.1:{port}")
    found = only(told("mirror"))
    assert found.is_fatal
    assert "Connection refused" in found.what


@pytest.mark.parametrize("is_up", [True, False])
def test_a_secret_in_the_address_of_a_mirror_is_not_shown(told: Look, monkeypatch: pytest.MonkeyPatch, is_up: bool) -> None:
    """A server that says no HTTP: what the library says of it holds what was asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not is_up:
            server.close()
        else:
            threading.Thread(target=lambda: server.accept()[0].sendall(b"no HTTP at all\r\n\r\n"), daemon=True).start()
        monkeypatch.setenv("ROTATION_MIRROR", f"http://user:secret@127.0.0.1:{port}/token")
        found = only(told("mirror"))
    assert found.is_fatal
    assert f"http://127.0.0.1:{port} does not answer" in found.what
    assert not [word for word in ("user", "secret", "token") if word in f"{found}"]


def test_a_taken_port_and_an_open_address_are_told(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("ROTATION_UI_PORT", str(server.getsockname()[1]))
        assert "something answers" in only(told("ports")).what
        monkeypatch.setenv("ROTATION_UI_HOST", "0.0.0.0")
        assert [f.state for f in told("ports")] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("now", "state"), [(NOW, "good"), (datetime(2009, 1, 1, tzinfo=UTC), "fatal"), (datetime(2061, 1, 1, tzinfo=UTC), "fatal")]
)
def test_a_clock_that_cannot_be_right_is_fatal(told: Look, now: datetime, state: str) -> None:
    assert only(told("clock", now)).state == state


def test_a_clock_behind_the_last_publication_is_told(told: Look, warehouse: Settings) -> None:
    manifest = warehouse.published("sample") / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"created_at": "2026-03-01T00:00:00+00:00"}')
    found = only(told("clock"))
    assert found.state == "warning"
    assert "2026-03-01" in found.what


def test_the_command_ends_with_1_where_a_run_would_fail(told: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    told("settings")
    good = CliRunner().invoke(app, ["doctor"])
    assert good.exit_code == 0, good.output
    assert "A run can start." in good.output
    monkeypatch.setenv("ROTATION_MEMORY_LIMIT", "100MB")
    bad = CliRunner().invoke(app, ["doctor"])
    assert bad.exit_code == 1
    assert "A run would fail. 1 fatal" in bad.output
    assert "cure" in bad.output
