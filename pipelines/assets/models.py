"""The dbt models as assets, and their tests as the checks of gate 2. Not for the SQL (dbt_project)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from pipelines.assets.landing.assets import key
from pipelines.assets.pictures import picture
from pipelines.assets.preview import table_metadata
from pipelines.assets.told import OWNERS, failing_rows
from pipelines.checks.acceptance import models_passed_over
from pipelines.checks.models import NOT_NULL, model_test, table_of
from pipelines.checks.verdicts import as_json
from pipelines.progress import tell
from pipelines.resources import blocked, dbt
from pipelines.resources.disk import refusal
from pipelines.resources.log import CheckRow, append_checks
from pipelines.resources.run import RunOptions, as_of_day
from pipelines.settings import settings

DAYS = ("session_date", "month_end", "effective_date", "observation_date", "event_date", "as_of_date")


class Translator(DagsterDbtTranslator):  # type: ignore[misc] # the library has no types
    """Asset keys are schema and name, the same as in DuckDB and dbt; groups are the layers."""

    def __init__(self) -> None:
        # True would let a failing raw check pass: dbt's own source tests would stand in for gate 1
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=False))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return key(dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 # the library's signature
        return OWNERS

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        return {"layer": str(dbt_resource_props["schema"])}


TRANSLATOR = Translator()


def dbt_models(part: dbt.Part | None = None) -> dg.AssetsDefinition:
    """Every seed, model and test of the project, or of a part of it, built by one dbt run."""
    manifest = json.loads(dbt.ensure_manifest(settings()).read_text(encoding="utf-8"))

    @dbt_assets(manifest=manifest, select=part.select if part else "fqn:*", dagster_dbt_translator=TRANSLATOR, name="dbt_build")  # type: ignore[untyped-decorator]
    def build(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[Any]:
        results = dbt.build(options.settings, options.warehouse.mode, tell, models_passed_over(options.accept, manifest), part)
        yield from _events(context, options, manifest, results)

    assets: dg.AssetsDefinition = build
    return assets


def _events(
    context: dg.AssetExecutionContext, options: RunOptions, manifest: dict[str, Any], results: list[dbt.NodeResult]
) -> Iterator[Any]:
    broken = [r for r in results if r.status in ("error", "fail") and not (_accepted(manifest, r, options) and r.status == "fail")]
    tests = [r for r in results if r.unique_id.startswith("test.") and r.status != "skipped"]
    shown = {r.unique_id: _shown(options, manifest, r) for r in tests if r.status in ("fail", "warn")}
    with options.warehouse.work() as connection:
        as_of = as_of_day(connection)
        rows = [_check_row(manifest, r, _accepted(manifest, r, options), shown.get(r.unique_id, Shown()).sample) for r in tests]
        common: dict[str, Any] = {
            "run_id": context.run_id,
            "as_of": as_of,
            "now": options.clock.now(),
            "provenance": options.warehouse.provenance,
        }
        append_checks(connection, rows, **common)
        if broken:
            closed = [_closed(manifest, r, shown.get(r.unique_id, Shown())) for r in broken]
            blocked.append_blocked(connection, closed, **common)
            blocked.tell(connection, options.settings, options.warehouse.mode, context.run_id)
    if not broken:
        with options.warehouse.candidate() as connection:
            for r in results:
                node = manifest["nodes"].get(r.unique_id)
                if node and node["resource_type"] in ("model", "seed") and r.status == "success":
                    yield _materialized(connection, node, r)
    for r in tests:
        check = get_asset_check_key_for_test(manifest, TRANSLATOR, r.unique_id, None)
        if check is not None:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=r.status == "pass",
                severity=dg.AssetCheckSeverity.ERROR if r in broken else dg.AssetCheckSeverity.WARN,
                description=_reason(manifest, r, _accepted(manifest, r, options)) if r.status != "pass" else "0 failing rows",
                metadata={"seconds": r.seconds} | failing_rows(r.failures, shown[r.unique_id].sample if r.unique_id in shown else ""),
            )
    if broken:
        reasons = "gate 2 is closed: " + " | ".join(_reason(manifest, r) for r in broken[:5])
        raise dg.Failure(description=refusal(reasons) or reasons, allow_retries=False)


def _materialized(connection: Any, node: dict[str, Any], result: dbt.NodeResult) -> dg.MaterializeResult[None]:
    relation = node["relation_name"]
    columns = [c[0] for c in connection.execute(f"describe {relation}").fetchall()]
    day = next((d for d in DAYS if d in columns), None)
    computed_when_read = node["config"]["materialized"] == "view" and node["schema"] != "staging"
    shown = (
        {"kept as": "a view, computed when it is read: not counted here"}
        if computed_when_read
        else table_metadata(connection, relation, day)
    )
    metadata: dict[str, Any] = shown | {"seconds": result.seconds}
    drawn = picture(connection, node["name"])
    if drawn:
        metadata["picture"] = drawn
    return dg.MaterializeResult(asset_key=TRANSLATOR.get_asset_key(node), metadata=metadata)


def _node(manifest: dict[str, Any], unique_id: str) -> dict[str, Any]:
    found: dict[str, Any] = manifest["nodes"][unique_id]
    return found


@dataclass(frozen=True)
class Shown:
    """Failing rows of a test as JSON, and the SQL that finds them."""

    sample: str = ""
    sql: str = ""


def _shown(options: RunOptions, manifest: dict[str, Any], result: dbt.NodeResult) -> Shown:
    """The rows of a failing test: dbt counts them, so its SQL is asked once more."""
    sql = dbt.compiled_sql(options.settings, options.warehouse.mode, _node(manifest, result.unique_id))
    if not sql:
        return Shown()
    with options.warehouse.candidate() as connection:
        return Shown(as_json(connection.sql(f"select * from ({sql}) limit {blocked.KEPT_ROWS}").pl()), sql)


def _accepted(manifest: dict[str, Any], result: dbt.NodeResult, options: RunOptions) -> str | None:
    return options.accept.get(_node(manifest, result.unique_id)["name"])


def _check_row(manifest: dict[str, Any], result: dbt.NodeResult, accepted: str | None, sample: str) -> CheckRow:
    test = model_test(manifest, result.unique_id)
    passed = result.status == "pass"
    return CheckRow(
        "gate 2",
        test.table,
        test.name,
        test.story.severity == "block" and (passed or accepted is None),
        passed,
        (result.message or result.status) + (f"; accepted: {accepted}" if accepted and not passed else ""),
        result.failures,
        sample,
        {test.name: accepted} if accepted and not passed else {},
    )


def _closed(manifest: dict[str, Any], result: dbt.NodeResult, shown: Shown) -> blocked.Closed:
    table, name = table_of(manifest, result.unique_id), _node(manifest, result.unique_id)["name"]
    return blocked.Closed("gate 2", table, name, _reason(manifest, result), None, result.failures, shown.sample or "[]", shown.sql)


def _reason(manifest: dict[str, Any], result: dbt.NodeResult, accepted: str | None = None) -> str:
    """Table, expectation, finding and cure."""
    node = _node(manifest, result.unique_id)
    story = model_test(manifest, result.unique_id).story if node["resource_type"] == "test" else NOT_NULL
    return (
        f"{table_of(manifest, result.unique_id)}: {node['name']} {result.status} ({result.message.strip() or f'{result.failures} failing rows'}). "
        f"It guards against: {story.guards_against} {story.cure} Defined in dbt_project/{node['original_file_path']}; "
        f"`rotation explain {node['name']}` shows the rows and the compiled SQL." + (f" Accepted: {accepted}" if accepted else "")
    )
