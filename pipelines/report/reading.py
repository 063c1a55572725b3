"""Which publication a command reads, and who says so. Not for reading it."""

from rich.console import Console

from pipelines.resources.publication import Publication
from pipelines.settings import Mode, settings

err = Console(stderr=True, highlight=False)


def reading(sources: Mode | None, say: bool = True) -> Mode:
    """The publication to read: the one asked for; else live where there is one, else the sample."""
    if sources is not None:
        return sources
    mode: Mode = "live" if Publication(settings().published("live")).database.exists() else "sample"
    if say:
        err.print(f"[dim]reading the {mode} publication[/dim]")
    return mode
