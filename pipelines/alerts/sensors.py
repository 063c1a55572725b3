"""When the UI's process tells: a run that failed or was blocked, a stale source, a late publication, each once. Not for runs from a terminal (command.py)."""

import json
from typing import Any

import dagster as dg

from pipelines.alerts.message import Alert, of_late, of_run, of_stale
from pipelines.alerts.send import Delivery, is_set, send
from pipelines.alerts.watch import look
from pipelines.causes import ATTENDED, causes
from pipelines.resources.clock import Clock
from pipelines.settings import Mode, settings

NOBODY = "nobody to tell: ROTATION_ALERT_WEBHOOK and ROTATION_ALERT_COMMAND are not set"


def failed_runs() -> dg.SensorDefinition:
    """Tells of each run that was not published, once: Dagster's own cursor goes over the runs."""

    @dg.run_failure_sensor(
        name="alert_of_failed_runs",
        description="A failed or blocked run is told by webhook and command. `rotation run` tells of its own.",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
    )
    def alert_of_failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason:
        run = context.dagster_run
        if run.tags.get(ATTENDED):
            return dg.SkipReason("whoever started it tells of it")
        if not is_set(settings()):
            return dg.SkipReason(NOBODY)
        logged = context.instance.all_logs(run.run_id)
        found = causes(entry.dagster_event for entry in logged if entry.dagster_event is not None)
        failures = found.failures or (str(context.failure_event.message),)
        done = send(settings(), of_run(settings(), _market(run), run.run_id, failures, found.checks))
        return dg.SkipReason(_told(done))

    return alert_of_failed_runs


def late_data(clock: Clock | None = None) -> dg.SensorDefinition:
    """Tells of what is stale or late in the live market, each once: the cursor holds what was told and still is so."""

    @dg.sensor(
        name="alert_of_late_data",
        description="A stale source or a late publication of the live market is told by webhook and command, once.",
        minimum_interval_seconds=600,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alert_of_late_data(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not is_set(settings()):
            return dg.SkipReason(NOBODY)
        found = look(settings(), "live", clock or Clock())
        now = {**found.stale, **found.late}
        told = set(json.loads(context.cursor or "[]")) & set(now)
        alerts: list[tuple[set[str], Alert]] = []
        if new := [key for key in found.stale if key not in told]:
            alerts.append((set(new), of_stale(settings(), "live", [found.stale[key] for key in new])))
        alerts += [({key}, of_late(settings(), "live", said)) for key, said in found.late.items() if key not in told]
        said = []
        for keys, alert in alerts:
            done = send(settings(), alert)
            told |= keys if done.sent else set()  # where nobody was reached the next tick tries again
            said.append(_told(done))
        context.update_cursor(json.dumps(sorted(told)))
        return dg.SkipReason("; ".join(said) or "nothing new is stale or late")

    return alert_of_late_data


def _market(run: dg.DagsterRun) -> Mode:
    """The market of a run, as its config says; without one, the setting."""
    resources: Any = run.run_config.get("resources", {})
    named = str(resources.get("options", {}).get("config", {}).get("sources", settings().sources)).lower()
    return "live" if named == "live" else "sample"


def _told(done: Delivery) -> str:
    return "; ".join([f"told by {' and '.join(done.sent)}" if done.sent else "nobody reached", *done.problems])
