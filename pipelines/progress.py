"""What a run says while it works: Dagster's events as lines for a terminal. Not for the answer at the end (report/answer.py)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

Listener = Callable[[str, str], None]

_listeners: list[Listener] = []


class _Handler(logging.Handler):
    """Hands each event to whoever listens, as a kind (step, note, asset, check) and a text."""

    def emit(self, record: logging.LogRecord) -> None:
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        said = _of_event(event) if event else None
        if said:
            for listen in _listeners:
                listen(*said)


def _of_event(event: dg.DagsterEvent) -> tuple[str, str] | None:
    kind = event.event_type
    if kind is dg.DagsterEventType.STEP_START:
        return "step", str(event.step_key)
    if kind is dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
        rows = event.materialization.metadata.get("dagster/row_count")
        return "asset", event.asset_key.to_user_string() + (f" ({rows.value:,} rows)" if rows and isinstance(rows.value, int) else "")
    if kind is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        found = event.asset_check_evaluation_data
        if not found.passed:
            return "check", f"{found.asset_key.to_user_string()} {found.check_name}: {found.description or 'failed'}"
    return None


def _logger(_: dg.InitLoggerContext) -> logging.Logger:
    """Dagster logger that feeds the listeners of this process."""
    logger = logging.Logger("rotation.progress", level=logging.DEBUG)
    logger.addHandler(_Handler())
    return logger


progress_logger = dg.LoggerDefinition(_logger, description="Progress of a run for a terminal.")


def tell(text: str) -> None:
    """A note of what is being done now, for whoever listens in this process. Not an event: Dagster's log would keep each one."""
    for listen in _listeners:
        listen("note", text)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hear the runs of this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
