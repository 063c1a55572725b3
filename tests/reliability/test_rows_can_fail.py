"""A row that could not fail would prove nothing: each is tried on a publication made worse."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.reliability import numbered, power
from bench.reliability.cut_short import cut_short, die
from bench.reliability.operations import Operation, heard
from pipelines.resources import publication
from pipelines.resources.publication import DATABASE, MANIFEST

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kills and small disks are those of Linux")]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, the second one before readers. For reading; work on a copy."""
    folder = numbered.begin(tmp_path_factory.mktemp("small") / "market")
    for number in (1, 2):
        numbered.publish(folder, number)
    return folder


def case(market: Path, tmp_path: Path) -> power.Case:
    """Going back to the first of two releases, not recorded yet."""
    folder = numbered.copy(market, tmp_path / "market")
    return power.Case("going back", 2, 1, folder, lambda: numbered.publication(folder).install(numbered.run_of(1)))


def lost(monkeypatch: pytest.MonkeyPatch, a_case: power.Case, tmp_path: Path) -> tuple[str, ...]:
    monkeypatch.setattr(power, "_cases", lambda _: [a_case])
    monkeypatch.setattr(power, "_published_on", lambda *_: [])
    return power.run(4_000, tmp_path, lambda _: None).failures


def test_a_power_cut_breaks_no_installation_as_it_is(market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lost(monkeypatch, case(market, tmp_path), tmp_path) == ()


def test_a_power_cut_breaks_one_that_syncs_nothing(market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication, "_sync", lambda _: None)
    failures = lost(monkeypatch, case(market, tmp_path), tmp_path)
    assert any("the manifest is the new one, but" in f for f in failures)
    assert any("the database is the old one, but" in f for f in failures)


def test_a_power_cut_breaks_one_that_renames_the_manifest_first(market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_case = case(market, tmp_path)

    def backwards() -> None:
        here = numbered.publication(a_case.market)
        for name in (MANIFEST, DATABASE):
            (here.folder / name).unlink()
            os.link(here.history / numbered.run_of(1) / name, here.folder / name)

    failures = lost(monkeypatch, power.Case("backwards", 2, 1, a_case.market, backwards), tmp_path)
    assert any("is gone" in f for f in failures)
    assert any("the manifest is the new one, but" in f for f in failures)


def test_half_a_database_and_a_mixed_one_are_seen(market: Path, tmp_path: Path) -> None:
    folder = numbered.copy(market, tmp_path / "market")
    database = numbered.publication(folder).database
    whole = database.read_bytes()
    database.unlink()  # a file of its own from here on
    database.write_bytes(whole)
    assert numbered.number_read(database) == 2
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.two set number = 3")
    with pytest.raises(ValueError, match="mixed or cut"):
        numbered.number_read(database)
    assert "mixed or cut" in numbered.broken(folder, 1, 2)[0]
    database.write_bytes(whole[:10_000])
    assert "the database cannot be read" in numbered.broken(folder, 1, 2)[0]
    database.unlink()
    assert numbered.broken(folder, 1, 2) == ["there is no database"]


def test_files_of_two_releases_under_one_manifest_are_seen(market: Path, tmp_path: Path) -> None:
    folder = numbered.copy(market, tmp_path / "market")
    here = numbered.publication(folder)
    assert numbered.broken(folder, 1, 2) == []
    one = here.folder / "parquet/marts/one.parquet"
    one.unlink()
    assert any("one.parquet is there and should not be, or is not and should" in said for said in numbered.broken(folder, 1, 2))
    one.write_bytes(b"of no release")
    assert "parquet/marts/one.parquet is of no release" in numbered.broken(folder, 1, 2)
    (here.folder / MANIFEST).unlink()
    os.link(here.history / numbered.run_of(1) / MANIFEST, here.folder / MANIFEST)
    here.database.unlink()
    os.link(here.history / numbered.run_of(1) / DATABASE, here.database)
    assert any("only_even.parquet" in said for said in numbered.broken(folder, 1, 2))


def test_how_a_child_ended_is_told() -> None:
    def fail() -> None:
        raise ValueError("as it must not")

    assert [cut_short(die), cut_short(lambda: None), cut_short(fail)] == ["killed", "ended", "failed"]


def test_every_operation_under_a_folder_is_heard_and_can_be_refused(tmp_path: Path) -> None:
    heard_of: list[str] = []

    def hear(op: Operation, do: Callable[[], Any]) -> Any:
        heard_of.append(str(op))
        if op.kind == "link":
            raise OSError(errno.ENOSPC, "full", str(op.path))
        return do()

    with heard(tmp_path / "in", hear):
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a").write_text("x")
        (tmp_path / "in" / "a").rename(tmp_path / "in" / "b")
        publication._sync(tmp_path / "in" / "b")
        with pytest.raises(OSError, match="full"):
            os.link(tmp_path / "in" / "b", tmp_path / "in" / "c")
    assert heard_of == ["mkdir in", "write a", "rename a to b", "fsync b", "link b to c"]
    assert os.link.__name__ == "link"
