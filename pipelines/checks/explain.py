"""`rotation explain`: a check that fired, its failing rows, the SQL that finds them, its story and cure. Not for what is published (status)."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.checks.models import BY_KIND, NOT_NULL, ModelTest, model_tests
from pipelines.checks.story import Story
from pipelines.resources.blocked import blocked_runs
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import Mode, Settings, settings

if TYPE_CHECKING:
    from pipelines.checks.verdicts import Reconciliation

out = Console(highlight=False)
WIDEST = 8  # columns of a table of rows


@dataclass(frozen=True)
class Fired:
    """One check that did not hold in one run."""

    run_id: str
    gate: str
    table: str
    check: str
    source: str | None
    stopped: bool
    observed: str
    rows_n: int | None
    rows: list[dict[str, Any]]
    shown_by: str


def explain(
    check: Annotated[str | None, typer.Argument(help="Name of a check; default: all that fired in the run.")] = None,
    run: Annotated[
        str | None, typer.Option(help="Run, its first letters do; default: the newest blocked one, else the published one.")
    ] = None,
    sources: Annotated[Literal["sample", "live"] | None, typer.Option(help="Which market.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
) -> None:
    """Show the rows a check stopped or warned of, the SQL that finds them, what it guards against, and what to do."""
    mode: Mode = sources or ("live" if Publication(settings().published("live")).database.exists() else "sample")
    found = [f for f in fired(settings(), mode, run) if check in (None, f.check)]
    stories = _stories()
    if check is not None and check not in stories:
        raise WarehouseError(f"There is no check {check!r}. All of them stand in docs/checks.md.")
    if as_json:
        told = [vars(f) | {"story": vars(_story(f.check, stories))} for f in found]
        print(json.dumps({"simulated": mode == "sample", "fired": told}, indent=2, default=str))
        return
    mark = "[bold red]SIMULATED[/bold red] " if mode == "sample" else ""
    if not found:
        out.print(f"{mark}{f'{check} has not fired' if check else 'No check has fired'} in the run looked at.")
        if check is not None:
            _show_story(stories[check], _sql(check))
    for one in found:
        _show(one, _story(one.check, stories), mark)


def fired(settings: Settings, mode: Mode, run: str | None) -> list[Fired]:
    """What fired in a run: a blocked one, told beside the working file, or one that was published.

    Raises:
        WarehouseError: no such run is kept.
    """
    seen = Publication(settings.published(mode)).manifest() or {}
    kept = blocked_runs(settings, mode)
    blocked = [told for told in kept if told[0]["run_id"].startswith(run)] if run else [
        told for told in kept if told[0]["readers_run_id"] == seen.get("run_id")
    ]  # fmt: skip
    if blocked:
        return [_of_blocked(one) for one in blocked[0]]
    if not seen:
        raise WarehouseError(
            f"Nothing of the {mode} market is published, and no blocked run is kept. Make one with `rotation run --sources {mode}`."
        )
    with read_only(Publication(settings.published(mode)).database) as connection:
        wanted = run or seen["run_id"]
        known = connection.execute("select count(*) from quality.check_results where starts_with(run_id, ?)", [wanted]).fetchall()[0][0]
        if not known:
            raise WarehouseError(
                f"There is no run {run!r} among the published ones, nor among the last blocked ones. See quality.check_results."
            )
        rows = connection.execute(
            "select run_id, gate, table_name, check_name, severity = 'block', observed, failing_rows_n, sample from quality.check_results "
            "where starts_with(run_id, ?) and not passed order by gate, table_name, check_name",
            [wanted],
        ).fetchall()
    return [Fired(r, g, t, c, None, s, o, n, json.loads(sample or "[]"), _sql(c)) for r, g, t, c, s, o, n, sample in rows]


def _of_blocked(one: dict[str, Any]) -> Fired:
    rows = json.loads(one["sample"] or "[]")
    return Fired(
        one["run_id"], one["gate"], one["table_name"], one["check_name"], one["source"], True, one["reason"], one["failing_rows_n"], rows, one["shown_by"] or ""
    )  # fmt: skip


def _tests() -> dict[str, ModelTest]:
    return {t.name: t for t in model_tests(json.loads(ensure_manifest(settings()).read_text(encoding="utf-8")))}


def _of_gate_3() -> "tuple[Reconciliation, ...]":
    from pipelines.checks.reconciliation import EVERY  # loaded when a check is explained: every command imports this module
    from pipelines.checks.remarks import REMARKS

    return (*EVERY, *REMARKS)


def _stories() -> dict[str, Story]:
    from pipelines.checks.stories import STORIES

    of_gate_3 = {c.name: Story(c.guards_against, c.cure, c.threshold, c.severity) for c in _of_gate_3()}
    return STORIES | {name: test.story for name, test in _tests().items()} | of_gate_3


def _story(check: str, stories: dict[str, Story]) -> Story:
    return stories.get(check, NOT_NULL)  # a model that could not be built has no test of its name


def _sql(check: str) -> str:
    """The SQL of a check of gate 3; of a dbt test, where its SQL is."""
    own = {c.name: c.sql for c in _of_gate_3()}
    if check in own:
        return own[check]
    test = _tests().get(check)
    if test is None:
        return ""
    return f"dbt_project/{test.file}" + (f", macro test_{test.kind}: {'; '.join(test.rules)}" if test.kind in BY_KIND else "")


def _show(one: Fired, story: Story, mark: str) -> None:
    of = f" ({one.source})" if one.source else ""
    state = "[red]stopped[/red]" if one.stopped else "[yellow]warned[/yellow]"
    out.print(f"\n{mark}[bold]{one.check}[/bold] of {one.table}{of}: {one.gate}, {state} run {one.run_id[:8]}")
    out.print(f"  {escape(one.observed)}")
    _show_story(story, one.shown_by)
    if one.rows:
        _show_rows(one, mark)


def _show_rows(one: Fired, mark: str) -> None:
    total = f" of {one.rows_n:,}" if one.rows_n else ""
    title = f"{mark}{len(one.rows):,}{total} failing rows"
    columns = list(dict.fromkeys(name for row in one.rows for name in row))
    if len(columns) > WIDEST:  # no terminal is wide enough
        out.print(title)
        for row in one.rows:
            out.print("  " + escape(", ".join(f"{k}: {v}" for k, v in row.items() if v is not None)), soft_wrap=True)
        return
    table = Table(*columns, title=title, title_justify="left")
    for row in one.rows:
        table.add_row(*("" if row.get(c) is None else escape(str(row[c])) for c in columns))
    out.print(table)


def _show_story(story: Story, shown_by: str) -> None:
    out.print(f"  [bold]guards against[/bold] {escape(story.guards_against)}")
    out.print(f"  [bold]what to do[/bold] {escape(story.cure)}")
    if story.threshold:
        out.print(f"  [bold]threshold[/bold] {escape(story.threshold)}")
    if shown_by:
        out.print("  [bold]found by[/bold]")
        out.print(escape(shown_by), soft_wrap=True)
