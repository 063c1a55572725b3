"""A release that is not what was checked never stays in front of readers, and a run begins only where it can end. On a market of a few small tables."""

import errno
import json
import os
from pathlib import Path

import pytest

from bench.reliability import numbered
from pipelines.assets.release import PublishError, bring_out, go_back
from pipelines.resources import disk
from pipelines.resources.clock import ClockError
from pipelines.resources.disk import DiskError
from pipelines.resources.publication import DATABASE, Publication, PublicationError
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """The first release is published."""
    folder = numbered.begin(tmp_path / "market")
    numbered.publish(folder, 1)
    return folder


def spoil(database: Path) -> None:
    """One byte of a table's block, as a failing disk would."""
    database.chmod(0o644)
    with database.open("r+b") as file:
        file.seek(300_000)
        byte = file.read(1)[0]
        file.seek(300_000)
        file.write(bytes([byte ^ 1]))


def test_a_file_that_fails_in_front_of_readers_is_taken_back_and_the_last_good_one_put_back(market: Path) -> None:
    here = numbered.publication(market)

    def at(step: str) -> None:
        if step == "verify":
            spoil(here.database)

    with pytest.raises(
        PublishError, match=r"not what was checked: .*SHA-256.*Readers have what they had before, run run-0001.*Look at the disk"
    ):
        numbered.publish(market, 2, at)
    assert numbered.broken(market, None, 1) == numbered.leftovers(market) == []
    assert here.releases() == ["run-0001"]
    numbered.publish(market, 2)
    assert numbered.number_read(here.database) == 2


def test_a_first_file_that_fails_leaves_nothing_published(tmp_path: Path) -> None:
    folder = numbered.begin(tmp_path / "first")
    here = numbered.publication(folder)
    with pytest.raises(PublishError, match="Nothing is published, as before"):
        numbered.publish(folder, 1, lambda step: spoil(here.database) if step == "verify" else None)
    assert (here.database.exists(), here.manifest(), here.releases()) == (False, None, [])


def test_a_finished_file_that_is_not_what_was_checked_is_not_published(market: Path) -> None:
    staged = market / "candidate" / numbered.MODE / "release" / DATABASE
    with pytest.raises(PublishError, match=r"The finished file is not what was checked: .*Nothing was published"):
        numbered.publish(market, 2, lambda step: spoil(staged) if step == "check the release" else None)
    assert numbered.broken(market, 1, 1) == []
    assert numbered.publication(market).releases() == ["run-0001"]


def test_a_kept_release_that_is_not_what_was_published_is_not_gone_back_to(market: Path) -> None:
    numbered.publish(market, 2)
    here = numbered.publication(market)
    spoil(here.history / "run-0001" / DATABASE)
    with pytest.raises(
        PublicationError, match=r"run-0001 is not what was published: .*SHA-256.*Readers have what they had before.*kept are: run-0002"
    ):
        go_back(here, "run-0001")
    assert numbered.broken(market, 2, 2) == []
    with pytest.raises(PublicationError, match="There is no publication 'run-0009'"):
        go_back(here, "run-0009")


def test_an_old_release_that_cannot_be_removed_does_not_undo_what_was_published(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "history")

    here = numbered.publication(market)
    with numbered.working_in(market) as settings:
        staged, manifest = numbered.make(settings, here, 2)
        monkeypatch.setattr(Publication, "prune", full)
        gone, left = bring_out(here, staged, manifest, 1)
    assert gone == []
    assert left.startswith("Published, but older releases could not be removed: The disk is full")
    assert numbered.broken(market, None, 2) == []


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("delete from quality.check_results where gate = 'gate 3'", "found nothing that gate 3 said"),
        ("delete from quality.check_results where gate = 'gate 2'", "found nothing that gate 2 said"),
        ("insert into quality.blocked_runs by name select 'run-0002' as run_id, 'gate 3' as gate, 'any' as check_name", "found gate 3 closed by any"),
        ("update raw.clock_day set run_id = 'another'", "found the clock of another run"),
    ],
)  # fmt: skip
def test_only_what_every_gate_of_this_run_let_pass_is_published(market: Path, monkeypatch: pytest.MonkeyPatch, log: str, said: str) -> None:
    passed = numbered.passed

    def passed_but(settings: Settings, number: int) -> None:
        passed(settings, number)
        with Warehouse(settings, numbered.MODE).work() as connection:
            connection.execute(log)

    monkeypatch.setattr(numbered, "passed", passed_but)
    with pytest.raises(PublishError, match=f"Expected a run .* that all three gates let pass, {said}.*Nothing was published"):
        numbered.publish(market, 2)
    assert numbered.broken(market, 1, 1) == []


def test_a_run_does_not_begin_under_a_clock_that_was_set_back(market: Path) -> None:
    here = numbered.publication(market)
    manifest = here.manifest() or {}
    (here.folder / "manifest.json").unlink()
    (here.folder / "manifest.json").write_text(json.dumps(manifest | {"created_at": "2999-01-01T00:00:00Z"}))
    with pytest.raises(ClockError, match="it was set back"):
        numbered.publish(market, 2)
    assert numbered.number_read(here.database) == 1
    (here.folder / "manifest.json").write_text(json.dumps(manifest))
    numbered.publish(market, 2)  # and the lock was given back


def test_a_run_does_not_begin_where_the_next_publication_has_no_room(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = numbered.publication(market).size()
    assert size > 1_000_000
    usage = disk.shutil.disk_usage(market)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=size - 1))
    with pytest.raises(DiskError, match="for the next one beside it"):
        numbered.publish(market, 2)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=size))
    numbered.publish(market, 2)
