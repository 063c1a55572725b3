"""One run of the Dagster job in this process, and what came of it in words. Not for showing it (cli.py)."""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.publish import PUBLISHED
from pipelines.settings import ROOT, Mode


@dataclass(frozen=True)
class Outcome:
    """`failures` hold cause and cure of what stopped the run, or kept the publication out of PostgreSQL; `warnings` what a reader should know though it did not."""

    run_id: str
    is_published: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]


def run_config(
    mode: Mode, as_of: date | None = None, mirror: str | None = None, accept: dict[str, str] | None = None, now: str | None = None
) -> dict[str, Any]:
    """Run config of the job, as the UI's launchpad would write it."""
    config: dict[str, Any] = {"sources": mode.upper(), "accept": accept or {}}
    config |= {k: v for k, v in {"as_of": str(as_of) if as_of else None, "mirror": mirror, "now": now}.items() if v}
    return {"resources": {"options": {"config": config}}, "loggers": {"progress": {}}}


def instance_home() -> Path:
    """The folder with dagster.yaml, made the working folder: that file sends Dagster's state to .dagster/ relative to it."""
    (ROOT / ".dagster").mkdir(exist_ok=True)
    os.chdir(ROOT)
    return ROOT


def run(config: dict[str, Any], *, keep_events: bool = True, definitions: dg.Definitions | None = None) -> Outcome:
    """Run the whole job. `keep_events`: in the project's Dagster instance, so that the UI shows the run; otherwise nowhere.
    `definitions`: others than the code location's, made by build_defs."""
    if definitions is None:
        from pipelines.definitions import defs  # loads the dbt manifest: only when something runs

        definitions = defs
    job = definitions.resolve_job_def("rotation")
    if keep_events:
        os.environ["DAGSTER_HOME"] = str(instance_home())
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)
    else:
        result = job.execute_in_process(run_config=config, raise_on_error=False)
    failures: list[str] = []
    warnings: list[str] = []
    is_published = result.success
    for event in result.all_events:
        if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key == PUBLISHED:
            is_published = True  # what comes after it cannot take it back
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                (failures if check.severity is dg.AssetCheckSeverity.ERROR else warnings).append(check.description or check.check_name)
        elif event.is_step_failure:
            failures += _cause(event)
        elif event.event_type is dg.DagsterEventType.RESOURCE_INIT_FAILURE and event.engine_event_data.error:
            failures.append(_said(_innermost(event.engine_event_data.error)))
    return Outcome(result.run_id, is_published, () if result.success else tuple(dict.fromkeys(failures)), tuple(dict.fromkeys(warnings)))


def _innermost(error: Any) -> Any:
    """The error that set off the chain of errors around it."""
    return _innermost(error.cause) if error.cause is not None else error


def _said(error: Any) -> str:
    """The message of an error without the name of its class."""
    return re.sub(r"^[\w.]+: ", "", error.message.strip(), count=1)


def _cause(event: dg.DagsterEvent) -> list[str]:
    """What a failed step said, without its stack; nothing where a closed gate has said it already."""
    failed = event.step_failure_data
    if failed.user_failure_data and failed.user_failure_data.description:
        return [failed.user_failure_data.description]
    error = _innermost(failed.error) if failed.error else None
    if error is None or "DagsterAssetCheckFailedError" in (error.cls_name or ""):
        return []
    return [f"{event.step_key}: {_said(error)}"]
