"""Whatever guards has its poison, and whatever was guarded still is: the list the bench of poison goes by is whole."""

import json

import pytest

from bench.reliability.guards import listed
from bench.reliability.poison_contracts import CONTRACT, POISONS
from bench.reliability.poison_file import TAMPERED
from bench.reliability.poison_raw import poisons
from bench.reliability.raw_ground import ready
from bench.reliability.tampers import TAMPERS
from bench.reliability.wild import FULL, wild_inputs
from bench.reliability.wild_runs import alone, is_a_day, names, shared_out
from pipelines.checks.expectations import check_names, expectations
from pipelines.checks.reconciliation import NAMES
from pipelines.checks.remarks import NAMES as REMARKS
from pipelines.checks.stories import ANSWERED, HISTORY, STORIES
from pipelines.contracts import contracts
from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import Settings


def test_every_raw_table_has_a_batch_to_be_spoiled_and_the_clock_a_sentence_of_its_own() -> None:
    assert set(contracts()) - set(ready()) == {"clock_day"}
    assert TAMPERS["assert_the_clock_speaks_of_this_market"].table == '"work".raw.clock_day'


@pytest.mark.parametrize("table", [t for t in contracts() if t != "clock_day"])
def test_every_check_of_a_raw_table_has_its_poison(table: str) -> None:
    contract = contracts()[table]
    asked = {e.check for e in expectations(contract)} | {"rows_readable"}
    assert {p.check for p in poisons() if p.table == table} == asked | {ANSWERED}
    assert set(check_names(contract)) - asked <= {"values_in_limits"}  # where no column has a limit


def test_every_story_of_gate_1_but_that_of_what_stops_nothing_has_its_poison() -> None:
    assert set(STORIES) - {p.check for p in poisons()} == {HISTORY}


def test_the_list_of_what_is_guarded_is_that_of_the_checks_there_are(warehouse: Settings) -> None:
    nodes = json.loads(ensure_manifest(warehouse).read_text(encoding="utf-8"))["nodes"].values()
    tests = {n["name"] for n in nodes if n["resource_type"] == "test"}
    rules = {f"{n['name']}: {rule}" for n in nodes for rule in ((n.get("test_metadata") or {}).get("kwargs") or {}).get("rules", {})}
    of = {gate: {name for g, name, _ in listed() if g == gate} for gate in "123"}
    assert of["1"] == {p.name for p in poisons()}
    contracts_kept = {name for name in of["2"] if name.startswith(CONTRACT)}
    assert contracts_kept == {p.name for p in POISONS.values()}
    assert {name.split(": ")[0] for name in of["2"] - contracts_kept} == tests
    assert of["2"] >= rules
    assert of["3"] == set(TAMPERED) == {*NAMES, *REMARKS}


def test_wild_inputs_are_as_many_as_were_promised_and_each_is_named_once() -> None:
    names = [wild.name for wild in wild_inputs()]
    assert len(set(names)) == len(names) >= FULL


def test_every_wild_input_that_can_be_is_told_in_one_whole_run_where_nobody_contradicts_it() -> None:
    wilds = wild_inputs()
    told = [name for run in shared_out(wilds) for name in names(run)]
    assert sorted([*told, *alone(wilds), *(wild.name for wild in wilds if is_a_day(wild))]) == sorted(wild.name for wild in wilds)
    first = shared_out(wilds)[0]
    assert len(names(first)) >= FULL
    assert len({next(iter(wild.offer.now)) for wild in first.files}) == len(first.files)
