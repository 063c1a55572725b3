"""Every check of every gate says what it guards against, what to do, whether it blocks, and where its number comes from; one page lists them all."""

import json
import re
from typing import Any

import pytest

from pipelines.checks.models import BY_KIND, model_tests
from pipelines.checks.page import PAGE, page
from pipelines.checks.reconciliation import EVERY
from pipelines.checks.remarks import REMARKS
from pipelines.checks.stories import STORIES
from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import settings

# Arguments of an expectation that are a number somebody chose: their story says where it comes from.
WITH_A_NUMBER = (
    "no_jump_without_split", "no_missed_split", "close_in_catalog_limits", "value_in_catalog_limits", "sources_agree", "weights_sum_to_100",
    "holdings_sum_to_100", "equities_near_100", "unit_as_before", "zero_is_no_blank", "vintage_is_whole", "closes_stay", "list_is_whole",
)  # fmt: skip


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads(ensure_manifest(settings()).read_text(encoding="utf-8"))


def test_the_page_is_what_the_checks_say(manifest: dict[str, Any]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(manifest), "run `make docs` and commit docs/checks.md"


def test_every_check_is_on_the_page(manifest: dict[str, Any]) -> None:
    text = page(manifest)
    for name in (*STORIES, *(c.name for c in (*EVERY, *REMARKS)), *BY_KIND):
        assert re.search(rf"^### {name}$", text, re.M), name
    for test in model_tests(manifest):
        assert (test.name if test.kind == "assertion" else f"`{test.table}`: {'; '.join(test.rules)}.") in text, test.name


def test_every_dbt_test_has_a_story_and_a_cure_and_none_is_told_twice(manifest: dict[str, Any]) -> None:
    tests = model_tests(manifest)
    assert len(tests) > 180
    for test in tests:
        assert test.story.guards_against, test.name
        assert test.story.cure, test.name
        assert test.rules, test.name
    assertions = [t for t in tests if t.kind == "assertion"]
    assert len(assertions) == len(tests) - sum(t.kind in BY_KIND for t in tests)


def test_every_chosen_number_says_where_it_comes_from() -> None:
    assert [name for name in WITH_A_NUMBER if not re.search(r"\d", STORIES[name].threshold)] == []
    assert all(c.threshold for c in EVERY if re.search(r"swing|[^a-z_]\d+e-\d", c.sql))


def test_what_is_a_warning_is_said(manifest: dict[str, Any]) -> None:
    warnings = {name for name, story in STORIES.items() if story.severity == "warn"} | {
        c.name for c in (*EVERY, *REMARKS) if c.severity == "warn"
    }
    warnings |= {t.name for t in model_tests(manifest) if t.story.severity == "warn"}
    assert warnings == {"history_stays", "closes_keep_their_source", "series_of_a_chain_agree", "fct_policy_moves_every_move_has_a_meeting"}
