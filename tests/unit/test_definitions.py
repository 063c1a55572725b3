"""What the UI shows of the definitions before anything has run: every asset told, owned, grouped and tagged, every check with a reason."""

from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.told import failing_rows, first_row
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.definitions import defs
from pipelines.settings import ROOT

LAYERS = {"raw", "staging", "intermediate", "marts", "quality", "reference", "publication"}


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    return {s.key.to_user_string(): s for s in defs.resolve_all_asset_specs()}


def untold(specs: dict[str, dg.AssetSpec], has: str) -> list[str]:
    return [name for name, spec in specs.items() if not getattr(spec, has)]


@pytest.mark.parametrize("what", ["description", "group_name", "owners", "kinds", "tags"])
def test_every_asset_has(specs: dict[str, dg.AssetSpec], what: str) -> None:
    assert specs
    assert untold(specs, what) == []


def test_groups_and_the_tag_of_the_layer_are_the_layers(specs: dict[str, dg.AssetSpec]) -> None:
    assert {s.group_name for s in specs.values()} == LAYERS
    assert {s.tags["layer"] for s in specs.values()} == LAYERS


def test_descriptions_teach_more_than_a_name(specs: dict[str, dg.AssetSpec]) -> None:
    assert [n for n, s in specs.items() if len(str(s.description).split()) < 5] == []


def test_every_raw_table_shows_its_columns_with_their_meaning(specs: dict[str, dg.AssetSpec]) -> None:
    for name, contract in contracts().items():
        schema = specs[f"raw/{name}"].metadata["dagster/column_schema"]
        assert [c.name for c in schema.columns] == [c.name for c in contract.columns]
        assert all(c.description for c in schema.columns)


def test_what_daily_required_series_land_in_has_a_deadline_after_the_close(specs: dict[str, dg.AssetSpec]) -> None:
    with_deadline = {n for n, s in specs.items() if s.freshness_policy}
    required = {s.provider for s in catalog() if s.is_required and s.frequency == "daily"} - {"exchange", "drop"}
    assert {n.split("/")[1].split("_")[0] for n in with_deadline if n.startswith("raw/")} == required
    assert "published/warehouse" in with_deadline


def test_every_check_says_what_it_guards_against() -> None:
    checks = [c for a in defs.resolve_asset_graph().asset_check_keys for c in [defs.resolve_asset_graph().get_check_spec(a)]]
    own = [c for c in checks if c.asset_key.path[0] in ("raw", "candidate")]
    assert own
    assert [c.name for c in own if len(str(c.description or "").split()) < 5] == []


def test_the_launchpad_is_filled_in_with_every_option_a_person_may_want() -> None:
    config = defs.resolve_job_def("rotation").run_config
    assert config is not None
    options = config["resources"]["options"]["config"]
    assert options == {"sources": "SAMPLE", "as_of": None, "mirror": None, "force": False, "accept": {}, "wait_s": 0.0}


def test_failing_rows_are_a_table_whatever_columns_they_have() -> None:
    told = failing_rows(3, '[{"a": 1, "b": null}, {"a": "x", "c": [1, 2]}]')
    assert told["failing rows"] == 3
    assert [r.data for r in told["such as"].records] == [{"a": "1", "b": "", "c": ""}, {"a": "x", "b": "", "c": "[1, 2]"}]
    assert failing_rows(0, "") == {"failing rows": 0}


def test_a_failing_row_is_told_in_words_its_key_too() -> None:
    row = '[{"table_name": "fct_rotation_daily", "key": "{\\"session_date\\":\\"2026-01-09\\",\\"small_id\\":\\"R2000\\"}", "was": null, "is_now": "{no key"}]'
    told = "table_name fct_rotation_daily, key session_date 2026-01-09, small_id R2000, was empty, is_now {no key"
    assert first_row(row) == told
    assert failing_rows(1, row)["such as"].records[0].data["key"] == "session_date 2026-01-09, small_id R2000"


def test_a_second_run_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where dagster.yaml lets its state lie
    with dg.DagsterInstance.from_config(str(ROOT)) as instance:
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
