"""Four sessions on the recorded providers, broken on two of them, end as one clean run does. Not for the two weeks (`make faulty-days`)."""

from datetime import date
from pathlib import Path

import pytest
from worlds import contents, fingerprints

from bench.clone import clone
from bench.faulty_days import WEEKS, Ended, end
from bench.no_repaint import attempt

pytestmark = [pytest.mark.replay, pytest.mark.slow]
MONDAY, TUESDAY, WEDNESDAY = date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 14)


def test_days_with_faults_end_in_the_hashes_of_a_clean_run(replayed: dict[date, Path], tmp_path: Path) -> None:
    """Friday and Monday were good; on Tuesday a required index and a spread are down; on Wednesday bars are sent at the third try."""
    daily, clean = clone(replayed[MONDAY], tmp_path / "daily"), tmp_path / "clean"
    before = fingerprints(daily, "live")
    outcome, _ = attempt(daily, "live", TUESDAY, (*WEEKS[2][0], "fred.stlouisfed.org/graph/fredgraph.csv*BAA10Y*=html"))
    assert not outcome.is_published
    assert fingerprints(daily, "live") == before  # readers keep Monday
    for folder, faults in ((daily, WEEKS[0][0]), (clean, ())):
        outcome, _ = attempt(folder, "live", WEDNESDAY, faults)
        assert outcome.is_published, outcome.failures
    assert contents(daily, "live") == contents(clean, "live")
    assert end(daily, clean) == Ended(len(contents(clean, "live")), (), (), ())  # providers revised nothing in these days
