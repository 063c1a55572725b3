"""What a landing did, written to the quality tables: pulls, check results, rejected rows. Not for deciding anything."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from pipelines.assets.landing.batch import Batch, Counts, Pull, Scope
from pipelines.assets.landing.outcome import CheckOutcome, message
from pipelines.checks.expectations import expectations
from pipelines.checks.stories import ANSWERED
from pipelines.contracts import contracts
from pipelines.resources.blocked import KEPT_ROWS, Closed
from pipelines.resources.log import CheckRow, append, append_checks
from pipelines.sources.drop import DropRefused, table_of

SAMPLE_ROWS = 10
MOST_PROBLEMS = 1000  # of a refused file; all of them are listed beside it


def sample(check: CheckOutcome) -> str:
    """Some failing rows, as a JSON list."""
    return "[" + ", ".join(check.failing_rows["row_json"].head(SAMPLE_ROWS).to_list()) + "]"


def closed_by(series: str, first_table: str, batches: Sequence[Batch], reason: str) -> list[Closed]:
    """The checks that a required series failed, each with its rows and the expectations that found them; else the answer that did not come."""
    found = []
    for check in (c for b in batches for c in b.checks if series in c.stopped_series):
        rows = check.failing_rows.filter(pl.col("_series") == series)
        told = [f"{e.type} {e.arguments}" for e in expectations(contracts()[check.table]) if e.check == check.check]
        kept = "[" + ", ".join(rows["row_json"].head(KEPT_ROWS).to_list()) + "]"
        said = message(check.table, check.check, check.observed, [series])
        found.append(Closed("gate 1", f"raw.{check.table}", check.check, said, series, rows.height, kept, "; ".join(told)))
    said = reason if reason.startswith(series) else f"{series} for raw.{first_table}: {ANSWERED} failed: {reason}"
    return found or [Closed("gate 1", f"raw.{first_table}", ANSWERED, said, series)]


def log_checks(connection: duckdb.DuckDBPyConnection, scope: Scope, checks: Sequence[CheckOutcome]) -> None:
    """One row a check of gate 1."""
    append_checks(
        connection,
        [
            CheckRow(
                "gate 1",
                f"raw.{c.table}",
                c.check,
                c.is_blocking or c.passed,
                c.passed,
                c.observed,
                c.failing_rows.height,
                sample(c),
                {f"{c.check}:{series}": reason for series, reason in c.accepted.items()},
            )
            for c in checks
        ],
        run_id=scope.run_id,
        as_of=scope.as_of,
        now=scope.now,
        provenance=scope.provenance,
    )


def log_rejected(connection: duckdb.DuckDBPyConnection, scope: Scope, batches: Sequence[Batch]) -> None:
    """Every row a check of gate 1 rejected, with the reason."""
    for batch in batches:
        for check in batch.checks:
            if check.failing_rows.height:
                said = pl.col("reason") if "reason" in check.failing_rows.columns else pl.lit(check.observed)
                rows = check.failing_rows.filter(~pl.col("_series").is_in(list(check.accepted))).select(
                    run_id=pl.lit(scope.run_id),
                    table_name=pl.lit(f"raw.{batch.contract.name}"),
                    source=pl.col("_series"),
                    reason=pl.format("{}: {}", pl.lit(check.check), said),
                    row_json=pl.col("row_json"),
                    quarantined_at=pl.lit(scope.now.replace(tzinfo=None), pl.Datetime("us")),
                    provenance=pl.lit(scope.provenance),
                )
                append(connection, "quarantine", rows)


def log_refused(connection: duckdb.DuckDBPyConnection, scope: Scope, pulls: Sequence[Pull]) -> None:
    """A dropped file that is refused: a row a problem, or one of the whole file where it has no lines to name."""
    for pull in pulls:
        if not isinstance(pull.error, DropRefused):
            continue
        listed = pull.error.problems.head(MOST_PROBLEMS).to_dicts()
        rows = [({"_line": p["line"], "_column": p["column"], p["column"]: p["value"]}, p["reason"]) for p in listed]
        rest = pull.error.problems.height - len(listed)
        if rest or not rows:
            rows.append(({"sha256": pull.receipts[-1].sha256}, f"{pull.error.found}; expected {pull.error.expected}"))
        append(
            connection,
            "quarantine",
            [
                {
                    "run_id": scope.run_id,
                    "table_name": table_of(pull.series.series_id),
                    "source": pull.series.series_id,
                    "reason": f"refused: {reason}",
                    "row_json": json.dumps(row, ensure_ascii=False),
                    "quarantined_at": scope.now.replace(tzinfo=None),
                    "provenance": scope.provenance,
                }
                for row, reason in rows
            ],
        )


def log_pulls(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    pulls: Sequence[Pull],
    batches: Sequence[Batch],
    counts: Mapping[str, Mapping[str, Counts]],
    failing: Mapping[str, str],
) -> None:
    """One row a series and table, or one without a table where nothing came; and what became of the histories."""
    rows = []
    for pull in pulls:
        sid = pull.series.series_id
        receipt = pull.receipts[-1] if pull.receipts else None
        base = {
            "run_id": scope.run_id,
            "as_of_date": scope.as_of,
            "source": pull.series.provider,
            "series_id": sid,
            "request": "; ".join(r.request for r in pull.receipts),
            "pulled_at": (receipt.pulled_at if receipt else scope.now).replace(tzinfo=None),
            "bytes": sum(r.size_bytes for r in pull.receipts),
            "sha256": receipt.sha256 if receipt else None,
            "provenance": scope.provenance,
        }
        if pull.error is not None:
            rows.append(base | {"status": "failed", "message": str(pull.error)})
        if pull.not_asked is not None:
            rows.append(base | {"status": "not_asked", "message": pull.not_asked})
        for batch in (b for b in batches if b.contract.name in pull.frames):
            count = counts.get(batch.contract.name, {}).get(sid, Counts(0, 0, 0))
            status = "set_aside" if sid in failing else "merged" if count.new_rows + count.revised_rows else "unchanged"
            rows.append(
                base
                | {
                    "table_name": f"raw.{batch.contract.name}",
                    "status": status,
                    "rows": count.rows,
                    "new_rows": count.new_rows,
                    "revised_rows": count.revised_rows,
                    "later_rows": batch.later_rows.get(sid, 0),
                    "withdrawn_rows": batch.withdrawn_rows.get(sid, 0),
                    "message": failing.get(sid, pull.form),
                }
            )
    append(connection, "source_pulls", rows)
    told = {
        "run_id": scope.run_id,
        "as_of_date": scope.as_of,
        "detected_at": scope.now.replace(tzinfo=None),
        "provenance": scope.provenance,
    }
    append(connection, "history_events", [told | event.row() for batch in batches for event in batch.events])
    append(connection, "asked_spans", [_span(scope, p) for p in pulls if p.asked_to and p.series.series_id not in failing])


def _span(scope: Scope, pull: Pull) -> dict[str, Any]:
    """The days that were asked for and whose answer was merged: a backfill does not ask for them again."""
    return {
        "run_id": scope.run_id,
        "source": pull.series.provider,
        "series_id": pull.series.series_id,
        "first_day": pull.asked_from,
        "last_day": pull.asked_to,
        "pulled_at": (pull.receipts[-1].pulled_at if pull.receipts else scope.now).replace(tzinfo=None),
        "provenance": scope.provenance,
    }
