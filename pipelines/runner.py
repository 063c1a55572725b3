"""One run of the Dagster job in this process, and what came of it in words. Not for showing it (cli.py)."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

from pipelines.assets.publish import PUBLISHED
from pipelines.causes import ATTENDED, causes
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import ROOT, Mode, settings
from pipelines.sources.redaction import public


@dataclass(frozen=True)
class Outcome:
    """`failures` hold cause and cure of what stopped the run, or kept the publication out of PostgreSQL or the lake; `warnings` what a reader should know though it
    did not; `checks`: which closed."""

    run_id: str
    is_published: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[str, ...] = ()


def run_config(
    mode: Mode,
    as_of: date | None = None,
    mirror: str | None = None,
    accept: dict[str, str] | None = None,
    now: str | None = None,
    wait_s: float | None = None,
    *,
    force: bool = False,
) -> dict[str, Any]:
    """Run config of the job, as the UI's launchpad would write it.

    Raises:
        WarehouseError: the mirror's address holds a password; run config is kept, and shown.
    """
    if "@" in urlsplit(mirror or "").netloc:
        raise WarehouseError(
            f"The mirror at {public(str(mirror))} was given with a user or password, and options of a run are kept and shown in the UI. "
            "Set ROTATION_MIRROR in the environment instead, and leave the option out."
        )
    config: dict[str, Any] = {"sources": mode.upper(), "accept": accept or {}}
    config |= {
        k: v
        for k, v in {"as_of": str(as_of) if as_of else None, "mirror": mirror, "now": now, "wait_s": wait_s, "force": force}.items()
        if v
    }
    return {"resources": {"options": {"config": config}}, "loggers": {"progress": {}}}


def instance_home() -> Path:
    """The folder with dagster.yaml: a team's, else our own, made the working folder: that file sends Dagster's state to .dagster/ relative to it."""
    if (theirs := settings().dagster_home) is not None:
        return theirs
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
            result = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False, tags={ATTENDED: "yes"})
    else:
        result = job.execute_in_process(run_config=config, raise_on_error=False)
    found = causes(result.all_events)
    # what comes after the publication cannot take it back
    is_published = result.success or any(
        e.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION and e.asset_key == PUBLISHED for e in result.all_events
    )
    return Outcome(result.run_id, is_published, () if result.success else found.failures, found.warnings, found.checks)
