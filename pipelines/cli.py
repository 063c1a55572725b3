"""`rotation …`: a thin face on the Dagster definitions and on the published file. Not for anything they do themselves."""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from pipelines.alerts.command import alert, tell_of_run, told
from pipelines.assistants.command import mcp
from pipelines.checks.explain import explain
from pipelines.ending import ending
from pipelines.history import backfill, rebuild
from pipelines.report import desk
from pipelines.report.answer import read_answer
from pipelines.report.asking import sql
from pipelines.report.blocked import show_stopped, stopped_runs
from pipelines.report.export import export
from pipelines.report.indicators import indicators
from pipelines.report.lake import lake
from pipelines.report.page.command import report
from pipelines.report.reading import reading
from pipelines.report.server import postgres
from pipelines.report.shell import shell
from pipelines.report.terminal import next_steps, show
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import read_only
from pipelines.settings import Mode, settings
from pipelines.typed import as_typed
from pipelines.typed_day import typed_day
from pipelines.waiting import Wait, Waiting

app = typer.Typer(
    help="Rotation: are US small caps taking the lead from large caps? Each day, with receipts. Begin with `run`: it ends by saying what comes next.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
PUBLISHED_BUT = 3  # exit code of a run whose file is published, and PostgreSQL or the lake does not have it
out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Sources = Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market: simulated and offline, or the real providers.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]


def _day(text: str | None) -> date | None:
    return None if text is None else typed_day(text)


@app.command(cls=Waiting)
def run(
    sources: Sources = None,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD: use only what was known on this day.")] = None,
    mirror: Annotated[str | None, typer.Option(help="Send requests for https://HOST/PATH to MIRROR/HOST/PATH.")] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help='CHECK="reason": pass over one check once; the reason is published. Gate 1: CHECK:SERIES="reason".'),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Ask for everything again, as the first run did; what differs is a revision, nothing is replaced."),
    ] = False,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Fetch, check, model, check and publish; then say what it looks like."""
    from pipelines import progress, runner

    mode: Mode = sources or settings().sources
    accepted = {}
    for one in accept or []:
        check, sign, reason = one.partition("=")
        if not sign or not reason.strip():
            raise typer.BadParameter(f"expected CHECK=REASON, found {one!r}", param_hint="--accept")
        accepted[check] = reason.strip()
    config = runner.run_config(mode, _day(as_of), mirror, accepted, wait_s=wait, force=force)
    started = time.perf_counter()
    if mode == "sample" and not as_json:
        out.print(
            "[bold red]SIMULATED market[/bold red]: generated prices, for trying the pipeline. Nothing it says is about the real market."
        )
    with err.status("starting") as status:

        def listen(kind: str, text: str) -> None:
            if kind in ("step", "note"):
                status.update(escape(text))
            elif kind == "asset":
                err.print(f"  [green]✓[/green] {escape(text)}")
            else:
                err.print(f"  [yellow]![/yellow] {escape(text)}")

        with progress.listening(listen), told(mode):
            outcome = runner.run(config)
    if not outcome.is_published:
        tell_of_run(mode, outcome.run_id, outcome.failures, outcome.checks)
        _stopped(outcome.failures, mode, as_json, outcome.run_id)
    answer = read_answer(settings().published(mode))
    if as_json:
        print(
            json.dumps(
                {
                    "run_id": outcome.run_id,
                    "published": True,
                    "warnings": outcome.warnings,
                    "failures": outcome.failures,
                    "answer": json.loads(answer.as_json()),
                },
                indent=2,
            )
        )
        raise typer.Exit(PUBLISHED_BUT if outcome.failures else 0)
    seconds = time.perf_counter() - started
    show(answer, out)
    for warning in outcome.warnings:
        out.print(f"[yellow]warning[/yellow] {escape(as_typed(warning))}")
    out.print(f"\nPublished in {seconds:.0f} s: [bold]{answer.database}[/bold]", soft_wrap=True)
    next_steps(mode, out)
    for failure in outcome.failures:
        err.print(f"[red]published as a file, but not further:[/red] {escape(as_typed(failure))}", soft_wrap=True)
    raise typer.Exit(PUBLISHED_BUT if outcome.failures else 0)


def _stopped(failures: tuple[str, ...], mode: Mode, as_json: bool, run_id: str) -> None:
    manifest = Publication(settings().published(mode)).manifest()
    stands = f"the publication as of {manifest['as_of_date']} stands unchanged" if manifest else "nothing has been published yet"
    if as_json:
        print(json.dumps({"run_id": run_id, "published": False, "failures": failures, "stands": stands}, indent=2))
    else:
        err.print(
            Panel(
                "\n\n".join(escape(as_typed(f)) for f in failures) or "The run failed; see its log in the UI.",
                title="Not published",
                border_style="red",
            )
        )
        err.print(as_typed(f"{stands}. `rotation explain --sources {mode}` shows the rows and the SQL."), soft_wrap=True)
    raise typer.Exit(1)


@app.command()
def status(sources: Sources = None, as_json: AsJson = False) -> None:
    """What is published, how fresh it is, and which gates each table passed."""
    mode = reading(sources, say=not as_json)
    publication = Publication(settings().published(mode))
    if not publication.database.exists():
        show_stopped(settings(), mode, out if not as_json else err)
    answer = read_answer(publication.folder)
    manifest = publication.manifest() or {}
    with read_only(publication.database) as connection:
        checks = connection.execute(
            "select table_name, count(*), count(*) filter (passed) from quality.check_results where run_id = ? group by all",
            [manifest["run_id"]],
        ).fetchall()
        freshness = connection.execute(
            "select series_id, is_required, status, last_observation::varchar, expected_by::varchar, sessions_late "
            "from quality.freshness order by is_required desc, series_id"
        ).fetchall()
    passed = {name: (n, ok) for name, n, ok in checks}
    if as_json:
        names = ("series_id", "is_required", "status", "last_observation", "expected_by", "sessions_late")
        told = {"manifest": manifest, "freshness": [dict(zip(names, row, strict=True)) for row in freshness]}
        print(json.dumps(told | {"blocked_since": stopped_runs(settings(), mode)}, indent=2))
        return
    mark = "[bold red]SIMULATED[/bold red] " if answer.provenance == "simulated" else ""
    out.print(
        f"{mark}{mode} publication {manifest['run_id'][:8]} as of {answer.as_of_date}, made {manifest['created_at']}: {publication.database}"
    )
    show_stopped(settings(), mode, out)
    table = Table("table", "rows", "checks passed", title="Published tables", title_justify="left")
    table.columns[1].justify = "right"
    for name, facts in manifest["tables"].items():
        n, ok = passed.get(name, (0, 0))
        table.add_row(name, f"{facts['rows']:,}", f"{ok} of {n}" if n else "–")
    out.print(table)
    table = Table("series", "", "status", "last observation", "expected by", "sessions late", title="Freshness", title_justify="left")
    for series_id, required, state, last, expected, late in freshness:
        colour = "green" if state == "fresh" else "yellow" if not required else "red"
        table.add_row(
            series_id,
            "required" if required else "",
            f"[{colour}]{state}[/{colour}]",
            last or "never",
            expected or "–",
            str(late if late is not None else "–"),
        )
    out.print(table)
    out.print(f"Kept for rollback: {', '.join(r[:8] for r in publication.releases())}")


@app.command()
def audit(
    file: Annotated[Path | None, typer.Argument(help="CSV of claims (form: docs/method/claims.md); default: the published audit.")] = None,
    sources: Sources = None,
    sql: Annotated[bool, typer.Option("--sql", help="The SQL that shows each claim, too.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write the findings to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hold an article's claims against the warehouse: what was said, what is found, by which definition."""
    from pipelines.audit.claims import ClaimsError
    from pipelines.audit.terminal import as_json as shown
    from pipelines.audit.terminal import findings, show_findings

    mode = reading(sources, say=not as_json)
    with read_only(settings().published(mode) / "rotation.duckdb") as connection:
        try:
            found = findings(connection, file)
        except ClaimsError as problem:
            err.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True)
            raise typer.Exit(2) from None
    if csv is not None:
        from pipelines.report.safe_csv import safe_csv

        try:
            csv.write_text(safe_csv(found), encoding="utf-8", newline="")
        except OSError as problem:
            err.print(f"[red]The findings cannot be written to {escape(str(csv))}: {escape(str(problem))}[/red]", soft_wrap=True)
            raise typer.Exit(2) from None
        err.print(f"written: {escape(str(csv))}", soft_wrap=True)
    if as_json:
        print(shown(found))
    elif csv is None or sql:
        show_findings(found, out, sql)


