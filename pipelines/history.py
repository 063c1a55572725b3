"""`rotation backfill` and `rotation rebuild` at a terminal: progress, what came, what is left to do. Not for doing it (assets/)."""

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import Mode, settings
from pipelines.typed import as_typed
from pipelines.typed_day import typed_day

if TYPE_CHECKING:  # what they are made by is heavy: loaded when it is used
    from pipelines.assets.backfill import Done
    from pipelines.assets.rebuild import Rebuilt

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Sources = Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market; default: the setting ROTATION_SOURCES.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]


def backfill(
    since: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")],
    provider: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    series: Annotated[list[str] | None, typer.Option(help="Only this series of the catalogue; may be given several times.")] = None,
    sources: Sources = None,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: use only what was known on this day.")] = None,
    mirror: Annotated[str | None, typer.Option(help="Send requests for https://HOST/PATH to MIRROR/HOST/PATH.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch history year by year, through the gates; goes on where it was stopped, and fetches nothing twice."""
    from pipelines import progress
    from pipelines.assets import backfill as work
    from pipelines.resources.clock import ClockError
    from pipelines.resources.market import Providers
    from pipelines.resources.run import Alone, RunOptions
    from pipelines.resources.run import Sources as Market
    from pipelines.sources.journal import JournalError

    mode: Mode = sources or settings().sources
    span, done = (typed_day(since), typed_day(to)), []
    options = RunOptions(sources=Market(mode), as_of=as_of, mirror=mirror, now=None)
    with err.status("planning") as status:

        def listen(_: str, text: str) -> None:
            status.update(escape(text))

        try:
            wanted = work.chosen(provider or [], series or [])
            with Alone(settings(), mode, "a backfill"), progress.listening(listen):
                for one in work.backfill(options, Providers(), wanted, span):
                    done.append(one)
                    err.print(f"  {'[yellow]![/yellow]' if one.failing or one.said else '[green]✓[/green]'} {escape(_told(one))}")
        except (work.BackfillError, ClockError, JournalError) as problem:
            err.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True)
            raise typer.Exit(1) from None
    if as_json:
        print(json.dumps([_as_dict(one) for one in done], indent=2))
    else:
        _conclude(done, span, mode)
    raise typer.Exit(1 if any(one.failing for one in done) else 0)


def rebuild(
    sources: Sources = None,
    install: Annotated[bool, typer.Option("--install", help="Put the rebuilt working file in place; the old one is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make everything again out of the archive, without a network, and hold it against what is published."""
    from pipelines.assets import rebuild as work
    from pipelines.sources.journal import JournalError

    mode: Mode = sources or settings().sources
    with err.status("reading the index of the archive") as status:

        def listen(text: str) -> None:
            status.update(escape(text))

        try:
            found = work.rebuild(settings(), mode, listen, install=install)
        except (work.RebuildError, JournalError) as problem:
            err.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True)
            raise typer.Exit(1) from None
    if as_json:
        print(json.dumps({**vars(found), "file": str(found.file), "differences": [vars(d) for d in found.differences]}, indent=2))
    else:
        _compared(found, mode, install, work.KEPT_AS)
    raise typer.Exit(0 if found.is_same else 1)


def _told(done: "Done") -> str:
    part = done.part
    if done.said:
        return done.said
    left = f", about {done.seconds_left:.0f} s left" if done.number < done.parts_n else ""
    return (
        f"{part.provider} {part.days[0].year} ({done.number} of {done.parts_n}): {len(part.series)} series, "
        f"{done.fetched_n} answers fetched, {done.new_rows:,} new rows{left}"
    )


def _as_dict(done: "Done") -> dict[str, Any]:
    days = [str(d) for d in done.part.days]
    return {"provider": done.part.provider, "from": days[0], "to": days[1], "series_n": len(done.part.series),
            "fetched_n": done.fetched_n, "new_rows": done.new_rows, "failing": done.failing, "said": done.said}  # fmt: skip


def _conclude(done: "Sequence[Done]", span: tuple[date, date], mode: Mode) -> None:
    for series, why in ((s, why) for one in done for s, why in one.failing.items()):
        out.print(f"[yellow]set aside[/yellow] {escape(series)} from there on: {escape(why)}")
    if not done:
        out.print(f"Nothing to fetch: all of {span[0]} to {span[1]} was asked for before, and is merged.")
        return
    rows = sum(d.new_rows for d in done)
    out.print(f"{len(done)} parts, {sum(d.fetched_n for d in done)} answers fetched, {rows:,} new rows. Readers see them after the next")
    out.print(as_typed(f"  rotation run --sources {mode}"), soft_wrap=True)


def _compared(found: "Rebuilt", mode: Mode, install: bool, kept_as: str) -> None:
    out.print(f"{found.landings_n} landings replayed out of {settings().journal(mode)}, without a network.")
    for provider in found.skipped:
        out.print(f"[yellow]left out[/yellow] {provider}: no reader of it is here any more")
    for problem in found.broken:
        out.print(f"[red]gate closed[/red] {escape(problem)}")
    if found.run_id is None:
        out.print("Nothing was ever published: there are no hashes to compare with.")
    elif not found.tables_n:
        out.print("Nothing was compared: the models could not be built.")
    elif not found.differences:
        out.print(f"[green]The same[/green]: {found.tables_n} tables of marts and reference have the hashes of run {found.run_id[:8]}.")
    else:
        table = Table("table", "rows", "published", "why", title=f"Not as published by run {found.run_id[:8]}", title_justify="left")
        for one in found.differences:
            table.add_row(one.table, f"{one.rows_n:,}", f"{one.published_rows_n:,}", escape(one.why))
        out.print(table)
        out.print(
            "Same archive, other tables: code, seeds or libraries have changed since. The manifest names the git revision it was made with."
        )
    if install and found.is_same:
        out.print(f"It is the working file now; the one before it is kept as {kept_as}.", soft_wrap=True)
    elif found.is_same:
        out.print(as_typed(f"The rebuilt working file is {found.file}. `rotation rebuild --install` puts it in place."), soft_wrap=True)
