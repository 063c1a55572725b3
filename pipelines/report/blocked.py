"""Since when readers see older data, and by which check: for `rotation status`. Not for the rows and the SQL (checks/explain.py)."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipelines.resources.blocked import blocked_since
from pipelines.resources.publication import Publication
from pipelines.settings import Mode, Settings
from pipelines.typed import as_typed


def stopped_runs(settings: Settings, mode: Mode) -> list[dict[str, Any]]:
    """Every run that was stopped while readers saw what they see now, newest first, with what closed."""
    keys = ("gate", "check_name", "table_name", "source", "failing_rows_n", "reason")
    return [
        {k: run[0][k] for k in ("run_id", "as_of_date", "blocked_at")} | {"closed": [{k: one[k] for k in keys} for one in run]}
        for run in blocked_since(settings, mode)
    ]


def since_when(settings: Settings, mode: Mode) -> str:
    """What readers see and since when, in a sentence or two."""
    manifest = Publication(settings.published(mode)).manifest()
    seen = (
        f"readers see the publication as of {manifest['as_of_date']} made at {manifest['created_at']}"
        if manifest
        else "nothing is published yet"
    )
    runs = stopped_runs(settings, mode)
    if not runs:
        return f"{seen}; no run was blocked since"
    newest, first = runs[0], runs[0]["closed"][0]
    more = f" and {len(newest['closed']) - 1} more" if len(newest["closed"]) > 1 else ""
    of = f" ({first['source']})" if first["source"] else ""
    return (
        f"{seen}; runs blocked since then: {len(runs)}, the newest {newest['run_id'][:8]} as of {newest['as_of_date']} at {newest['blocked_at']} UTC "
        f"by {first['gate']}, check {first['check_name']} of table {first['table_name']}{of}{more}"
    )


def show_stopped(settings: Settings, mode: Mode, out: Console) -> None:
    """The sentence, and a sample of the rows of the newest run."""
    runs = blocked_since(settings, mode)
    mark = "[bold red]SIMULATED[/bold red] " if mode == "sample" else ""
    said = since_when(settings, mode)
    out.print(f"{mark}[yellow]{escape(said)}.[/yellow]" if runs else f"{mark}{escape(said)}.")
    for one in runs[0] if runs else ():
        rows = json.loads(one["sample"] or "[]")
        out.print(
            f"  {one['check_name']} of {one['table_name']}: {escape(json.dumps(rows[0], ensure_ascii=False)) if rows else escape(one['reason'])}"
        )
    if runs:
        out.print(as_typed("  rotation explain says what it guards against, what to do, and shows the rows and the SQL."))
