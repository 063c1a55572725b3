"""Every mart has what makes it believable: an independent check, a unit test of its edge cases, a key and an identity. Not for what these find.

A check declares what it holds a mart against, where it stands: `@pytest.mark.independent("fct_x", against="TA-Lib")`, or for a whole file
`pytestmark = pytest.mark.independent(...)`. Nothing else has to be told: `pytest -m independent` runs them all.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import ROOT, settings

TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
# Lists of what there is: nothing is computed in them, so that no row has an edge.
LISTS = {"dim_event", "dim_instrument", "dim_metric"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(ensure_manifest(settings()).read_text(encoding="utf-8"))
    return read


def marts(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["schema"] == "marts"}


def declared(path: Path) -> list[tuple[str, str]]:
    """Marts a test file names as held against something, and against what."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.independent":
            ((mart,), against) = ([ast.literal_eval(a) for a in node.args], {k.arg: ast.literal_eval(k.value) for k in node.keywords})
            found.append((mart, against.get("against", "")))
    return found


def test_every_mart_is_held_against_something_we_did_not_write(manifest: dict[str, Any]) -> None:
    checks = {mart for path in TESTS for mart, _ in declared(path)}
    missing = sorted(set(marts(manifest)) - checks)
    assert not missing, f'without a check marked @pytest.mark.independent("<mart>", against="…"): {missing}'
    assert checks <= set(marts(manifest)), f"no such mart: {sorted(checks - set(marts(manifest)))}"


@pytest.mark.parametrize("path", [p for p in TESTS if declared(p)], ids=lambda p: p.stem)
def test_an_independent_check_says_against_what(path: Path) -> None:
    assert all(len(against) >= 5 for _, against in declared(path))


def test_every_mart_or_the_model_that_computes_it_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {model for test in manifest["unit_tests"].values() for model in test["depends_on"]["nodes"]}
    for name, node in marts(manifest).items():
        computing = {node["unique_id"], *(p for p in node["depends_on"]["nodes"] if ".int_" in p)}
        assert name in LISTS or tested & computing, name


def test_every_intermediate_model_that_computes_has_a_unit_test_or_feeds_one(manifest: dict[str, Any]) -> None:
    """A model whose edges are seen only through the next one is an input of that one's unit test."""
    tested = {model for test in manifest["unit_tests"].values() for model in test["depends_on"]["nodes"]}
    given = {
        row["input"].split("'")[1] for test in manifest["unit_tests"].values() for row in test["given"] if row["input"].startswith("ref(")
    }
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "intermediate":
            assert node["unique_id"] in tested or node["name"] in given, node["name"]


def test_every_mart_has_a_unique_key_and_rules_its_rows_keep(manifest: dict[str, Any]) -> None:
    for name, node in marts(manifest).items():
        tests = [t for t in manifest["nodes"].values() if t["resource_type"] == "test" and node["unique_id"] in t["depends_on"]["nodes"]]
        kinds = {(t.get("test_metadata") or {}).get("name", "sentence") for t in tests}
        assert "unique_key" in kinds, f"{name} has no unique_key"
        assert kinds & {"rows_hold", "sentence"}, f"{name} has no identity: neither rows_hold nor a sentence of dbt_project/tests"


def reasons(sql: str) -> set[str]:
    """What the columns called …_reason of a model can say, in its own words; the number of a variable as #."""
    text = re.sub(r"--.*|\{#.*?#\}", "", sql)
    text = re.sub(r"\{\{ var\('\w+'\) \}\}", "#", text)
    cases = re.findall(r"\bcase\b((?:(?!\bend as\b).)*)\bend as \w*reason\b", text, flags=re.S)
    return {said for case in cases for said in re.findall(r"(?:\bthen|\belse|,)\s+'([a-z][a-z0-9_#]+)'", case)}


def test_every_reason_a_mart_can_give_is_shown_by_a_unit_test(manifest: dict[str, Any]) -> None:
    """A reason is the name of an edge case: a first row, a short window, a missing session, a zero to divide by."""
    expected: dict[str, str] = {}
    for test in manifest["unit_tests"].values():
        for model in test["depends_on"]["nodes"]:
            expected[model] = expected.get(model, "") + json.dumps(test["expect"])
    unseen = {}
    for name, node in marts(manifest).items():
        models = [node, *(manifest["nodes"][p] for p in node["depends_on"]["nodes"] if ".int_" in p)]
        shown = " ".join(expected.get(m["unique_id"], "") for m in models)
        shown += re.sub(r"(?<=_than_)\d+", "#", shown)
        missing = {r for m in models for r in reasons(m["raw_code"]) if r not in shown}
        if missing:
            unseen[name] = sorted(missing)
    assert unseen == {}
