"""dbt in this process: its manifest, and one build of the models of a mode. Not for what the models say."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from pipelines.settings import ROOT, Mode, Settings

PROJECT = ROOT / "dbt_project"
TARGET = PROJECT / "target"  # what the definitions are made from; a build writes beside its warehouse instead
MANIFEST = TARGET / "manifest.json"


class DbtError(Exception):
    """dbt could not read or build the project; the message names the nodes and what dbt said of them."""


@dataclass(frozen=True)
class NodeResult:
    """One model, seed or test: status is success, pass, fail, error or skipped."""

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int


@dataclass(frozen=True)
class Part:
    """Some of the project, for who builds it again and again: `select` names the models in dbt's words; `parsed` is the project as `parse` read it."""

    select: str
    parsed: Any


def build_folder(settings: Settings, mode: Mode) -> Path:
    """Where a build leaves its compiled SQL, its log and what it parsed. One a market and warehouse: builds of different ones do not
    meet, and the next build of the same parses only what changed."""
    return settings.work_file(mode).with_name("dbt")


@contextmanager
def _environment(settings: Settings, logs: Path) -> Iterator[None]:
    """What profiles.yml reads; dbt takes it from the environment alone."""
    wanted = {
        "DBT_ROTATION_WAREHOUSE": str(settings.warehouse),
        "DBT_ROTATION_THREADS": str(settings.cores),
        "DBT_ROTATION_MEMORY_LIMIT": settings.memory,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_LOG_PATH": str(logs),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _arguments(command: str, mode: Mode, target: Path) -> list[str]:
    folder = str(PROJECT)
    return [
        command,
        "--project-dir",
        folder,
        "--profiles-dir",
        folder,
        "--target",
        mode,
        "--target-path",
        str(target),
        "--no-use-colors",
        "--quiet",
    ]


def ensure_manifest(settings: Settings) -> Path:
    """The manifest, made anew when a file of the project is newer than it.

    Raises:
        DbtError: the project does not parse.
    """
    sources = [
        p for pattern in ("*.yml", "models/**/*", "macros/**/*", "tests/**/*", "seeds/*") for p in PROJECT.glob(pattern) if p.is_file()
    ]
    TARGET.mkdir(exist_ok=True)
    with FileLock(TARGET / "manifest.lock"):  # a second process waits for the first one's manifest
        if MANIFEST.exists() and all(p.stat().st_mtime <= MANIFEST.stat().st_mtime for p in sources):
            return MANIFEST
        parse(settings)
        os.utime(MANIFEST)  # dbt leaves an unchanged manifest's time alone
        return MANIFEST


def parse(settings: Settings, target: Path = TARGET) -> Any:
    """The project as dbt reads it; its manifest is written to `target`.

    Raises:
        DbtError: the project does not parse.
    """
    from dbt.cli.main import dbtRunner

    with _environment(settings, PROJECT / "logs"):
        outcome = dbtRunner().invoke(_arguments("parse", "sample", target))
    if not outcome.success:
        raise DbtError(f"The dbt project does not parse: {outcome.exception or outcome.result}. Mend the file it names in dbt_project/.")
    return outcome.result


def build(
    settings: Settings, mode: Mode, tell: Callable[[str], None], passed_over: Sequence[str] = (), part: Part | None = None
) -> list[NodeResult]:
    """Seed, build and test every model into the candidate of a mode; a failing test stops what depends on its model.

    dbt's unit tests are left to `make test`: they judge the SQL, not the day's data, and took a quarter of a run. Tests that are passed over
    are asked when all is built, so that they say what they find and stop nothing. `part`: only these models, with the tests that need no others.

    Raises:
        DbtError: dbt ended before it could run the nodes.
    """
    from dbt.cli.main import dbtRunner

    candidate = settings.candidate_file(mode)
    candidate.parent.mkdir(parents=True, exist_ok=True)
    for stale in (candidate, Path(f"{candidate}.wal")):
        stale.unlink(missing_ok=True)

    def hear(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node = event.data.node_info
            if node.resource_type != "test":
                tell(f"{node.resource_type} {node.node_name}: {node.node_status}")

    folder = build_folder(settings, mode)
    arguments = [*_arguments("build", mode, folder), "--exclude-resource-type", "unit_test"]
    if part:
        arguments += ["--select", *part.select.split(), "--indirect-selection", "cautious"]
    with _environment(settings, folder / "logs"):
        left_out = ["--exclude", *passed_over] if passed_over else []
        parsed = part.parsed if part else None
        outcomes = [dbtRunner(manifest=parsed, callbacks=[hear]).invoke([*arguments, *left_out])]
        if passed_over:
            outcomes.append(dbtRunner(manifest=parsed).invoke([*_arguments("test", mode, folder), "--select", *passed_over]))
    results = []
    for outcome in outcomes:
        if outcome.exception is not None or outcome.result is None:
            raise DbtError(f"dbt build stopped: {outcome.exception}. See {folder / 'logs' / 'dbt.log'}.")
        results += [
            NodeResult(r.node.unique_id, str(r.status), r.message or "", r.execution_time, r.failures or 0) for r in outcome.result.results
        ]
    return results


def compiled_sql(settings: Settings, mode: Mode, node: dict[str, Any]) -> str:
    """The SQL a node was compiled to by the last build; empty where there is none."""
    file = build_folder(settings, mode) / "compiled" / node["package_name"] / node["original_file_path"]
    path = file if node["path"] == Path(node["original_file_path"]).name and file.suffix == ".sql" else file / node["path"]
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def unique_keys(manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Key columns of each table by name, as its test `unique_key` says."""
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    return {
        nodes[n["attached_node"]]["name"]: tuple(n["test_metadata"]["kwargs"]["columns"])
        for n in nodes.values()
        if n["resource_type"] == "test" and (n.get("test_metadata") or {}).get("name") == "unique_key"
    }
