"""How a command ends where it cannot go on: with the message that names the cure, and no stack. Not for the messages themselves."""

import sys
from collections.abc import Callable

import duckdb
from rich.console import Console
from rich.markup import escape

from pipelines.typed import as_typed


def ending(command: Callable[[], None]) -> None:
    """Do a command; errors that name their cure, and refusals of the disk, end it with status 1."""
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

    try:
        command()
        return
    except (
        WarehouseError,
        PublicationError,
        DiskError,
        SettingsError,
        CatalogError,
        ContractError,
        MeasureError,
        DbtError,
        ClosureError,
        PostgresError,
        LakeError,
    ) as e:
        said = str(e)
    except (OSError, duckdb.Error) as problem:
        if not (refused := refusal(problem)):
            raise
        said = refused
    Console(stderr=True, highlight=False).print(f"[red]{escape(as_typed(said))}[/red]", soft_wrap=True)
    sys.exit(1)
