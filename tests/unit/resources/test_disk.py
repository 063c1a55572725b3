"""A disk that refuses says what, where and the cure, and nothing of it is read out of what a disk did not say."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.ending import ending
from pipelines.resources.disk import DiskError, demand_room, in_words, refusal
from pipelines.resources.run import Alone
from pipelines.settings import Settings

NOBODY = 65534


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "The disk is full: .*/w/x.*Free some space"),
        (errno.EROFS, "The file system is read-only: .*/w/x.*Mount it for writing"),
        (errno.EACCES, "This user may not write there: .*/w/x.*Give this user the right"),
        (errno.EDQUOT, "The quota of this user is used up: .*/w/x.*Free some space"),
        (errno.EIO, "The disk reports an error: .*/w/x.*Look at the disk"),
    ],
)
def test_an_error_of_the_system_is_told_with_place_and_cure(code: int, said: str) -> None:
    problem = OSError(code, os.strerror(code), "/w/x")
    for form in (problem, str(problem)):  # Dagster keeps the text alone
        told = refusal(form)
        assert told is not None
        assert re.search(said, told)


def test_an_error_of_duckdb_about_a_full_disk_is_one_of_the_disk() -> None:
    with pytest.raises(DiskError, match=r"The disk is full: .*work\.duckdb.*Free some space"), in_words(duckdb.Error):
        raise duckdb.IOException('IO Error: Could not write file "work.duckdb": No space left on device')


def test_other_errors_stay_what_they_are() -> None:
    assert refusal(ValueError("rows are missing")) is None
    with pytest.raises(duckdb.CatalogException), in_words(duckdb.Error):
        raise duckdb.CatalogException("no such table")


def test_too_little_room_is_said_before_anything_is_begun(tmp_path: Path) -> None:
    demand_room(tmp_path, 1)
    with pytest.raises(
        DiskError, match=r"expected 1,000,000,000,000 MB free, as much as the last publication takes.*found .* MB\. Free some space"
    ):
        demand_room(tmp_path, 10**18)


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who owns nothing here; root may write anywhere."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def test_a_folder_one_may_not_write_to_ends_a_command_without_a_stack(warehouse: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    folder = warehouse.work_file("sample").parent
    folder.mkdir(parents=True)
    for path in (folder, *folder.parents):
        if path.is_relative_to("/tmp") and path != Path("/tmp") and os.geteuid() == 0:
            path.chmod(0o755)
    folder.chmod(0o555)

    def command() -> None:
        with Alone(warehouse, "sample", "a test"):
            raise AssertionError("must not get the lock")

    with without_rights(), pytest.raises(SystemExit, match="1"):
        ending(command)
    said = " ".join(capsys.readouterr().err.split())
    assert "This user may not write there" in said
    assert "run.lock" in said
    assert "Give this user the right to write there" in said
    assert "Traceback" not in said
    folder.chmod(0o755)
