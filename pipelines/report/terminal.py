"""The answer drawn for a terminal. Not for what it says (answer.py)."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from pipelines.report.answer import Answer
from pipelines.settings import Mode
from pipelines.typed import as_typed

# What each gate looks at, in the words of the answer.
GATES = {
    "gate 1": "what came in: readable, keys, limits, sessions, jumps without a split, agreement of sources",
    "gate 2": "the tables built: contracts, keys, relations, identities",
    "gate 3": "the finished file: against itself, the raw data, the calendar and the last publication",
}


def _number(value: Any, form: str) -> str:
    return "–" if value is None else format(value, form)


def show(answer: Answer, out: Console) -> None:
    """Draw the answer of a run."""
    simulated = answer.provenance == "simulated"
    mark = "[bold red]SIMULATED[/bold red] " if simulated else ""
    out.print()
    out.print(
        Panel(
            escape(answer.headline),
            title=f"{mark}as of {answer.as_of_date}, session {answer.session_date}",
            border_style="red" if simulated else "blue",
        )
    )
    table = Table(
        "horizon", "Russell 2000 %", "S&P 500 %", "difference, pp", "multiple", title=f"{mark}Small against large", title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for h in answer.horizons:
        table.add_row(
            h["horizon"],
            _number(h["small_return_pct"], "+.3f"),
            _number(h["large_return_pct"], "+.3f"),
            _number(h["excess_pp"], "+.3f"),
            _number(h["multiple"], ".2f"),
        )
    out.print(table)
    for sentence in answer.sentences:
        out.print(f"• {mark}{escape(sentence)}")
    out.print()
    for g in answer.gates:
        warned = f", [yellow]{g['warned_n']} warned[/yellow]" if g["warned_n"] else ""
        out.print(f"{g['gate']}: {g['passed_n']} of {g['checks_n']} checks passed{warned} ({GATES[g['gate']]})")
    for w in answer.warned:
        out.print(f"[yellow]{w['check_name']}[/yellow] of {w['table_name']} warns: {escape(' '.join(w['observed'].split())[:200])}")
    if answer.stale:
        listed = ", ".join(f"{s['series_id']} ({s['status']}, last {s['last_observation'] or 'never'})" for s in answer.stale)
        out.print(f"[yellow]Late or missing, so not in the answer or with its last good data:[/yellow] {escape(listed)}")
    for c in answer.changed_by_provider:
        out.print(
            f"[yellow]Provider changed[/yellow] {escape(c['series_id'])} in {c['table_name']}: {c['revised_rows']:,} rows revised (both versions kept), "
            f"{c['withdrawn_rows']:,} withdrawn (ours stay)"
        )
    for check, reason in answer.accepted.items():
        out.print(f"[yellow]Published although {escape(check)} failed:[/yellow] {escape(reason)}")


# What leads on from an answer, nearest first: the page, a question, the UI, files, BI, assistants.
NEXT = (
    ("rotation report --open", "the page of the day: every picture with its definition and SQL"),
    ("rotation shell", "ask in SQL, with completion and the cookbook's questions; .help says how"),
    ('rotation sql "from marts.dim_metric"', "one question: here, what each metric means; `make sql` lists the tables"),
    ("rotation export", "an Excel workbook of the day; with --format parquet or csv the tables as files"),
    ("rotation status", "what is published, how fresh, which gates passed"),
    ("rotation ui", "lineage, checks and plots in the browser"),
    ("rotation mcp", "an AI assistant reads it: docs/bi/assistants.md"),
)
LIVE = ("rotation run --sources live", "the real market (asks Yahoo, FRED, Kenneth French, Shiller)")
BI = "BI tools, notebooks, spreadsheets: open the file above, read-only; steps for each: docs/bi/README.md"


def next_steps(mode: Mode, out: Console) -> None:
    """What a newcomer may try now; each command stands on the screen as it is typed."""
    steps = (*NEXT, LIVE) if mode == "sample" else NEXT
    typed = [(as_typed(command), what) for command, what in steps]
    width = max(len(command) for command, _ in typed)
    out.print("\nTry next:")
    for command, what in typed:
        out.print(f"  {command:<{width}}  {escape(what)}", soft_wrap=True)
    out.print(f"  {BI}", soft_wrap=True)
