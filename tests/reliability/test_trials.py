"""Every row of the reliability table, at the counts of CI: nothing ends as it must not. The full counts are those of `make reliability`."""

import sys
from pathlib import Path

import pytest

from bench.reliability.row import NotHereError, Trial
from bench.reliability.trials import trials
from pipelines.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kills and small disks are those of Linux")]


@pytest.mark.parametrize("trial", trials(), ids=lambda t: t.name)
def test_nothing_ends_as_it_must_not(trial: Trial, sample: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "trial"
    folder.mkdir()
    try:
        row = trial.run(trial.few, folder, lambda _: None)
    except NotHereError as reason:
        pytest.skip(str(reason))
    assert row.failures == ()
    assert row.done >= trial.few
