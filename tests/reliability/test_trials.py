"""Every row of the reliability table, at the counts of CI: nothing ends as it must not. The full counts are those of `make reliability`."""

import sys
from pathlib import Path

import pytest

from bench.reliability.row import Trial
from bench.reliability.trials import trials

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kills and small disks are those of Linux")]


@pytest.mark.parametrize("trial", trials(), ids=lambda t: t.name)
def test_nothing_ends_as_it_must_not(trial: Trial, tmp_path: Path) -> None:
    row = trial.run(trial.few, tmp_path, lambda _: None)
    assert row.failures == ()
    assert row.done >= trial.few
