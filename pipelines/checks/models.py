"""Gate 2: the story of every dbt test, from the manifest. Not for the tests, nor for the stories of single ones: those stand in the yml beside them.

A kind of test that many tables share has its story here, once; dbt has no place for it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.checks.story import Severity, Story

BY_KIND: dict[str, Story] = {
    "unique_key": Story(
        "Two rows for one key: a join that multiplies rows, or an input that has a key twice. Every sum and count over them would be wrong.",
        "Look at the keys shown: the join of the model that has too few columns, or the raw table that holds the key twice.",
    ),
    "rows_hold": Story(
        "A row that breaks a rule of its table: values that contradict one another, a missing value without its reason, a date after the as-of day.",
        "The column `broken` names the rules of each row shown. If the model is right, the input is not: follow its series to quality.source_pulls.",
    ),
    "relationships": Story(
        "A value that names something the reference table does not have: rows that a reader's join would silently drop.",
        "Add the missing row to the reference table (dbt_project/seeds), or correct the name where it comes from.",
    ),
}
NOT_NULL = Story(
    "A published column that is empty where its contract promises a value, or is not of its type: dbt stops while the table is built.",
    "The message names table and column: the model lost a join partner, or a case without a reason.",
)


@dataclass(frozen=True)
class ModelTest:
    """One dbt test: the table it is about, its story, and the rules it states where it states several."""

    unique_id: str
    name: str
    table: str
    kind: str
    story: Story
    rules: tuple[str, ...]
    file: str


def model_tests(manifest: Mapping[str, Any]) -> list[ModelTest]:
    """Every test of the project, by table and name."""
    found = [_test(manifest, n) for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    return sorted(found, key=lambda t: (t.table, t.kind != "unique_key", t.name))


def model_test(manifest: Mapping[str, Any], unique_id: str) -> ModelTest:
    """One test by its id in the manifest."""
    return _test(manifest, manifest["nodes"][unique_id])


def table_of(manifest: Mapping[str, Any], unique_id: str) -> str:
    """Schema and name of what a node is about: itself, or the model it tests."""
    node = manifest["nodes"][unique_id]
    tested = (
        node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), unique_id) if node["resource_type"] == "test" else unique_id
    )
    parent = manifest["nodes"].get(tested) or manifest["sources"].get(tested) or node
    return f"{parent.get('schema', '')}.{parent['name']}"


def _test(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> ModelTest:
    told = node.get("test_metadata") or {}
    kind, arguments = told.get("name", "assertion"), told.get("kwargs", {})
    severity: Severity = "warn" if node["config"]["severity"].lower() == "warn" else "block"
    general = BY_KIND.get(kind)
    meta = node["config"].get("meta") or {}
    story = Story(
        " ".join((node.get("description") or (general.guards_against if general else "")).split()),
        " ".join((meta.get("cure") or (general.cure if general else "")).split()),
        " ".join(meta.get("threshold", "").split()),
        severity,
    )
    return ModelTest(
        node["unique_id"],
        node["name"],
        table_of(manifest, node["unique_id"]),
        kind,
        story,
        _rules(kind, arguments, node["raw_code"]),
        node["original_file_path"],
    )


def _rules(kind: str, arguments: Mapping[str, Any], code: str) -> tuple[str, ...]:
    if kind == "unique_key":
        return (", ".join(arguments["columns"]),)
    if kind == "relationships":
        return (f"{arguments['column_name']} is one of {arguments['to']} {arguments['field']}",)
    if kind == "assertion":
        comments = itertools.takewhile(lambda line: line.startswith("--"), code.splitlines())
        return (" ".join(line.removeprefix("--").strip() for line in comments),)
    if kind != "rows_hold":
        return ()
    return (
        *arguments.get("rules", {}),
        *(f"{value} is empty if and only if {reason} is given" for value, reason in arguments.get("empty_with_reason", {}).items()),
        *(f"{day} is not after the as-of day" for day in arguments.get("not_after_as_of", ())),
    )
