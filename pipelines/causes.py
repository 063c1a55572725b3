"""What stopped a run, and what did not stop it but should be seen, in words, out of Dagster's events. Not for showing or sending it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.resources.disk import refusal

OF_THE_DISK = {"OSError", "PermissionError", "IOException", "FatalException", "TransactionException"}  # of Python and of DuckDB
ATTENDED = "rotation/attended"  # tag of a run whose starter hears of its end and tells of it: the sensor need not


@dataclass(frozen=True)
class Causes:
    """`failures` hold cause and cure of what stopped the run; `warnings` what a reader should know; `checks` the names of those that closed."""

    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[str, ...]


def causes(events: Iterable[dg.DagsterEvent]) -> Causes:
    """What the events of one run say."""
    failures: list[str] = []
    warnings: list[str] = []
    checks: list[str] = []
    for event in events:
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                is_closed = check.severity is dg.AssetCheckSeverity.ERROR
                (failures if is_closed else warnings).append(check.description or check.check_name)
                if is_closed:
                    checks.append(f"{check.asset_key.to_user_string()} {check.check_name}")
        elif event.is_step_failure:
            failures += _cause(event)
        elif event.event_type is dg.DagsterEventType.RESOURCE_INIT_FAILURE and event.engine_event_data.error:
            failures.append(_said(_innermost(event.engine_event_data.error)))
    return Causes(tuple(dict.fromkeys(failures)), tuple(dict.fromkeys(warnings)), tuple(dict.fromkeys(checks)))


def _innermost(error: Any) -> Any:
    """The error that set off the chain of errors around it."""
    return _innermost(error.cause) if error.cause is not None else error


def _said(error: Any) -> str:
    """The message of an error without the name of its class; a refusal of the disk with its cure."""
    said = re.sub(r"^[\w.]+: ", "", error.message.strip(), count=1)
    return (error.cls_name in OF_THE_DISK and refusal(said)) or said


def _cause(event: dg.DagsterEvent) -> list[str]:
    """What a failed step said, without its stack; nothing where a closed gate has said it already."""
    failed = event.step_failure_data
    if failed.user_failure_data and failed.user_failure_data.description:
        return [failed.user_failure_data.description]
    error = _innermost(failed.error) if failed.error else None
    if error is None or "DagsterAssetCheckFailedError" in (error.cls_name or ""):
        return []
    return [f"{event.step_key}: {_said(error)}"]
