"""How a command ends where it cannot go on: with the message that names the cure, and no stack. Not for the messages themselves."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

from pipelines.typed import as_typed


def ending(command: Callable[[], None]) -> None:
    """Do a command; errors that name their cure, and refusals of the disk, end it with status 1."""
    try:
        command()
        return
    except Exception as problem:
        if not (said := _said(problem)):
            raise
    Console(stderr=True, highlight=False).print(f"[red]{escape(as_typed(said))}[/red]", soft_wrap=True)
    sys.exit(1)


def _said(problem: Exception) -> str | None:
    """The message of an error that names its cure. What can fail is loaded here, where something did: most commands need none of it."""
    import duckdb

    from pipelines.audit.measures import MeasureError
    from pipelines.catalog import CatalogError
    from pipelines.contracts import ContractError
    from pipelines.resources.dbt import DbtError
    from pipelines.resources.disk import DiskError, refusal
    from pipelines.resources.lake import LakeError
    from pipelines.resources.postgres_form import PostgresError
    from pipelines.resources.publication import PublicationError
    from pipelines.resources.warehouse import WarehouseError
    from pipelines.settings import SettingsError
    from pipelines.sources.exchange import ClosureError

    named = (
        WarehouseError, PublicationError, DiskError, SettingsError, CatalogError, ContractError, MeasureError, DbtError, ClosureError, PostgresError, LakeError
    )  # fmt: skip
    if isinstance(problem, named):
        return str(problem)
    return refusal(problem) if isinstance(problem, OSError | duckdb.Error) else None
