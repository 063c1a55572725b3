"""From the built candidate to what readers open: gate 3 and the publication as assets.

Not for the checks themselves (checks/reconciliation.py) or for making and bringing out the release (release.py).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl

from pipelines.assets.release import bring_out, release
from pipelines.assets.told import AFTER_THE_CLOSE, OWNERS, failing_rows, first_row, say_closed
from pipelines.checks import remarks
from pipelines.checks.past import past_changes
from pipelines.checks.reconciliation import EVERY, NAMES, reconcile
from pipelines.checks.verdicts import Verdict, as_json
from pipelines.progress import tell
from pipelines.report.answer import read_answer
from pipelines.report.page import html
from pipelines.resources import blocked
from pipelines.resources.log import CheckRow, append, append_checks
from pipelines.resources.publication import Publication
from pipelines.resources.run import RunOptions, as_of_day
from pipelines.settings import ROOT

CANDIDATE, PUBLISHED = dg.AssetKey(["candidate", "warehouse"]), dg.AssetKey(["published", "warehouse"])


def candidate_asset(upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The candidate file, whole: marts from dbt and the logs of the gates; gate 3 judges it."""
    spec = dg.AssetSpec(
        CANDIDATE,
        deps=upstream,
        description="The finished file, not yet seen by readers. Gate 3 holds it against itself, the raw data, the calendar and the last publication.",
        group_name="publication",
        owners=OWNERS,
        kinds={"duckdb"},
        tags={"layer": "publication"},
        skippable=True,
    )
    checks = [
        dg.AssetCheckSpec(
            c.name, asset=CANDIDATE, blocking=c.severity == "block", description=f"{c.guards_against} {c.cure} {c.threshold}".strip()
        )
        for c in (*EVERY, *remarks.REMARKS)
    ]

    @dg.multi_asset(name="check_the_candidate", specs=[spec], check_specs=checks)
    def candidate(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[Any]:
        with options.warehouse.candidate() as connection:
            verdicts = reconcile(connection, options.warehouse.mode) + remarks.remark(connection)
            changed = past_changes(connection)
        closed = [v for v in verdicts if not v.passed and v.check.severity == "block" and v.check.name not in options.accept]
        _log(context, options, verdicts, closed, changed)
        if not closed:
            yield dg.MaterializeResult(CANDIDATE, metadata={"checks": len(verdicts)})
        by_name = {v.check.name: v for v in verdicts}
        for name in (*NAMES, *remarks.NAMES):
            verdict = by_name.get(name)
            accepted = options.accept.get(name)
            yield dg.AssetCheckResult(
                asset_key=CANDIDATE,
                check_name=name,
                passed=verdict is None or verdict.passed,
                severity=dg.AssetCheckSeverity.WARN if accepted or name in remarks.NAMES else dg.AssetCheckSeverity.ERROR,
                description="nothing was published before"
                if verdict is None
                else _finding(verdict) + (f" Accepted: {accepted}" if accepted else ""),
                metadata=failing_rows(verdict.failing_rows_n, verdict.sample) if verdict and not verdict.passed else {},
            )
        say_closed(context, [_finding(v) for v in closed])

    return candidate


def _answer(release: Path) -> list[str]:
    """What readers find in a release, in a few lines: does it look right?"""
    answer = read_answer(release)
    mark = "SIMULATED " if answer.provenance == "simulated" else ""
    late = ", ".join(f"{s['series_id']} ({s['status']})" for s in answer.stale)
    sentences = [f"- {mark}{s}" for s in (*answer.sentences, f"Late or missing series: {late or 'none'}.")]
    return [f"{mark}as of {answer.as_of_date}: {answer.headline}", "", *sentences]


@dataclass(frozen=True)
class Faces:
    """What a publication says of itself beside its tables: its page, and the answer the UI shows. Both read most marts."""

    page: Callable[[Path, dict[str, Any]], str] = html.written
    answer: Callable[[Path], list[str]] = _answer


def published_asset(faces: Faces | None = None) -> dg.AssetsDefinition:
    """What readers open."""
    shown = faces or Faces()

    @dg.asset(
        key=PUBLISHED,
        deps=[CANDIDATE],
        description="The published warehouse: one DuckDB file, the same tables as Parquet, the page (report.html) and the manifest. "
        "Replaced whole, after every gate passed, or not at all.",
        group_name="publication",
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        tags={"layer": "publication"},
        freshness_policy=AFTER_THE_CLOSE,
    )
    def publish(context: dg.AssetExecutionContext, options: RunOptions) -> dg.MaterializeResult[None]:
        publication = Publication(options.settings.published(options.warehouse.mode), tell)
        staged, manifest = release(context.run_id, options, publication, shown.page)
        told = shown.answer(staged)
        gone, left = bring_out(publication, staged, manifest, options.settings.keep_publications)
        if left:
            context.log.warning(left)
        return dg.MaterializeResult(
            metadata={
                "answer": told[0],
                "answer in full": dg.MetadataValue.md("\n".join(told)),
                "file": dg.MetadataValue.path(_short(publication.database)),
                "as of": manifest["as_of_date"],
                "market": manifest["source_mode"],
                "tables": len(manifest["tables"]),
                "dagster/row_count": sum(t["rows"] for t in manifest["tables"].values()),
                "kept for rollback": len(publication.releases()),
                "removed": len(gone),
                **({"not removed": left} if left else {}),
            }
        )

    return publish


def _short(path: Path) -> str:
    """From this checkout where the file is in it: the column of the UI is narrow."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _finding(verdict: Verdict) -> str:
    check = verdict.check
    if verdict.passed:
        return f"0 failing rows. Guards against: {check.guards_against}"
    rows = f"{verdict.failing_rows_n:,} rows, the first: {first_row(verdict.sample)[:400]}"
    return f"{check.table}: {check.name} failed ({rows}). It guards against: {check.guards_against} {check.cure}"


def _row(verdict: Verdict, accepted: str | None) -> CheckRow:
    """A verdict in the log of checks; `accepted`: the reason for which it stops nothing."""
    check, found = verdict.check, f"{verdict.failing_rows_n:,} failing rows" + (f"; accepted: {accepted}" if accepted else "")
    closes = check.severity == "block" and accepted is None
    passed_over = {check.name: accepted} if accepted else {}
    return CheckRow("gate 3", check.table, check.name, closes, verdict.passed, found, verdict.failing_rows_n, verdict.logged, passed_over)


def _log(
    context: dg.AssetExecutionContext, options: RunOptions, verdicts: Sequence[Verdict], closed: Sequence[Verdict], changed: pl.DataFrame
) -> None:
    now = options.clock.now()
    with options.warehouse.work() as connection:
        as_of = as_of_day(connection)
        accepted = {v.check.name: options.accept[v.check.name] for v in verdicts if not v.passed and v.check.name in options.accept}
        rows = [_row(v, accepted.get(v.check.name)) for v in verdicts]
        append_checks(connection, rows, run_id=context.run_id, as_of=as_of, now=now, provenance=options.warehouse.provenance)
        told: dict[str, Any] = {"run_id": context.run_id, "as_of": as_of, "now": now, "provenance": options.warehouse.provenance}
        log_changes(connection, changed, context.run_id, as_of, options.warehouse.provenance)
        blocked.append_blocked(
            connection,
            [
                blocked.Closed(
                    "gate 3",
                    v.check.table,
                    v.check.name,
                    _finding(v),
                    None,
                    v.failing_rows_n,
                    as_json(v.failing.head(blocked.KEPT_ROWS)),
                    v.check.sql,
                )
                for v in closed
            ],
            **told,
        )
        blocked.tell(connection, options.settings, options.warehouse.mode, context.run_id)


def log_changes(connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, run_id: str, as_of: date, provenance: str) -> None:
    """Append to quality.past_changes what became of values that were published."""
    append(connection, "past_changes", changed.with_columns(run_id=pl.lit(run_id), as_of_date=pl.lit(as_of), provenance=pl.lit(provenance)))
