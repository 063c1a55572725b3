"""The published folder: installed whole, rolled back, pruned."""

import errno
import json
import os
from pathlib import Path

import pytest

from pipelines.resources.publication import REPORT, Publication, PublicationError, sha256


def stage(folder: Path, run: str, sequence: int, tables: tuple[str, ...] = ("a", "b")) -> Path:
    staged = folder / f"staged_{run}"
    (staged / "parquet" / "marts").mkdir(parents=True)
    (staged / "rotation.duckdb").write_text(f"database of {run}")
    for table in tables:
        (staged / "parquet" / "marts" / f"{table}.parquet").write_text(f"{table} of {run}")
    (staged / "manifest.json").write_text(json.dumps({"run_id": run, "published_sequence": sequence}))
    return staged


def publish(publication: Publication, folder: Path, run: str, tables: tuple[str, ...] = ("a", "b")) -> None:
    publication.add(run, stage(folder, run, publication.next_sequence(), tables))
    publication.install(run)


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    return Publication(tmp_path / "published" / "live")


def test_readers_see_all_files_of_the_newest_release(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    publish(publication, tmp_path, "two")
    assert publication.database.read_text() == "database of two"
    assert (publication.folder / "parquet/marts/a.parquet").read_text() == "a of two"
    assert publication.manifest() == {"run_id": "two", "published_sequence": 2}


def test_a_table_that_is_gone_leaves_no_file_behind(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one", ("a", "old"))
    publish(publication, tmp_path, "two", ("a",))
    assert [p.name for p in (publication.folder / "parquet/marts").iterdir()] == ["a.parquet"]


def test_the_page_goes_back_with_its_release_and_none_outlives_one_that_has_none(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "before_pages")
    staged = stage(tmp_path, "with", publication.next_sequence())
    (staged / REPORT).write_text("page of with")
    publication.add("with", staged)
    publication.install("with")
    assert (publication.folder / REPORT).read_text() == "page of with"
    publication.install("before_pages")
    assert not (publication.folder / REPORT).exists()


def test_a_stale_log_beside_the_database_is_removed(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    wal = publication.folder / "rotation.duckdb.wal"
    wal.write_text("replayed into the wrong file")
    publish(publication, tmp_path, "two")
    assert not wal.exists()


def test_a_reader_with_the_old_file_open_keeps_it(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    with publication.database.open() as reader:
        publish(publication, tmp_path, "two")
        assert reader.read() == "database of one"


def test_rollback_brings_the_release_before_back(publication: Publication, tmp_path: Path) -> None:
    for run in ("one", "two"):
        publish(publication, tmp_path, run)
    publication.install(publication.previous())
    assert publication.database.read_text() == "database of one"
    with pytest.raises(PublicationError, match="nothing to roll back to"):
        publication.previous()


def test_a_release_never_made_is_refused_with_the_ones_there_are(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    with pytest.raises(PublicationError, match=r"no publication 'never'.*one"):
        publication.install("never")
    assert publication.database.read_text() == "database of one"


def test_the_last_ones_are_kept_and_the_one_readers_see_always(publication: Publication, tmp_path: Path) -> None:
    for run in ("one", "two", "three", "four"):
        publish(publication, tmp_path, run)
    publication.install("one")
    assert publication.prune(2) == ["two"]
    assert publication.releases() == ["one", "three", "four"]


def test_order_follows_the_sequence_not_the_clock_or_the_name(publication: Publication, tmp_path: Path) -> None:
    for run in ("z", "a", "m"):
        publish(publication, tmp_path, run)
    assert publication.releases() == ["z", "a", "m"]


def test_installing_twice_ends_the_same(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    publication.install("one")
    assert publication.database.read_text() == "database of one"
    assert not list(publication.folder.rglob(".*.new"))


def test_a_publication_has_named_steps_and_the_manifest_is_last(tmp_path: Path) -> None:
    steps: list[str] = []
    publication = Publication(tmp_path / "published" / "live", steps.append)
    publish(publication, tmp_path, "one", ("a", "old"))
    steps.clear()
    publish(publication, tmp_path, "two", ("a", "b"))
    told = [s for s in steps if s.startswith(("move", "replace", "remove", "installed"))]
    assert told == [
        "move into history", "replace rotation.duckdb", "replace parquet/marts/a.parquet", "replace parquet/marts/b.parquet",
        "remove parquet/marts/old.parquet", "replace manifest.json", "installed",
    ]  # fmt: skip
    assert max(i for i, s in enumerate(steps) if s.startswith("lay ")) < steps.index("replace rotation.duckdb")


class Dead(BaseException):
    """As if the process had ended here."""


def dying_at(publication: Publication, step: str) -> Publication:
    def at(said: str) -> None:
        if said == step:
            raise Dead

    return Publication(publication.folder, at)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("move into history", "one"), ("lay rotation.duckdb", "one"), ("replace rotation.duckdb", "one"),
        ("replace parquet/marts/a.parquet", "two"), ("replace manifest.json", "two"), ("installed", "two"),
    ],
)  # fmt: skip
def test_what_a_crash_cut_short_is_settled_to_the_release_of_the_database(
    publication: Publication, tmp_path: Path, step: str, shown: str
) -> None:
    publish(publication, tmp_path, "one", ("a", "old"))
    with pytest.raises(Dead):
        publish(dying_at(publication, step), tmp_path, "two")
    publication.settle()
    assert publication.shown() == shown
    assert publication.manifest() == {"run_id": shown, "published_sequence": 1 if shown == "one" else 2}
    assert publication.database.read_text() == f"database of {shown}"
    assert {p.name for p in (publication.folder / "parquet/marts").iterdir()} == (
        {"a.parquet", "old.parquet"} if shown == "one" else {"a.parquet", "b.parquet"}
    )
    assert not list(publication.folder.rglob(".*"))


def test_a_release_half_removed_is_no_release_and_is_cleared_away(publication: Publication, tmp_path: Path) -> None:
    for run in ("one", "two"):
        publish(publication, tmp_path, run)
    (publication.history / "one").rename(publication.history / ".gone-one")
    assert publication.releases() == ["two"]
    publication.settle()
    assert [p.name for p in publication.history.iterdir()] == ["two"]


def test_what_cannot_be_laid_leaves_everything_as_it_was(publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(publication, tmp_path, "one")
    publication.add("two", stage(tmp_path, "two", 2))
    real = os.link

    def full(source: Path, target: Path) -> None:
        if "rotation" in target.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        publication.install("two")
    assert publication.shown() == "one"
    assert (publication.folder / "parquet/marts/a.parquet").read_text() == "a of one"
    assert not list(publication.folder.rglob(".*"))


def test_a_file_system_without_hard_links_gets_copies(publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(target))

    monkeypatch.setattr(os, "link", none)
    staged = stage(tmp_path, "one", 1)
    told = {"run_id": "one", "published_sequence": 1, "database_sha256": sha256(staged / "rotation.duckdb")}
    (staged / "manifest.json").write_text(json.dumps(told))
    publication.add("one", staged)
    publication.install("one")
    assert publication.database.read_text() == "database of one"
    assert publication.database.stat().st_nlink == 1
    assert publication.shown() == "one"


def test_taken_back_readers_have_the_release_before_or_nothing(publication: Publication, tmp_path: Path) -> None:
    publish(publication, tmp_path, "one")
    publish(publication, tmp_path, "two")
    publication.take_back("two", "one")
    assert (publication.shown(), publication.releases()) == ("one", ["one"])
    publication.take_back("one", None)
    assert (publication.manifest(), publication.database.exists(), publication.releases()) == (None, False, [])
