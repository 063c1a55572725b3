"""The set-up examined before a run: what, why it matters, and the cure, for `rotation doctor`. Not for mending anything."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape

from pipelines.report import belongings, lake, machine, server
from pipelines.report.finding import Finding, good
from pipelines.resources.clock import Clock
from pipelines.settings import Settings, SettingsError, load_settings
from pipelines.typed import as_typed

LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    belongings.keys,
    belongings.folders,
    belongings.left_behind,
    belongings.drops,
    machine.disk,
    machine.memory,
    machine.versions,
    belongings.catalogue,
    belongings.project,
    belongings.mirror,
    machine.ports,
    server.examined,
    lake.examined,
)


def examine(clock: Clock | None = None) -> list[Finding]:
    """Everything that can be looked at. Where the settings cannot be read, nothing else is."""
    try:
        settings = load_settings()
    except SettingsError as problem:
        return [Finding("settings", "fatal", str(problem), "Nothing runs with settings that were meant otherwise.", "Correct it as said.")]
    found = [good("settings", f"default market {settings.sources}, warehouse {settings.warehouse}")]
    now = (clock or Clock()).now()
    for told in (*(list(look(settings)) for look in LOOKS), list(machine.clock(settings, now))):
        found += [f for f in told if f.state != "good"] or told
    return found


def show(findings: list[Finding], out: Console) -> None:
    """What is well on one line each, what is not with its cure."""
    marks = {"good": "[green]✓[/green]", "warning": "[yellow]![/yellow]", "fatal": "[red]✗[/red]"}
    for one in findings:
        out.print(f"{marks[one.state]} [bold]{one.subject}[/bold] {escape(one.what)}")
        if one.state != "good":
            out.print(f"    why   {escape(as_typed(one.why))}\n    cure  {escape(as_typed(one.cure))}")
    fatal, warnings = (sum(f.state == s for f in findings) for s in ("fatal", "warning"))
    out.print(f"\n{'A run would fail.' if fatal else 'A run can start.'} {fatal} fatal, {warnings} to know about.")
