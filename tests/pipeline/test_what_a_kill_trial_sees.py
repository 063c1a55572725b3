"""The eyes of the kill trials: what they look at after a kill is seen when it is wrong. Not for the trials themselves."""

from pathlib import Path

import duckdb
import pytest

from bench.clone import clone
from bench.reliability import kept
from pipelines.settings import Settings

pytestmark = pytest.mark.slow


def test_a_whole_warehouse_is_found_whole(sample: Settings, sample_at_once: Path) -> None:
    assert kept.unreadable(sample.warehouse, True) == []
    assert kept.misplaced(sample.warehouse, sample_at_once, sample_at_once, True) == []


def test_a_row_lost_and_a_row_doubled_are_seen(sample: Settings, sample_at_once: Path) -> None:
    with duckdb.connect(str(kept.work_file(sample.warehouse))) as connection:
        connection.execute(
            "delete from raw.yahoo_bars where symbol = '^RUT' and session_date = (select max(session_date) from raw.yahoo_bars)"
        )
        connection.execute("insert into raw.fred_observations select * from raw.fred_observations limit 3")
    assert kept.misplaced(sample.warehouse, sample_at_once, sample_at_once, True) == [
        "raw.fred_observations: 3 rows there twice",
        "raw.fred_observations: 3 rows of no undisturbed run",
        "raw.yahoo_bars: 1 rows lost",
        "raw.yahoo_bars: 1 rows missing",
    ]


def test_a_published_file_of_no_release_is_seen(sample_at_once: Path, tmp_path: Path) -> None:
    folder = clone(sample_at_once, tmp_path / "spoiled")
    database = kept.published(folder).database
    content = database.read_bytes()
    database.unlink()  # linked: what it was cloned from stays
    database.write_bytes(content[:5000] + b"spoiled" + content[5007:])
    (found,) = kept.unreadable(folder, False)
    assert "which is of none of" in found
