"""The release: the candidate finished with logs, Parquet, page and manifest, proved by a fresh process, and brought before readers.

Not for the renames (resources/publication.py) or what the file must be (resources/proof.py).
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.report.page import html
from pipelines.report.terminal import GATES
from pipelines.resources.disk import DiskError, refusal
from pipelines.resources.fingerprint import content_hash, row_digest, tables_of
from pipelines.resources.log_tables import LOG_COMMENTS, LOG_TABLES
from pipelines.resources.proof import ProofError, prove
from pipelines.resources.publication import DATABASE, MANIFEST, PARQUET, REPORT, Publication, PublicationError, sha256
from pipelines.resources.run import RunOptions
from pipelines.resources.warehouse import has_publication, quoted
from pipelines.settings import ROOT

SCHEMAS = ("marts", "quality", "reference")


class PublishError(Exception):
    """The release is not what was checked; readers have what they had before."""


def release(
    run_id: str, options: RunOptions, publication: Publication, page: Callable[[Path, dict[str, Any]], str] = html.written
) -> tuple[Path, dict[str, Any]]:
    """Finish the candidate, write its Parquet, page and manifest, and have a fresh process check the file; its folder, and the manifest.

    Raises:
        PublishError: the file is not what was checked.
    """
    publication.at("write the release")
    candidate = options.settings.candidate_file(options.warehouse.mode)
    staged = candidate.parent / "release"
    if staged.exists():
        shutil.rmtree(staged)
    (staged / PARQUET).mkdir(parents=True)
    with options.warehouse.candidate() as connection:
        _demand_gates(connection, run_id)
        _add_logs(connection)
        tables, digests = {}, {}
        for schema, table in tables_of(connection, "rotation", SCHEMAS):
            name = f"{schema}.{table}"
            rows, digest = content_hash(connection, "rotation", schema, table)
            tables[name], digests[name] = {"rows": rows, "content_sha256": digest}, row_digest(connection, f"rotation.{name}")
            target = staged / PARQUET / schema / f"{table}.parquet"
            target.parent.mkdir(exist_ok=True)
            connection.execute(f"copy rotation.{name} to {quoted(target)} (format parquet, compression zstd)")
        manifest = _manifest(connection, run_id, options, publication, tables)
        connection.execute("checkpoint rotation")
    candidate.rename(staged / DATABASE)
    manifest["database_sha256"] = sha256(staged / DATABASE)
    (staged / REPORT).write_text(page(staged / DATABASE, manifest), encoding="utf-8")
    (staged / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    publication.at("check the release")
    try:
        prove(staged / DATABASE, staged / MANIFEST, digests)
    except ProofError as problem:
        raise PublishError(f"The finished file is not what was checked: {problem}. Nothing was published; run again.") from None
    return staged, manifest


def bring_out(publication: Publication, staged: Path, manifest: dict[str, Any], keep: int) -> tuple[list[str], str]:
    """Put a finished release in front of readers and have a fresh process read it there; the releases that went for it, and why some could not.

    Raises:
        PublishError: what readers would have is not the release.
        DiskError: the disk refused. In both cases readers have what they had before.
    """
    run, before, is_new = manifest["run_id"], publication.shown(), not publication.database.exists()
    try:
        publication.add(run, staged)
        publication.install(run)
        publication.at("verify")
        prove(publication.database, publication.folder / MANIFEST)
    except (OSError, ProofError) as problem:
        stands = f"Readers have what they had before, run {before[:8]}" if before else "Nothing is published, as before"
        try:
            if before or is_new:
                publication.take_back(run, before)
            else:
                stands = "What readers had before is not kept in history, so it could not be put back"
        except OSError as again:
            stands = f"It could not be taken back ({again}). When the disk is well: `rotation rollback {before or run}`"
        if isinstance(problem, OSError):
            raise DiskError(f"{refusal(problem) or f'The disk refused: {problem}.'} {stands}.") from None
        raise PublishError(
            f"What readers would have is not what was checked: {problem}. {stands}. Look at the disk, then run again."
        ) from None
    try:
        return publication.prune(keep), ""
    except OSError as problem:  # readers have the new release: what is left over is the next run's to remove
        return [], f"Published, but older releases could not be removed: {refusal(problem) or problem}"


def go_back(publication: Publication, run: str) -> None:
    """Put a release of history before readers, once a fresh process has read it there.

    Raises:
        PublicationError: there is no such release, or it is not what was published. Readers have what they had before.
    """
    release = publication.history / run
    if (release / MANIFEST).exists():
        try:
            prove(release / DATABASE, release / MANIFEST)
        except ProofError as problem:
            others = ", ".join(r[:8] for r in publication.releases() if r != run) or "none"
            raise PublicationError(
                f"Publication {run} is not what was published: {problem}. Readers have what they had before. Look at the disk, and go back to another "
                f"one (kept are: {others}), or publish once more: `rotation run`."
            ) from None
    publication.install(run)


def _demand_gates(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """The candidate is of this run, from its first step on, and no gate of it closed.

    Raises:
        PublishError: it is not, or one did; both happen where single assets are materialized in the UI.
    """
    asked = {
        row[0] for row in connection.execute("select distinct gate from work.quality.check_results where run_id = ?", [run_id]).fetchall()
    }
    began = connection.execute("select count(*) from work.raw.clock_day where run_id = ?", [run_id]).fetchall()[0][0]
    closed = connection.execute("select gate, check_name from work.quality.blocked_runs where run_id = ? order by all", [run_id]).fetchall()
    found = [f"{gate} closed by {check}" for gate, check in closed] + [f"nothing that {gate} said" for gate in GATES if gate not in asked]
    if found or not began:
        raise PublishError(
            f"Expected a run that began with raw/clock_day and that all three gates let pass, found {', '.join(found) or 'the clock of another run'}. Nothing "
            "was published. A publication is made by a whole run: materialize all assets of the job `rotation`, or `rotation run`."
        )


def _add_logs(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in LOG_TABLES.items():
        connection.execute(f"create or replace table rotation.quality.{table} as select {', '.join(columns)} from work.quality.{table}")
        connection.execute(f"comment on table rotation.quality.{table} is '{LOG_COMMENTS[table]}'")
        for column, (_, comment) in columns.items():
            text = comment.replace("'", "''")
            connection.execute(f"comment on column rotation.quality.{table}.{column} is '{text}'")


def _manifest(
    connection: duckdb.DuckDBPyConnection, run_id: str, options: RunOptions, publication: Publication, tables: dict[str, Any]
) -> dict[str, Any]:
    as_of: date = connection.execute("select as_of_date from work.raw.clock_day").fetchall()[0][0]
    inputs = connection.execute(
        "select source, series_id, arg_max(sha256, pulled_at), strftime(max(pulled_at), '%Y-%m-%dT%H:%M:%SZ') "
        "from work.quality.source_pulls where sha256 is not null and status in ('merged', 'unchanged') group by all order by all"
    ).fetchall()
    gates = connection.execute(
        "select gate, check_name, table_name, severity, passed, observed from work.quality.check_results where run_id = ? order by all",
        [run_id],
    ).fetchall()
    return {
        "run_id": run_id,
        "published_sequence": publication.next_sequence(),
        "as_of_date": str(as_of),
        "created_at": options.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source_mode": options.warehouse.mode,
        "provenance": options.warehouse.provenance,
        "git_revision": _revision(),
        "tables": tables,
        "inputs": [dict(zip(("source", "series_id", "sha256", "pulled_at"), row, strict=True)) for row in inputs],
        "gates": [dict(zip(("gate", "check", "table", "severity", "passed", "observed"), row, strict=True)) for row in gates],
        "accepted": _accepted(connection, run_id),
    }


def _accepted(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, str]:
    """What was passed over, with the reasons: in this run, and by gate 1 in runs that were stopped since the last publication, whose batches are in."""
    told_of = "select run_id from published.quality.check_results" if has_publication(connection) else "select null where false"
    rows = connection.execute(
        "select accepted from work.quality.check_results where accepted is not null and (run_id = ? "
        f"or (gate = 'gate 1' and run_id not in ({told_of}))) order by checked_at, accepted",
        [run_id],
    ).fetchall()
    return {name: reason for (told,) in rows for name, reason in json.loads(told).items()}


def _revision() -> str | None:
    """The commit this was made with; None outside a checkout."""
    try:
        found = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None
