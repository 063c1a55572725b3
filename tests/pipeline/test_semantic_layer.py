"""The semantic layer as MetricFlow reads it: it is valid, says what dim_metric says, and gives the values of the marts. Not for the marts themselves."""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from worlds import database, rows

from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import ROOT, settings

MODELS = ROOT / "dbt_project" / "models"
SEMANTIC = {m["name"]: m for p in sorted((MODELS / "semantic").glob("*.yml")) for m in yaml.safe_load(p.read_text())["semantic_models"]}
MEASURING = {name: model for name, model in SEMANTIC.items() if "measures" in model}


class OnDuckDb:
    """The dialect; MetricFlow only writes the SQL here, it runs in the test."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


@pytest.fixture(scope="module")
def manifest() -> str:
    return ensure_manifest(settings()).with_name("semantic_manifest.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def engine(manifest: str) -> MetricFlowEngine:
    return MetricFlowEngine(SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest)), OnDuckDb())  # type: ignore[arg-type]


def sql_of(engine: MetricFlowEngine, metrics: list[str], group_by: list[str], where: list[str] | None = None) -> str:
    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=group_by, where_constraints=where)
    return str(engine.explain(request).sql_statement.sql)


def key_of(table: str) -> list[str]:
    (path,) = MODELS.rglob(f"{table}.yml")
    tests = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["data_tests"]
    return next(t["unique_key"]["arguments"]["columns"] for t in tests if "unique_key" in t)


def time_of(model: dict[str, Any]) -> dict[str, Any]:
    return next(d for d in model["dimensions"] if d["type"] == "time")


def grain(model: dict[str, Any]) -> dict[str, str]:
    """What to group by for one value a row of the mart: the layer's name of it, and the same in SQL on the mart."""
    time = time_of(model)
    found = {"metric_time__day": time.get("expr", time["name"])}
    prefix = model.get("primary_entity") or next(e["name"] for e in model["entities"] if e["type"] == "primary")
    entities = model.get("entities", [])
    for column in key_of(model["name"]):
        entity = [e["name"] for e in entities if e["expr"] == column]
        dimension = [d["name"] for d in model["dimensions"] if d["name"] == column and d is not time]
        if dimension:
            found[f"{prefix}__{column}"] = column
        elif entity:
            found[entity[0]] = column
        else:
            assert re.search(rf"\b{column}\b", found["metric_time__day"]), f"{model['name']}: {column} of its key cannot be grouped by"
    return found


def test_the_semantic_manifest_is_valid(manifest: str) -> None:
    result = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(PydanticSemanticManifest.parse_raw(manifest))
    assert [e.message for e in (*result.errors, *result.future_errors)] == []


def test_metrics_of_the_layer_are_those_of_dim_metric() -> None:
    with (ROOT / "dbt_project" / "seeds" / "metrics.csv").open(encoding="utf-8", newline="") as handle:
        defined = {m["metric_id"]: m for m in csv.DictReader(handle)}
    for name, model in MEASURING.items():
        for measure in model["measures"]:
            metric = defined[measure["name"]]
            assert (metric["table_name"], metric["column_name"]) == (name, measure["expr"]), measure["name"]
            assert (measure["label"], measure["description"]) == (metric["title"], f"{metric['unit']}; {metric['reference']}")
            assert measure["create_metric"]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MEASURING))
def test_metricflow_gives_the_values_of_the_mart(name: str, engine: MetricFlowEngine, sample_at_once: Path) -> None:
    model = MEASURING[name]
    names = [m["name"] for m in model["measures"]]
    by = grain(model)
    asked = sql_of(engine, names, list(by))
    layer = f"select {', '.join(['cast(metric_time__day as date)', *list(by)[1:], *names])} from ({asked})"
    mart = f"select {', '.join([*by.values(), *(m['expr'] for m in model['measures'])])} from marts.{name}"
    with duckdb.connect(str(database(sample_at_once)), read_only=True) as connection:
        sizes = connection.execute(f"select (select count(*) from ({layer})), (select count(*) from ({mart}))").fetchone()
        assert sizes is not None
        assert sizes[0] == sizes[1] > 0
        assert connection.execute(f"({layer}) except all ({mart})").fetchmany(3) == []
        assert connection.execute(f"({mart}) except all ({layer})").fetchmany(3) == []


@pytest.mark.slow
def test_a_longer_period_shows_its_last_value_and_moves_of_policy_add_up(engine: MetricFlowEngine, sample_at_once: Path) -> None:
    file = database(sample_at_once)
    monthly = sql_of(engine, ["pct_above_sma_200"], ["universe", "metric_time__month"])
    last = (
        "select universe_id, arg_max(pct_above_sma_200, session_date) from marts.fct_breadth_daily "
        "where session_date in (select max(session_date) from marts.fct_breadth_daily group by universe_id, date_trunc('month', session_date)) "
        "group by universe_id, date_trunc('month', session_date)"
    )
    assert sorted(rows(file, f"select universe, pct_above_sma_200 from ({monthly})"), key=str) == sorted(rows(file, last), key=str)
    latest = sql_of(
        engine, ["rsi_14"], ["instrument", "instrument__instrument_kind"], ["{{ Dimension('instrument__instrument_kind') }} = 'index'"]
    )
    by_hand = (
        "select instrument_id, kind, arg_max(rsi_14, session_date) from marts.fct_technicals_daily join marts.dim_instrument using (instrument_id) "
        "where kind = 'index' group by all"
    )
    assert sorted(rows(file, latest)) == sorted(rows(file, by_hand))
    yearly = sql_of(engine, ["policy_change"], ["metric_time__year"])
    assert sorted(rows(file, yearly)) == sorted(
        rows(file, "select date_trunc('year', effective_date), sum(change_bp) from marts.fct_policy_moves group by all")
    )
