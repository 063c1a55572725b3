"""The dbt models as assets, and their tests as the checks of gate 2. Not for the SQL (dbt_project)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from pipelines.assets.landing.assets import key
from pipelines.assets.pictures import picture
from pipelines.assets.preview import table_metadata
from pipelines.assets.told import OWNERS
from pipelines.progress import tell
from pipelines.resources import dbt
from pipelines.resources.log import CheckRow, append, append_checks
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


def dbt_models() -> dg.AssetsDefinition:
    """Every seed, model and test of the project, built by one dbt run."""
    manifest = json.loads(dbt.ensure_manifest(settings()).read_text(encoding="utf-8"))

    @dbt_assets(manifest=manifest, dagster_dbt_translator=TRANSLATOR, name="dbt_build")  # type: ignore[untyped-decorator]
    def build(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[Any]:
        results = dbt.build(options.settings, options.warehouse.mode, tell)
        yield from _events(context, options, manifest, results)

    assets: dg.AssetsDefinition = build
    return assets


def _events(
    context: dg.AssetExecutionContext, options: RunOptions, manifest: dict[str, Any], results: list[dbt.NodeResult]
) -> Iterator[Any]:
    broken = [r for r in results if r.status in ("error", "fail")]
    tests = [r for r in results if r.unique_id.startswith("test.") and r.status != "skipped"]
    with options.warehouse.work() as connection:
        as_of = as_of_day(connection)
        rows = [_check_row(manifest, r) for r in tests]
        common: dict[str, Any] = {
            "run_id": context.run_id,
            "as_of": as_of,
            "now": options.clock.now(),
            "provenance": options.warehouse.provenance,
        }
        append_checks(connection, rows, **common)
        if broken:
            blocked = [
                {
                    "run_id": context.run_id,
                    "as_of_date": as_of,
                    "blocked_at": options.clock.now().replace(tzinfo=None),
                    "gate": "gate 2",
                    "reason": _reason(manifest, r),
                    "provenance": options.warehouse.provenance,
                }
                for r in broken
            ]
            append(connection, "blocked_runs", blocked)
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
                severity=dg.AssetCheckSeverity.ERROR if r.status in ("fail", "error") else dg.AssetCheckSeverity.WARN,
                description=_reason(manifest, r) if r.status != "pass" else "0 failing rows",
                metadata={"failing rows": r.failures, "seconds": r.seconds},
            )
    if broken:
        raise dg.Failure(description="gate 2 is closed: " + " | ".join(_reason(manifest, r) for r in broken[:5]), allow_retries=False)


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


def _table(manifest: dict[str, Any], unique_id: str) -> str:
    node = _node(manifest, unique_id)
    tested = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), unique_id)
    parent = manifest["nodes"].get(tested) or manifest["sources"].get(tested) or node
    return f"{parent.get('schema', '')}.{parent['name']}"


def _check_row(manifest: dict[str, Any], result: dbt.NodeResult) -> CheckRow:
    node = _node(manifest, result.unique_id)
    return CheckRow(
        "gate 2",
        _table(manifest, result.unique_id),
        node["name"],
        True,
        result.status == "pass",
        result.message or result.status,
        result.failures,
    )


def _reason(manifest: dict[str, Any], result: dbt.NodeResult) -> str:
    """Table, expectation, finding and cure."""
    node = _node(manifest, result.unique_id)
    where = node["original_file_path"]
    said = (node.get("description") or "").strip()
    return (
        f"{_table(manifest, result.unique_id)}: {node['name']} {result.status} ({result.message.strip() or f'{result.failures} failing rows'}). "
        f"{said + ' ' if said else ''}Defined in dbt_project/{where}; the SQL that finds the rows is in work/<market>/dbt/compiled of the warehouse."
    )
