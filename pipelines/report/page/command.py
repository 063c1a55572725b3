"""`rotation report`: where the page is, as of an earlier day, as PDF. Not for the page itself (html.py, pdf.py)."""

import json
import webbrowser
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from pipelines.report.reading import reading
from pipelines.resources.clock import Clock
from pipelines.resources.publication import DATABASE, MANIFEST, REPORT, Publication, unpublished
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import settings
from pipelines.typed import as_typed
from pipelines.typed_day import typed_day

err = Console(stderr=True, highlight=False)


def report(
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: the page as of an earlier day.")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    pdf: Annotated[Path | None, typer.Option(help="Write it as PDF to this file, too.")] = None,
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: live where it is published.")] = None,
) -> None:
    """The page of the publication: prints its path. Of an earlier day: that day's own publication, or the published tables cut at it."""
    from pipelines.report.page.html import render
    from pipelines.report.page.read import read_page

    mode = reading(sources)
    publication = Publication(settings().published(mode))
    manifest = publication.manifest()
    if manifest is None:
        raise WarehouseError(unpublished(publication.database))
    day = _day(as_of, manifest)
    folder, own = _release(publication, manifest, day)
    is_cut = str(day) != own["as_of_date"]
    path = folder / REPORT
    page = None
    if is_cut or not path.exists():  # publications made before there was a page have none
        page = read_page(folder / DATABASE, own, day)
        path = settings().work_file(mode).parent / f"report-{day}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(page), encoding="utf-8")
        if is_cut:
            err.print(f"[yellow]No publication of {day} is kept: cut from that of {own['as_of_date']}.[/yellow]")
            if all(f.missing for _, panels in page.sections for f in panels):
                said = f"Nothing of it was known on {day}: the page holds reasons and no number. Name a later day."
                err.print(f"[yellow]{said}[/yellow]", soft_wrap=True)
    if pdf is not None:
        from pipelines.report.page.pdf import write_pdf

        try:
            write_pdf(page or read_page(folder / DATABASE, own, day), pdf, Clock().now().date())
        except OSError as problem:
            raise WarehouseError(
                f"The PDF cannot be written to {pdf}: {problem}. Name a file in a folder that is there and can be written."
            ) from None
        err.print(f"written: {pdf}", soft_wrap=True)
    print(path)
    if open_it and not webbrowser.open(path.resolve().as_uri()):
        err.print("[yellow]No browser could be opened here; the path above is the page.[/yellow]")


def _day(text: str | None, manifest: dict[str, Any]) -> date:
    published = date.fromisoformat(manifest["as_of_date"])
    if text is None:
        return published
    day = typed_day(text, "--as-of")
    if day > published:
        raise typer.BadParameter(
            as_typed(
                f"expected a day up to {published}, that of the publication, found {day}. "
                f"For a later one, run `rotation run --sources {manifest['source_mode']} --as-of {day}` first."
            ),
            param_hint="--as-of",
        )
    return day


def _release(publication: Publication, manifest: dict[str, Any], day: date) -> tuple[Path, dict[str, Any]]:
    """The newest kept publication of the day; else the one readers see."""
    if manifest["as_of_date"] == str(day):
        return publication.folder, manifest
    for run in reversed(publication.releases()):
        kept: dict[str, Any] = json.loads((publication.history / run / MANIFEST).read_text(encoding="utf-8"))
        if kept["as_of_date"] == str(day):
            return publication.history / run, kept
    return publication.folder, manifest
