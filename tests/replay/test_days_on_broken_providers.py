"""Four sessions on the recorded providers, broken on one of them, end as one clean run does. Not for the two weeks (`make faulty-days`)."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from worlds import clone, contents, database, fingerprints, rows

from bench.faulty_days import WEEKS, end, extra_rows
from bench.no_repaint import attempt
from pipelines.resources.fingerprint import content_hash

pytestmark = [pytest.mark.replay, pytest.mark.slow]
MONDAY, TUESDAY, WEDNESDAY = date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 14)


def test_days_with_faults_end_in_the_hashes_of_a_clean_run(replayed: dict[date, Path], tmp_path: Path) -> None:
    """Friday and Monday were good; on Tuesday a required index and a spread are down; on Wednesday a bar is sent at the third try."""
    daily = clone(replayed[MONDAY], tmp_path / "daily")
    before = fingerprints(daily, "live")
    outcome, _ = attempt(daily, "live", TUESDAY, (*WEEKS[2][0], "fred.stlouisfed.org/graph/fredgraph.csv*BAA10Y*=html"))
    assert not outcome.is_published
    assert fingerprints(daily, "live") == before  # readers keep Monday
    outcome, _ = attempt(daily, "live", WEDNESDAY, WEEKS[0][0])
    assert outcome.is_published, outcome.failures
    outcome, _ = attempt(tmp_path / "clean", "live", WEDNESDAY)
    assert outcome.is_published, outcome.failures
    work = daily / "work" / "live" / "work.duckdb"
    assert rows(work, "select coalesce(sum(revised_rows), 0) from quality.source_pulls") == [(0,)]  # providers revised nothing
    assert contents(daily, "live") == contents(tmp_path / "clean", "live")
    assert end(database(daily, "live"), database(tmp_path / "clean", "live")).unexplained_n == 0


def test_a_row_no_revision_explains_is_found(replayed: dict[date, Path], tmp_path: Path) -> None:
    """One value of one day changed in the file and in its manifest: the comparison counts it."""
    for name in ("daily", "clean"):
        (tmp_path / name).mkdir()
        for file in ("rotation.duckdb", "manifest.json"):
            shutil.copyfile(database(replayed[MONDAY], "live").parent / file, tmp_path / name / file)
    files = [tmp_path / name / "rotation.duckdb" for name in ("daily", "clean")]
    assert end(*files).others == ()
    files[0].chmod(0o644)
    with duckdb.connect(str(files[0])) as connection:
        connection.execute("delete from marts.fct_rates_daily where rowid = 7")
        digest = content_hash(connection, "rotation", "marts", "fct_rates_daily")[1]
    manifest = json.loads((tmp_path / "daily" / "manifest.json").read_text(encoding="utf-8"))
    manifest["tables"]["marts.fct_rates_daily"]["content_sha256"] = digest
    (tmp_path / "daily" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = end(*files)
    assert [c.table for c in found.others] == ["marts.fct_rates_daily"]
    assert found.unexplained_n == 1
    assert extra_rows(files[1], files[0], "marts.fct_rates_daily") == 1
    assert extra_rows(files[0], files[1], "marts.fct_rates_daily") == 0
