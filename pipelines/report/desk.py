"""`rotation sources` and `rotation doctor`: the commands that look after a set-up. Not for what they find (providers.py, doctor.py)."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from pipelines.settings import settings

out = Console(highlight=False)
SECONDS = 5.0  # to wait for all providers together


def sources(
    sources: Annotated[Literal["sample", "live"], typer.Option(help="Whose pulls: of the real market, or of the sample.")] = "live",
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody whether they answer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Each provider: does it answer, is its key set, last pull, last error, and what rests on it."""
    from pipelines.report import providers

    found = providers.providers(settings(), sources, None if offline else SECONDS)
    if as_json:
        print(providers.as_json(found))
    else:
        providers.show(found, out)


def doctor() -> None:
    """Find a bad set-up before a run does. Exit code 1 where a run would fail."""
    from pipelines.report import doctor as body

    findings = body.examine()
    body.show(findings, out)
    raise typer.Exit(int(any(f.is_fatal for f in findings)))
