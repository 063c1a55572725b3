"""The measures as data: whole, in words that can be filled, and known to the rest of the project."""

import re

import pytest
from audit_market import SEEDS, seed

from pipelines.audit.measures import Measure, measures, vocabulary
from pipelines.settings import ROOT

MODELS = ROOT / "dbt_project" / "models"
GIVEN = {"as_of", "session", "scale", "value", "first_is_small", "instrument", "universe", "small", "large", "small_universe", "large_universe", "sector"}  # fmt: skip
BUILT = {f"marts.{p.stem}" for p in (MODELS / "marts").rglob("*.sql")} | {f"reference.{p.stem}" for p in SEEDS.glob("*.csv")}
each_measure = pytest.mark.parametrize("measure", measures().values(), ids=lambda m: m.measure)


@each_measure
def test_every_placeholder_is_given_or_can_be_said(measure: Measure) -> None:
    texts = [measure.missing, measure.metric_id, *(d.sql for d in measure.definitions)]
    used = {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}
    assert used <= GIVEN | set(vocabulary()), used
    assert {*measure.needs, *(measure.defaults or {})} <= GIVEN | set(vocabulary())


@each_measure
def test_every_measure_has_a_value_that_decides_and_says_what_it_sees(measure: Measure) -> None:
    assert measure.definitions[0].role == "counts"
    for definition in measure.definitions:
        assert re.search(r"\bas value\b", definition.sql)
        assert re.search(r"\bas shown\b", definition.sql)
        assert definition.tables
        assert "current_date" not in definition.sql
        assert measure.is_yes_no or "{scale}" in definition.sql


@each_measure
def test_the_metric_behind_a_measure_is_defined_where_its_table_is_built(measure: Measure) -> None:
    defined = {row["metric_id"] for row in seed("metrics")}
    if measure.definitions[0].tables <= BUILT:
        assert {measure.metric_id.replace("{days}", days) for days in ("50", "200")} <= defined


def test_dbt_builds_what_the_measures_read_before_the_claims() -> None:
    text = (MODELS / "intermediate" / "int_claim_findings.py").read_text(encoding="utf-8")
    called = set(re.findall(r'dbt\.ref\("(\w+)"\)', text))
    read = {t for m in measures().values() for d in m.definitions for t in d.tables & BUILT}
    assert {t.split(".")[1] for t in read} <= called
