"""The step published/lake after real publications: the whole sample, its past, and what a lake that is down leaves. Not for writers at work (test_lake.py)."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from lakes import brought_back
from rich.console import Console
from worlds import AT_ONCE, DAY_BY_DAY, fingerprints, published, working_in

from pipelines.assets.lake import LAKE, lake_asset
from pipelines.report import lake as command
from pipelines.resources.lake import lake
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import load_settings

pytestmark = pytest.mark.slow
Said = tuple[int, str, str]


def materialize() -> dg.ExecuteInProcessResult:
    return dg.materialize([lake_asset()], resources={"options": RunOptions(sources=Sources.SAMPLE)}, raise_on_error=False)


def test_every_table_of_the_sample_is_there_as_it_is_in_the_file_and_as_it_was_the_day_before(
    sample_day_by_day: dict,
    postgres: str,
    lake_environment: Path,
    tmp_path: Path,
    rotation: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = {"ROTATION_LAKE": postgres, "ROTATION_LAKE_DATA": str(tmp_path / "data"), "ROTATION_LAKE_ENVIRONMENT": str(lake_environment)}
    monkeypatch.setattr(command, "out", Console(width=300))
    before, last = (sample_day_by_day[day] for day in DAY_BY_DAY[1:])
    manifests = []
    for number, folder in enumerate((before, last), 1):
        files = fingerprints(folder)
        with working_in(folder, **named):
            result = materialize()
            assert result.success
            there = lake(load_settings())
        (event,) = result.get_asset_materialization_events()
        assert event.asset_key == LAKE
        assert event.materialization.metadata["snapshot"].value == number
        assert fingerprints(folder) == files, "the published file is not touched"
        manifests.append(published(folder).manifest())
    assert there is not None
    assert len(manifests[1]["tables"]) > 60
    for number, manifest in enumerate(manifests, 1):
        assert brought_back(there, "sample_", number) == manifest["tables"]
    with working_in(last, **named):
        (finding,) = command.examined(load_settings())
        code, said, _ = rotation("lake", "--at", str(DAY_BY_DAY[1]))
        again, told, _ = rotation("lake")
    assert finding.state == "good"
    assert "it holds 2 publications" in finding.what
    assert code == again == 0
    assert manifests[0]["run_id"] in said
    assert manifests[1]["run_id"] not in said
    assert "from lake.sample_marts.fct_relative_performance_daily at (version => 1);" in said
    assert f"SIMULATED 71 tables as of {AT_ONCE} are snapshot 2" in told
    assert "nothing was written" in told


def test_without_the_setting_the_step_is_skipped_and_says_so(three_days: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = materialize()
    assert result.success
    assert not result.get_asset_materialization_events()
    assert "ROTATION_LAKE is not set" in capfd.readouterr().err


def test_a_lake_that_is_down_fails_the_step_alone_and_leaves_the_file(
    three_days: Path, lake_environment: Path, tmp_path: Path, rotation: Callable[..., Said]
) -> None:
    named = {
        "ROTATION_LAKE": "postgresql://me:canary-secret@127.0.0.1:1/teams",
        "ROTATION_LAKE_DATA": str(tmp_path),
        "ROTATION_LAKE_ENVIRONMENT": str(lake_environment),
    }
    before = fingerprints(three_days)
    with working_in(three_days, **named):
        assert not materialize().success
        (finding,) = command.examined(load_settings())
        code, said, error = rotation("lake", "--sources", "sample")
    assert finding.state == "warning"
    assert code == 1
    assert "Is the server up" in error
    assert "The published file is not touched" in error
    assert "canary" not in said + error + finding.what + finding.cure
    assert fingerprints(three_days) == before
