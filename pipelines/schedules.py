"""When runs start by themselves: after the US close on session days, and when a file is dropped. Both off until switched on in the UI. Not for what runs."""

import hashlib
import json

import dagster as dg

from pipelines.resources.clock import NEW_YORK
from pipelines.settings import settings
from pipelines.sources import drop, exchange

LIVE = {"resources": {"options": {"config": {"sources": "LIVE"}}}}


def daily(job_name: str) -> dg.ScheduleDefinition:
    """Two and a half hours after the regular close, when the providers have the day's bars."""

    @dg.schedule(
        job_name=job_name,
        cron_schedule="30 18 * * 1-5",
        execution_timezone="America/New_York",
        name="after_the_close",
        description="Live market, 18:30 New York, on session days of the exchange only.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def after_the_close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.astimezone(NEW_YORK).date()
        if exchange.session_close(day) is None:
            return dg.SkipReason(f"{day} is not a session of the New York Stock Exchange")
        return dg.RunRequest(run_key=str(day), run_config=LIVE)

    return after_the_close


def dropped(job_name: str) -> dg.SensorDefinition:
    """A run when the drop folder holds files not seen before."""

    @dg.sensor(
        job_name=job_name,
        name="drop_folder",
        description="Live market, when files are put into the drop folder.",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def drop_folder(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        folder = settings().drop_folder
        files = sorted(f"{f.name} {f.sha256}" for f in drop.scan(folder))
        new = sorted(set(files) - _seen(context.cursor))
        context.update_cursor(json.dumps(files))
        if not new:
            return dg.SkipReason(f"nothing new in {folder}")
        return dg.RunRequest(run_key=hashlib.sha256("\n".join(new).encode()).hexdigest(), run_config=LIVE)

    return drop_folder


def _seen(cursor: str | None) -> set[str]:
    """Files a tick before saw. A cursor that is no list was written by an older version: then every file is new, and one that was landed
    already brings nothing twice."""
    try:
        seen = json.loads(cursor or "[]")
    except json.JSONDecodeError:
        return set()
    return set(seen) if isinstance(seen, list) else set()
