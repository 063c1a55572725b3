"""`rotation postgres`, and what `rotation doctor` says of that setting. Not for the load itself (resources/postgres.py)."""

from collections.abc import Iterator
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.report.finding import Finding, good
from pipelines.settings import Settings, settings

out = Console(highlight=False)
CONNECT_S = 3


def postgres(
    sources: Annotated[
        Literal["sample", "live"] | None, typer.Option(help="Which market's publication; default: live where there is one.")
    ] = None,
) -> None:
    """Put the publication readers have as a file into PostgreSQL (ROTATION_POSTGRES) now; a run does it by itself."""
    from pipelines.report.reading import reading
    from pipelines.resources import postgres as server
    from pipelines.resources.dbt import ensure_manifest
    from pipelines.resources.postgres_form import PostgresError, keys
    from pipelines.resources.publication import Publication, unpublished

    setting = settings().postgres
    if setting is None:
        raise PostgresError(
            "ROTATION_POSTGRES is not set. Set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE (docs/bi/postgresql.md)."
        )
    publication = Publication(settings().published(reading(sources)))
    manifest = publication.manifest()
    if manifest is None:
        raise PostgresError(unpublished(publication.folder))
    done = server.publish(setting.get_secret_value(), publication.database, manifest, keys(ensure_manifest(settings())))
    mark = "[bold red]SIMULATED[/bold red] " if manifest["provenance"] == "simulated" else ""
    out.print(
        f"{mark}{done.tables} tables, {done.rows:,} rows as of {manifest['as_of_date']} are in {escape(done.where)}: {done.seconds:.0f} s, "
        f"{done.waited_s:.1f} s of them waiting for readers."
    )


def examined(settings: Settings) -> Iterator[Finding]:
    """Can a publication be put into PostgreSQL: does it answer, may the user do it, is the database ours."""
    from pipelines.resources.postgres import connected, look, place
    from pipelines.resources.postgres_form import READER, PostgresError

    if settings.postgres is None:
        yield good("PostgreSQL", "ROTATION_POSTGRES is not set: readers have the files")
        return
    why = "After the file, each publication is put there; the step fails without it, and the file is published all the same."
    try:
        with connected(settings.postgres.get_secret_value(), CONNECT_S) as pg:
            held = look(pg)
            found = pg.execute(
                "select has_database_privilege(current_database(), 'CREATE'), exists (select from pg_roles where rolname = %s), rolcreaterole or rolsuper, "
                "current_user::text, current_database()::text from pg_roles where rolname = current_user",
                [READER],
            ).fetchone()
            where = place(pg)
    except PostgresError as problem:
        yield Finding("PostgreSQL", "warning", str(problem), why, "As said; the setting is ROTATION_POSTGRES (docs/bi/postgresql.md).")
        return
    may_create, has_reader, may_make, user, database = found or (False, False, False, "", "")
    if not may_create:
        yield Finding(
            "PostgreSQL",
            "warning",
            f"{user} may not make schemas in {where}",
            why,
            f'An administrator says: grant create on database "{database}" to "{user}";',
        )
    if not (has_reader or may_make):
        yield Finding(
            "PostgreSQL",
            "warning",
            f"{user} may not make the role {READER} in {where}",
            why,
            f"An administrator says once: create role {READER} nologin;",
        )
    yield good("PostgreSQL", f"{where} answers; it holds {f'the {held} market' if held else 'no publication yet'}")
