"""The published folder: installed whole, rolled back, pruned."""

import json
from pathlib import Path

import pytest

from pipelines.resources.publication import REPORT, Publication, PublicationError


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
