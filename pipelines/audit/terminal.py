"""Findings drawn for a terminal, as JSON and as CSV. Not for what they say (verdict.py)."""

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.audit.claims import read_claims
from pipelines.audit.engine import as_frame, audit
from pipelines.audit.measures import MeasureError

COLOURS = {"reproduced": "green", "contradicted": "red", "definition_dependent": "yellow", "stale": "yellow", "not_testable": "dim"}


def findings(connection: duckdb.DuckDBPyConnection, file: Path | None) -> pl.DataFrame:
    """The findings on the claims of a file; without one, those that were published.

    Raises:
        ClaimsError: the file cannot be used.
        MeasureError: a measure does not fit the publication.
    """
    try:
        if file is None:
            published: pl.DataFrame = connection.sql("select * from marts.fct_claim_audit order by claim_no").pl()
            return published
        return as_frame(audit(connection, read_claims(file)))
    except duckdb.CatalogException as problem:
        said = str(problem).splitlines()[0]
        raise MeasureError(
            f"This publication was made before claims could be audited ({said}). Make a new one with `rotation run`."
        ) from None


def show_findings(found: pl.DataFrame, out: Console, with_sql: bool) -> None:
    """Claim, said, found, verdict, and why."""
    simulated = (found["provenance"] == "simulated").any()
    mark = "[bold red]SIMULATED[/bold red] " if simulated else ""
    table = Table("claim, and why the verdict", title=f"{mark}Claims as of their day", title_justify="left", show_lines=True)
    table.add_column("said", justify="right", no_wrap=True)
    table.add_column("found", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in found.to_dicts():
        unit = "" if row["unit"] == "yes/no" else f"\n{row['unit']}"
        colour = COLOURS[row["verdict"]]
        table.add_row(
            f"[bold]{escape(row['statement'])}[/bold] [dim]({escape(row['claim_id'])}, {row['reported_as_of']})[/dim]\n{escape(row['explanation'])}",
            escape(f"{row['reported_text']}{unit}"),
            escape(row["computed_text"] or "–"),
            f"[{colour}]{row['verdict'].replace('_', ' ')}[/{colour}]",
        )
    out.print(table)
    counts = found["verdict"].value_counts(sort=True).rows()
    out.print(f"{mark}{len(found)} claims: {', '.join(f'{n} {verdict}' for verdict, n in counts)}")
    if with_sql:
        for row in found.filter(pl.col("evidence_sql").is_not_null()).to_dicts():
            out.print(escape(f"\n-- {row['claim_id']}: {row['statement']}\n{row['evidence_sql']};"), soft_wrap=True)


def as_json(found: pl.DataFrame) -> str:
    """Findings as JSON; numbers as numbers."""
    return json.dumps(found.to_dicts(), default=lambda v: float(v) if isinstance(v, Decimal) else str(v), indent=2, ensure_ascii=False)
