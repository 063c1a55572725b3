"""Which check a person passes over in one run, by name: refused before anything is done where the name opens nothing, or more than it says.

Gate 1: CHECK:SERIES, or CHECK:FILE of the drop folder. Gate 2: the name of the dbt test. Gate 3: the name of the check. Not for passing it over
(assets/), nor for what is written of it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.catalog import CatalogError, catalog
from pipelines.checks.expectations import check_names
from pipelines.checks.models import model_tests
from pipelines.checks.reconciliation import NAMES
from pipelines.checks.stories import ANSWERED, STORIES
from pipelines.contracts import TableContract, contracts

# What no reason can open: there is nothing to merge, or nobody knows what.
NEVER = {
    ANSWERED: "nothing came, so there is nothing to publish",
    "rows_readable": "a cell that cannot be read has no value to keep",
    "key_is_unique": "which of two values of one key is true cannot be known",
    "provenance_is_of_this_market": "simulated and observed values in one file are no publication",
    "nothing_from_after_the_day": "a value of later would be published as known on the day",
}


def refusals(accept: Iterable[str], manifest: Mapping[str, Any], drop_folder: Path) -> list[str]:
    """Why these names cannot be accepted; empty where all can."""
    return [why for name in accept if (why := _refusal(name, manifest, drop_folder))]


def models_passed_over(accept: Iterable[str], manifest: Mapping[str, Any]) -> list[str]:
    """The dbt tests among the names."""
    known = {t.name for t in model_tests(manifest)}
    return [name for name in accept if name in known]


def _refusal(name: str, manifest: Mapping[str, Any], drop_folder: Path) -> str | None:
    check, sign, of = name.partition(":")
    if sign:
        return _refusal_of_gate_1(check, of, drop_folder)
    if name in NAMES:
        return f"{name} cannot be accepted: {NEVER[name]}." if name in NEVER else None
    if name in STORIES:
        return f"{name} is a check of gate 1: say of which series or dropped file, as {name}:R2000."
    tests = {t.name: t.story.severity for t in model_tests(manifest)}
    if tests.get(name) == "warn":
        return f"{name} is a warning: it stops nothing."
    if name not in tests:
        of_gate_3 = ", ".join(n for n in NAMES if n not in NEVER)
        return f"{name} is no check. Those of gate 3 are {of_gate_3}; those of gate 1, as CHECK:SERIES, and the tests of gate 2 stand in docs/checks.md."
    return None


def _refusal_of_gate_1(check: str, of: str, drop_folder: Path) -> str | None:
    if check not in STORIES:
        return f"{check} is no check of gate 1. They are: {', '.join(n for n in STORIES if n not in NEVER)}."
    if check in NEVER:
        return f"{check} cannot be accepted: {NEVER[check]}."
    if STORIES[check].severity == "warn":
        return f"{check} is a warning: it stops nothing."
    tables = _tables(of, drop_folder)
    if not tables:
        return f"{of} is neither a series of the catalogue nor a file in {drop_folder}."
    if not any(check in check_names(t) for t in tables):
        return f"{check} is no check of {of}: it is not on {', '.join(f'raw.{t.name}' for t in tables)}."
    return None


def _tables(of: str, drop_folder: Path) -> list[TableContract]:
    """The raw tables a series or a dropped file may fill."""
    try:
        provider = catalog()[of].provider
    except CatalogError:
        is_there = (drop_folder / of).is_file() and drop_folder.resolve() in (drop_folder / of).resolve().parents
        table = contracts().get(f"drop_{of.split('/')[0]}")
        return [table] if table and is_there else []
    return [c for c in contracts().values() if c.provider == provider and provider != "drop"]