@app.command()
def rollback(
    run: Annotated[str | None, typer.Argument(help="Run to go back to; default: the one before.")] = None, sources: Sources = None
) -> None:
    """Put an earlier publication back in front of readers."""
    from pipelines.assets.release import go_back
    from pipelines.resources.run import Alone

    mode = reading(sources)
    publication = Publication(settings().published(mode))
    with Alone(settings(), mode, "a rollback"):
        publication.settle()
        target = run or publication.previous()
        matching = [r for r in publication.releases() if r.startswith(target)]
        go_back(publication, matching[0] if len(matching) == 1 else target)
    manifest = publication.manifest() or {}
    out.print(f"Readers of the {mode} market now see run {manifest['run_id'][:8]}, as of {manifest['as_of_date']}.", soft_wrap=True)


app.command()(desk.sources)
app.command()(desk.doctor)
app.command()(report)
app.command()(explain)
app.command()(alert)
app.command()(backfill)
app.command()(rebuild)
app.command()(mcp)
app.command()(sql)
app.command()(indicators)
app.command()(shell)
app.command()(export)
app.command()(postgres)
app.command()(lake)


@app.command()
def ui() -> None:
    """Open the Dagster UI on a loopback address (the settings ROTATION_UI_HOST and ROTATION_UI_PORT change it)."""
    import os

    from pipelines.runner import instance_home

    os.environ["DAGSTER_HOME"] = str(instance_home())
    host, port = settings().ui_host, settings().ui_port
    if host not in ("127.0.0.1", "localhost", "::1"):
        err.print(
            f"[yellow]The UI is open to every machine that can reach {host}: it has no password, and who opens it can start runs.[/yellow]"
        )
    out.print(
        f"The UI will be at http://{host}:{port}, once the lines below say that it is served: up to a minute. Ctrl-C ends it. "
        "There, Lineage > Materialize all does what `make run` does."
    )
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.environ["PYTHONWARNINGS"] = "ignore:Function"  # the command's own note that it has a successor
    os.execv(dagster, [dagster, "dev", "-h", host, "-p", str(port)])  # noqa: S606


def main() -> None:
    """Entry point."""
    ending(app)


if __name__ == "__main__":
    main()
