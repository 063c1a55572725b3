"""`rotation lake`, and what `rotation doctor` says of that setting. Not for the writing or the finding (resources/lake.py)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.report.finding import Finding, good
from pipelines.settings import Settings, settings

out = Console(highlight=False)


def lake(
    sources: Annotated[
        Literal["sample", "live"] | None, typer.Option(help="Which market's publication; default: live where there is one.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only show which publications the lake holds, and as which snapshots.")] = False,
    at: Annotated[
        str | None, typer.Option(help="Only show the snapshot of a run, or of the last publication as of a day, and its SQL.")
    ] = None,
) -> None:
    """Put the publication readers have as a file into the DuckLake (ROTATION_LAKE) now; a run does it by itself."""
    from pipelines.report.reading import reading
    from pipelines.resources import lake as resource
    from pipelines.resources.publication import Publication, unpublished

    there = resource.lake(settings())
    if there is None:
        raise resource.LakeError("ROTATION_LAKE is not set. Set it and ROTATION_LAKE_DATA (docs/scale.md).")
    if listed or at:
        held = resource.publications(there)
        _show(resource.found(held, at) if at else held, there.catalog)
        return
    publication = Publication(settings().published(reading(sources)))
    manifest = publication.manifest()
    if manifest is None:
        raise resource.LakeError(unpublished(publication.folder))
    done = resource.publish(there, publication.database, manifest)
    mark = "[bold red]SIMULATED[/bold red] " if manifest["provenance"] == "simulated" else ""
    out.print(
        f"{mark}{done.tables} tables as of {manifest['as_of_date']} are snapshot {done.snapshot} of {escape(done.where)}: "
        + (f"{done.rows:,} rows, {done.seconds:.0f} s." if done.rows else "they stood there already, nothing was written."),
        soft_wrap=True,
    )


def _show(publications: list[dict[str, Any]], catalog: str) -> None:
    """As a table, and how the newest of them is read."""
    if not publications:
        out.print("The lake holds no publication yet.")
        return
    table = Table("snapshot", "committed (UTC)", "schemas", "as of", "run", "data", box=None)
    for p in publications:
        table.add_row(str(p["snapshot"]), p["committed_at"][:19], f"{p['prefix']}*", p["as_of_date"], p["run_id"], p["provenance"])
    out.print(table)
    last = publications[-1]
    attach = f"attach 'ducklake:{catalog.replace(chr(39), chr(39) * 2)}' as lake (read_only"
    out.print(
        f"\n{attach});\nfrom lake.{last['prefix']}marts.fct_relative_performance_daily at (version => {last['snapshot']});\n"
        f"-- or all tables as of it:\n{attach.replace(' as lake ', ' as past ')}, snapshot_version {last['snapshot']});",
        markup=False,
        soft_wrap=True,
    )


def examined(settings: Settings) -> Iterator[Finding]:
    """Can a publication be put into the lake: is its environment made, does the catalogue answer, what does it hold."""
    from pipelines.resources.lake import LakeError, publications
    from pipelines.resources.lake import lake as named

    why = "After the file, each publication is put there; the step fails without it, and the file is published all the same."
    try:
        there = named(settings)
        if there is None:
            yield good("DuckLake", "ROTATION_LAKE is not set: no lake has the publications")
            return
        held = publications(there)
    except LakeError as problem:
        yield Finding("DuckLake", "warning", str(problem), why, "As said; the setting is ROTATION_LAKE (docs/scale.md).")
        return
    yield good("DuckLake", f"{there.where} answers; it holds {len(held)} publications")
