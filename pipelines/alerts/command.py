"""`rotation alert`, and the alert of a run at a terminal or in cron, where no sensor is at work. Not for what it says or how it goes (message.py, send.py)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.settings import Mode, settings

err = Console(stderr=True, highlight=False)


def alert(
    test: Annotated[bool, typer.Option("--test", help="Send a test, whatever the state of the data.")] = False,
    sources: Annotated[Literal["sample", "live"], typer.Option(help="Which market.")] = "live",
) -> None:
    """Tell what is stale or late now by ROTATION_ALERT_WEBHOOK and ROTATION_ALERT_COMMAND: for cron, once a day. Exit code 1 where it is not told."""
    from pipelines.alerts.message import of_late, of_stale, of_test
    from pipelines.alerts.send import is_set, send
    from pipelines.alerts.watch import look
    from pipelines.resources.clock import Clock

    if not is_set(settings()):
        err.print("[red]There is nobody to tell. Set ROTATION_ALERT_WEBHOOK or ROTATION_ALERT_COMMAND (docs/operations.md, Alerts).[/red]")
        raise typer.Exit(1)
    if test:
        alerts = [of_test(settings(), sources)]
    else:
        found = look(settings(), sources, Clock())
        alerts = [of_stale(settings(), sources, list(found.stale.values()))] if found.stale else []
        alerts += [of_late(settings(), sources, said) for said in found.late.values()]
    if not alerts:
        err.print("Nothing is stale or late.")
    done = [send(settings(), one) for one in alerts]
    for one, delivery in zip(alerts, done, strict=True):
        if delivery.sent:
            err.print(f"{escape(one.subject)}: told by {' and '.join(delivery.sent)}")
        for problem in delivery.problems:
            err.print(f"[red]not told[/red] {escape(problem)}", soft_wrap=True)
    if any(delivery.problems for delivery in done):
        raise typer.Exit(1)


def tell_of_run(mode: Mode, run_id: str | None, failures: Sequence[str], checks: Sequence[str]) -> None:
    """The alert of a run that was not published, where anybody is to be told; the run's own message goes on as it is."""
    from pipelines.alerts.message import of_run
    from pipelines.alerts.send import is_set, send

    if is_set(settings()):
        delivery = send(settings(), of_run(settings(), mode, run_id, failures, checks))
        for problem in delivery.problems:
            err.print(f"[red]The alert was not sent[/red] {escape(problem)}", soft_wrap=True)


@contextmanager
def told(mode: Mode) -> Iterator[None]:
    """A run that ends before it began (a broken contract, another process at work) is told, too."""
    try:
        yield
    except Exception as problem:
        tell_of_run(mode, None, [str(problem)], ())
        raise
