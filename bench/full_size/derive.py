"""Our side: dbt's models from the bars of companies to what is published of them, in this process as a run does it. Not for the peers' (peers/).

The models are those between `stg_drop__bars` and `fct_breadth_daily`, whatever they are: named by the graph. Their time goes from the start of
the first one, by dbt's own record, to the return of dbt, when the files are closed; reading the project is before it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from bench.full_size.fill import fill
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import ROOT, load_settings

MART = "fct_breadth_daily"
GRAPH = f"stg_drop__bars+,+{MART}"


def environment(warehouse: Path, memory: str | None = None) -> dict[str, str]:
    """What profiles.yml reads."""
    settings = load_settings()
    return {
        "DBT_ROTATION_WAREHOUSE": str(warehouse),
        "DBT_ROTATION_THREADS": str(settings.cores),
        "DBT_ROTATION_MEMORY_LIMIT": memory or settings.memory,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


class Dbt:
    """The project for one warehouse, as it was read last: what profiles.yml takes from the environment is no part of that."""

    def __init__(self, warehouse: Path) -> None:
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        self.warehouse = warehouse
        self.candidate = warehouse / "candidate" / "sample" / "rotation.duckdb"
        self.candidate.parent.mkdir(parents=True, exist_ok=True)
        read = ensure_manifest(load_settings()).with_name("partial_parse.msgpack").read_bytes()
        self.parsed = Manifest.from_msgpack(read, decoder=extended_mashumuro_decoder)
        self.parsed.build_flat_graph()

    def __call__(self, command: str, *more: str) -> Any:
        from dbt.cli.main import dbtRunner

        project = str(ROOT / "dbt_project")
        folders = ["--target-path", str(self.warehouse / "target"), "--log-path", str(self.warehouse / "logs")]
        outcome = dbtRunner(manifest=self.parsed).invoke(
            [command, "--project-dir", project, "--profiles-dir", project, "--target", "sample", *folders, "--quiet", *more]
        )
        if not outcome.success:
            told = [f"{r.node.name}: {r.message}" for r in getattr(outcome.result, "results", ()) if r.status in ("error", "fail")]
            raise RuntimeError(f"dbt {command} failed: {outcome.exception or ''} {'; '.join(told)}")
        return outcome.result

    def stand(self) -> None:
        """A new candidate, as a run begins, with what the measured models stand on."""
        for stale in self.candidate.parent.glob("rotation.duckdb*"):
            stale.unlink()
        self("build", "--select", f"+{MART}", "--exclude", "stg_drop__bars+", "--exclude-resource-type", "test", "unit_test")

    def models(self, command: str = "run", *more: str) -> tuple[float, Sequence[Any]]:
        """The measured models: seconds, and what dbt says of each node."""
        results = self(command, "--select", GRAPH, "--no-write-json", *more).results
        ended = datetime.now(UTC)
        began = min(t.started_at for r in results for t in r.timing if t.started_at).replace(tzinfo=UTC)
        return (ended - began).total_seconds(), results


def work(warehouse: str, what: str = "full", data: str = "", after: str = "", until: str = "") -> Mapping[str, Any]:
    """`stand`: build what the models stand on. `full`: the models from all bars. `checked`: the same with their tests. `daily`: the bars
    after one day and up to another are added to a warehouse that has derived up to the first, and the models go on from there."""
    if what == "daily":
        with Warehouse(load_settings(warehouse=warehouse), "sample").work() as connection:
            fill(connection, Path(data), date.fromisoformat(after), date.fromisoformat(until))
    dbt = Dbt(Path(warehouse))
    if what in ("stand", "daily"):
        dbt.stand()
    if what == "stand":
        return {}
    if what == "checked":
        seconds, results = dbt.models("build", "--full-refresh", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious")
    else:
        seconds, results = dbt.models("run", *([] if what == "daily" else ["--full-refresh"]))
    tests = [r for r in results if r.node.resource_type == "test"]
    if what == "checked" and not tests:
        raise RuntimeError(f"dbt chose no test for {GRAPH}: the share of the checks would say nothing.")
    share = sum(r.execution_time for r in tests) / sum(r.execution_time for r in results)
    tables = [str(r.node.relation_name) for r in results if r.node.resource_type == "model" and r.node.config.materialized != "view"]
    models = {r.node.name: r.execution_time for r in results if r.node.resource_type == "model"}
    return {"seconds": seconds, "checks_seconds": seconds * share, "tables": tables, "models": models}


def opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Both files of a derived warehouse, under the names that dbt knows them by."""
    connection = duckdb.connect(config={"temp_directory": str(warehouse / "spill")})
    connection.execute(f"attach '{warehouse / 'candidate' / 'sample' / 'rotation.duckdb'}' as rotation (read_only)")
    connection.execute(f"attach '{warehouse / 'work' / 'sample' / 'work.duckdb'}' as work (read_only)")
    return connection
