"""dbt's unit tests, which a run leaves out: each model on the few rows that show its edges. Not for the day's data (gate 2 tests that)."""

import json
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from worlds import working_in

from bench.clone import clone
from pipelines.resources import dbt


@pytest.mark.slow
def test_every_unit_test_of_the_project_passes(sample_at_once: Path, tmp_path: Path) -> None:
    folder = clone(sample_at_once, tmp_path / "warehouse")
    wanted = set(json.loads(dbt.MANIFEST.read_text(encoding="utf-8"))["unit_tests"])
    # a unit test takes the types of its inputs from the tables that are there
    left_out = [word for kind in ("test", "exposure") for word in ("--exclude-resource-type", kind)]
    arguments = [*dbt._arguments("build", "sample", tmp_path / "target"), *left_out]
    with working_in(folder) as settings:
        settings.candidate_file("sample").parent.mkdir(parents=True, exist_ok=True)
        with dbt._environment(settings, tmp_path / "logs"):
            outcome = dbtRunner().invoke(arguments)
    said = {r.node.unique_id: (str(r.status), r.message) for r in outcome.result.results}
    assert {name: found for name, found in said.items() if found[0] not in ("pass", "success")} == {}
    assert wanted
    assert wanted <= set(said)
