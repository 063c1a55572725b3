"""`rotation export`: the publication as Parquet, CSV or the workbook of the day, where one wants it. Not for what these look like (safe_csv.py, workbook.py)."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape

from pipelines.report.reading import reading
from pipelines.resources.publication import DATABASE, MANIFEST, PARQUET, Publication, unpublished
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import settings

out = Console(highlight=False)


def export(
    form: Annotated[Literal["parquet", "csv", "xlsx"], typer.Option("--format", help="xlsx: the workbook of the day.")] = "xlsx",
    table: Annotated[list[str] | None, typer.Option(help="Only this table, such as marts.dim_metric; several times for several.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder, or file of the workbook; default: rotation-MARKET-DAY in the working folder.")
    ] = None,
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where there is one.")] = None,
) -> None:
    """Write the publication as files: a workbook of the day, or whole tables as Parquet or as CSV that is safe to open."""
    if form == "xlsx" and table:
        raise typer.BadParameter("the workbook has sheets of its own; for single tables: --format csv", param_hint="--table")
    mode = reading(sources)
    publication = Publication(settings().published(mode))
    manifest = publication.manifest()
    if manifest is None:
        raise WarehouseError(unpublished(publication.folder))
    # the release it was installed from: another publication may take its place while this is written
    release = publication.history / manifest["run_id"]
    source = release if release.exists() else publication.folder
    target = to or Path(f"rotation-{mode}-{manifest['as_of_date']}{'.xlsx' if form == 'xlsx' else ''}")
    mark = "[bold red]SIMULATED[/bold red] " if manifest["provenance"] == "simulated" else ""
    try:
        if form == "xlsx":
            sheets = _workbook(source, manifest, target)
            said = f"{len(sheets) + 1} sheets, {sum(sheets.values()):,} rows, {target.stat().st_size / 1e6:.1f} MB"
        else:
            names = _chosen(table or [], manifest)
            said = f"{len(names)} tables, {_tables(source, names, target, form) / 1e6:.1f} MB"
            shutil.copyfile(source / MANIFEST, target / MANIFEST)
    except OSError as problem:
        raise WarehouseError(f"{target} cannot be written: {problem}. Name another place with --to.") from None
    out.print(f"{mark}{mode} publication as of {manifest['as_of_date']}: {said}: {escape(str(target))}", soft_wrap=True)


def _chosen(asked: Sequence[str], manifest: dict[str, Any]) -> list[str]:
    unknown = [t for t in asked if t not in manifest["tables"]]
    if unknown:
        raise WarehouseError(
            f"There is no published table {', '.join(unknown)}. `rotation status` lists them; write schema and name: marts.dim_metric."
        )
    return list(asked or manifest["tables"])


def _workbook(source: Path, manifest: dict[str, Any], target: Path) -> dict[str, int]:
    if target.suffix.lower() != ".xlsx":
        raise WarehouseError(f"The workbook is one file that ends in .xlsx, found {target}. Name it with --to.")
    from pipelines.report.workbook import write_workbook  # loaded when one is written: every command imports this module

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with read_only(source / DATABASE) as connection:
        sheets = write_workbook(connection, manifest, part)
    os.replace(part, target)  # noqa: PTH105 - whole or not at all
    return sheets


def _tables(source: Path, names: Sequence[str], target: Path, form: str) -> int:
    """Write each table; how many bytes they have."""
    from pipelines.report.safe_csv import safe_csv

    size = 0
    with read_only(source / DATABASE) as connection:
        for name in names:
            schema, table = name.split(".")
            file = target / schema / f"{table}.{form}"
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f".{file.name}.part")
            if form == "parquet":
                shutil.copyfile(source / PARQUET / schema / f"{table}.parquet", part)
            else:
                part.write_text(safe_csv(connection.sql(f'select * from "{schema}"."{table}"').pl()), encoding="utf-8", newline="")
            os.replace(part, file)  # noqa: PTH105
            size += file.stat().st_size
    return size
