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
    """The project as read once in this process, for one warehouse."""

    def __init__(self, warehouse: Path, target: str) -> None:
        self.warehouse, self.target = warehouse, target
        self.parsed = None
        (warehouse / "candidate" / "sample").mkdir(parents=True, exist_ok=True)
        self.parsed = self("parse")

    def __call__(self, command: str, *more: str) -> Any:
        from dbt.cli.main import dbtRunner

        project = str(ROOT / "dbt_project")
        folders = ["--target-path", str(self.warehouse / self.target), "--log-path", str(self.warehouse / "logs")]
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

    @property
    def candidate(self) -> Path:
        return self.warehouse / "candidate" / "sample" / "rotation.duckdb"

    @property
    def work(self) -> Path:
        return self.warehouse / "work" / "sample" / "work.duckdb"


def work(warehouse: str, what: str = "full", target: str = "target", data: str = "", after: str = "", until: str = "") -> Mapping[str, Any]:
    """`stand`: build what the models stand on. `full`: the models from all bars. `checked`: the same with their tests. `daily`: the bars
    after one day and up to another are added to a warehouse that has derived up to the first, and the models go on from there."""
    if what == "daily":
        with Warehouse(load_settings(warehouse=warehouse), "sample").work() as connection:
            fill(connection, Path(data), date.fromisoformat(after), date.fromisoformat(until))
    dbt = Dbt(Path(warehouse), target)
    if what in ("stand", "daily"):
        dbt.stand()
    if what == "stand":
        return {}
    if what == "checked":
        seconds, results = dbt.models("build", "--full-refresh", "--exclude-resource-type", "unit_test")
    else:
        seconds, results = dbt.models("run", *([] if what == "daily" else ["--full-refresh"]))
    tests = [r for r in results if r.node.resource_type == "test"]
    share = sum(r.execution_time for r in tests) / sum(r.execution_time for r in results)
    tables = [str(r.node.relation_name) for r in results if r.node.resource_type == "model" and r.node.config.materialized != "view"]
    return {"seconds": seconds, "checks_seconds": seconds * share, "tests": len(tests), "tables": tables}


def opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Both files of a derived warehouse, under the names that dbt knows them by."""
    connection = duckdb.connect()
    connection.execute(f"attach '{warehouse / 'candidate' / 'sample' / 'rotation.duckdb'}' as rotation (read_only)")
    connection.execute(f"attach '{warehouse / 'work' / 'sample' / 'work.duckdb'}' as work (read_only)")
    return connection
