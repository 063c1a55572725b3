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
from pipelines.resources.disk import DiskError, refusal
from pipelines.resources.fingerprint import content_hash, row_digest, tables_of
from pipelines.resources.proof import ProofError, prove
from pipelines.resources.publication import DATABASE, MANIFEST, PARQUET, REPORT, Publication, sha256
from pipelines.resources.run import RunOptions
from pipelines.resources.warehouse import LOG_COMMENTS, LOG_TABLES, quoted
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


def bring_out(publication: Publication, staged: Path, manifest: dict[str, Any], keep: int) -> list[str]:
    """Put a finished release in front of readers and have a fresh process read it there; the releases that went for it.

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
    return publication.prune(keep)


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
        "accepted": {
            name: reason
            for name, reason in options.accept.items()
            if any(row[1] == name.split(":")[0] and not row[4] and f": {reason}" in row[5] for row in gates)
        },
    }


def _revision() -> str | None:
    """The commit this was made with; None outside a checkout."""
    try:
        found = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None
