"""Where a published table comes from: models, raw tables, series and checks, by dbt's own manifest of the run. Not for values.

The manifest is not published: the run leaves it beside the working file. Where that is gone, the project of this checkout is read again.
"""

import contextlib
import json
import sys
from typing import Any

import duckdb

from pipelines.assistants.catalogue import rows
from pipelines.resources.dbt import build_folder, ensure_manifest
from pipelines.settings import Mode, Settings

LAYERS = ("raw", "staging", "intermediate", "marts", "quality", "reference")


def manifest_of(settings: Settings, market: Mode) -> tuple[dict[str, Any], str]:
    """dbt's manifest, and which it is."""
    file, which = build_folder(settings, market) / "manifest.json", "of the last run on this machine"
    if not file.exists():
        with contextlib.redirect_stdout(sys.stderr):  # standard output is the protocol's
            file, which = ensure_manifest(settings), "of this checkout, read anew: the run that published left none here"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found, which


def upstream(manifest: dict[str, Any], table: str) -> list[dict[str, Any]]:
    """The table's node and everything it rests on, at any remove. Empty for a log of the gates, which no model makes."""
    known = manifest["nodes"] | manifest["sources"]
    ahead = [i for i, n in known.items() if n["resource_type"] in ("model", "seed", "source") and f"{n['schema']}.{n['name']}" == table]
    seen: dict[str, dict[str, Any]] = {}
    while ahead:
        one = ahead.pop()
        if one not in seen and one in known:
            seen[one] = known[one]
            ahead += manifest["parent_map"].get(one, [])
    return list(seen.values())


def key_of(manifest: dict[str, Any], table: str) -> list[str]:
    """The columns that tell its rows apart, as the test of the key has them."""
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        if test.get("name") == "unique_key" and node.get("attached_node") in manifest["nodes"]:
            tested = manifest["nodes"][node["attached_node"]]
            if f"{tested['schema']}.{tested['name']}" == table:
                return list(test["kwargs"]["columns"])
    return []


def readers(manifest: dict[str, Any], table: str) -> list[str]:
    """The exposures that rest on it."""
    return sorted(
        str(e["label"])
        for e in manifest["exposures"].values()
        if any(f"{n['schema']}.{n['name']}" == table for i in e["depends_on"]["nodes"] if (n := manifest["nodes"].get(i)))
    )


def layers(nodes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Names by layer, from what came in to what is read."""
    return {layer: found for layer in LAYERS if (found := sorted(n["name"] for n in nodes if n["schema"] == layer))}


def series(connection: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]], values: set[str]) -> list[dict[str, Any]]:
    """Series of the providers whose raw tables are in the lineage, with how fresh they are. Of the rows' own instruments alone, where the
    rows name some (`values`)."""
    providers = {str((n["config"].get("meta") or n["meta"]).get("provider")) for n in nodes if n["resource_type"] == "source"}
    found = rows(
        connection,
        "select series_id, s.provider, s.symbol, s.instrument_id, s.name, f.last_observation::varchar as last_observation, f.status, f.stood_in_by "
        "from reference.series_catalog as s left join quality.freshness as f using (series_id) where list_contains(?, s.provider) order by series_id",
        sorted(providers),
    )
    own = [s for s in found if values & {s["series_id"], s["instrument_id"]}]
    return own or found


def checks(connection: duckdb.DuckDBPyConnection, run_id: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the gates said, in the run that was published, of every table on the way."""
    names = [f"{n['schema']}.{n['name']}" for n in nodes]
    by_gate = rows(
        connection,
        "select gate, count(*) as checks_n, count(*) filter (passed) as passed_n, count(distinct table_name) as tables_n "
        "from quality.check_results where run_id = ? and list_contains(?, table_name) group by gate order by gate",
        run_id, names,
    )  # fmt: skip
    failed = rows(
        connection,
        "select gate, table_name, check_name, severity, observed from quality.check_results "
        "where run_id = ? and not passed and list_contains(?, table_name) order by all",
        run_id, names,
    )  # fmt: skip
    return {"by_gate": by_gate, "not_passed": failed}
