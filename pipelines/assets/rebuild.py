"""Everything again out of the archive, with no way to the network: landings in their order, models, gates, and the same hashes. Not for publishing."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.assets.backfill import Part, land_part
from pipelines.assets.landing import drops
from pipelines.assets.landing.assets import judge_and_merge, scoped
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.assets.landing.calendar import DAY, SESSIONS, calendar_pull, set_the_day
from pipelines.assets.landing.index import settle
from pipelines.assets.landing.pulling import pull_all
from pipelines.catalog import catalog
from pipelines.checks.reconciliation import reconcile
from pipelines.contracts import contracts
from pipelines.resources import dbt
from pipelines.resources.fingerprint import columns_of, content_hash, tables_of
from pipelines.resources.publication import Publication
from pipelines.resources.run import Alone
from pipelines.resources.warehouse import Warehouse, quoted
from pipelines.settings import Mode, Settings
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.archived import ArchivedClient
from pipelines.sources.interface import SourceError
from pipelines.sources.journal import Landing, landings
from pipelines.sources.readers import READERS

COMPARED = ("marts", "reference")
KEPT_AS = "work.duckdb.before-rebuild"


class RebuildError(Exception):
    """The archive does not give what it should; the message names what is missing and the cure. Nothing was changed."""


@dataclass(frozen=True)
class Difference:
    """A table that is not what the manifest says, with what is known of why."""

    table: str
    rows_n: int
    published_rows_n: int
    why: str


@dataclass(frozen=True)
class Rebuilt:
    """`file`: the new working file. `tables_n` were compared with the manifest of `run_id`; None where nothing was ever published."""

    file: Path
    landings_n: int
    run_id: str | None
    tables_n: int = 0
    differences: tuple[Difference, ...] = ()
    broken: tuple[str, ...] = ()
    skipped: tuple[str, ...] = field(default=())

    @property
    def is_same(self) -> bool:
        return not self.differences and not self.broken


def rebuild(settings: Settings, mode: Mode, tell: Callable[[str], None], *, install: bool = False) -> Rebuilt:
    """Replay the archive of a market into a fresh warehouse beside the real one and compare; `install` puts its working file in place.

    Raises:
        RebuildError: no index, a payload that is missing or damaged, a request that has no answer.
    """
    with Alone(settings, mode, "a rebuild"):
        warehouse = Warehouse(settings, mode)
        if settings.work_file(mode).exists():
            with warehouse.work() as connection:
                settle(connection, settings.journal(mode))
        pending, manifest = _landings(settings, mode)
        _all_there(archive := Archive(settings.archive), pending)
        folder = settings.warehouse / "rebuild" / mode
        shutil.rmtree(folder, ignore_errors=True)
        apart = settings.model_copy(update={"warehouse": folder})
        fresh = Warehouse(apart, mode)
        first, later = _until(pending, manifest)
        skipped = _replay(fresh, archive, first, tell)
        result = Rebuilt(apart.work_file(mode), len(pending), manifest["run_id"] if manifest else None, skipped=tuple(sorted(skipped)))
        tell("dbt build")
        broken = tuple(f"{r.unique_id}: {r.message}" for r in dbt.build(apart, mode, tell) if r.status in ("error", "fail"))
        if not broken:
            with fresh.candidate() as connection:
                broken = tuple(f"gate 3, {v.check.name}: {v.failing_rows_n:,} rows" for v in reconcile(connection, mode) if not v.passed)
                if manifest:
                    found = differences(connection, settings, mode, manifest)
                    result = replace(result, tables_n=found[0], differences=tuple(found[1]))
        result = replace(result, broken=broken)
        _replay(fresh, archive, later, tell)
        if install and result.is_same:
            _install(settings, fresh, mode)
        return result


def _landings(settings: Settings, mode: Mode) -> tuple[list[Landing], dict[str, Any] | None]:
    pending = [one for one in landings(settings.journal(mode)) if one.state in ("merging", "merged")]
    manifest = Publication(settings.published(mode)).manifest()
    if not pending:
        raise RebuildError(
            f"{settings.journal(mode)}: expected the index of what was pulled, found no landing. The archive is filled by runs: "
            f"`rotation run --sources {mode}` begins it."
        )
    if manifest and manifest["run_id"] not in {one.run_id for one in pending}:
        raise RebuildError(
            f"{settings.journal(mode)}: expected run {manifest['run_id']}, the last publication, found {len({o.run_id for o in pending})} others. "
            "It was made before the archive kept an index, or the index was lost: put it back from a copy, or publish once more."
        )
    return pending, manifest


def _all_there(archive: Archive, pending: Sequence[Landing]) -> None:
    """Every payload the index names is in the archive: said of all of them before anything is begun."""
    named = [(one, answer.request, answer.receipt) for one in pending for answer in one.answers if answer.receipt]
    missing = [(one, request, r) for one, request, r in named if not archive.path(r.source, r.sha256).exists()]
    if missing:
        one, request, receipt = missing[0]
        raise RebuildError(
            f"{archive.path(receipt.source, receipt.sha256)}: expected the payload of {request}, pulled {receipt.pulled_at:%Y-%m-%d %H:%M} by run "
            f"{one.run_id}, found no such file; {len(missing)} of {len(named)} payloads are missing. Put them back from a copy of the archive: "
            "bytes of that day cannot be had from a provider again. Nothing was changed."
        )


def _until(pending: Sequence[Landing], manifest: dict[str, Any] | None) -> tuple[list[Landing], list[Landing]]:
    """What came before the publication was made, and what came after it."""
    if manifest is None:
        return list(pending), []
    last = max(n for n, one in enumerate(pending) if one.run_id == manifest["run_id"])
    return list(pending[: last + 1]), list(pending[last + 1 :])


def _replay(warehouse: Warehouse, archive: Archive, pending: Iterable[Landing], tell: Callable[[str], None]) -> set[str]:
    """Land again, in order; which providers are none of ours any more."""
    skipped = set()
    for one in pending:
        tell(f"{one.as_of} {one.provider} of run {one.run_id[:8]}")
        with warehouse.work() as connection:
            scope = scoped(connection, one.run_id, one.as_of, warehouse.provenance, one.at, None, one.accept, force=one.force)
            if one.provider == DAY.provider:
                set_the_day(connection, scope, warehouse.mode)
            elif one.provider == SESSIONS.provider:
                _land(connection, scope, SESSIONS.provider, [calendar_pull(scope)])
            elif one.provider == drop.PROVIDER:
                _land(connection, scope, drop.PROVIDER, _dropped(connection, scope, archive, one))
            elif one.provider in READERS and one.part:
                _part(connection, scope, archive, one)
            elif one.provider in READERS:
                _land(connection, scope, one.provider, _answered(connection, scope, archive, one))
            else:
                skipped.add(one.provider)
    return skipped


def _land(connection: duckdb.DuckDBPyConnection, scope: Scope, provider: str, pulls: Sequence[Pull]) -> None:
    tables = [c for c in contracts().values() if c.provider == provider]
    if provider in READERS:
        tables = [contracts()[t] for t in READERS[provider].TABLES]
    for _ in judge_and_merge(connection, scope, tables, pulls):
        pass


def _answered(connection: duckdb.DuckDBPyConnection, scope: Scope, archive: Archive, one: Landing) -> list[Pull]:
    with ArchivedClient(archive, one) as client:
        pulls = pull_all(connection, scope, one.provider, client, one.series)
        if client.gaps:
            raise RebuildError(f"{one.provider}, run {one.run_id} as of {one.as_of}: {client.gaps[0]}")
    return pulls


def _part(connection: duckdb.DuckDBPyConnection, scope: Scope, archive: Archive, one: Landing) -> None:
    """A part of a backfill, asked for and cut as it was then."""
    assert one.span
    assert one.part
    named = tuple(s for s in catalog() if s.series_id in (one.series or ()))
    with ArchivedClient(archive, one) as client:
        land_part(connection, scope, Part(one.provider, one.span, one.part, named), client)
        if client.gaps:
            raise RebuildError(f"{one.provider}, run {one.run_id} as of {one.as_of}: {client.gaps[0]}")


def _dropped(connection: duckdb.DuckDBPyConnection, scope: Scope, archive: Archive, one: Landing) -> list[Pull]:
    """The files of that day, laid out again for as long as they are read."""
    with tempfile.TemporaryDirectory(prefix="rotation-drop-") as folder:
        for answer in one.answers:
            assert answer.receipt is not None
            target = Path(folder) / answer.request.removeprefix("FILE ")
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.write_bytes(archive.read(drop.PROVIDER, answer.receipt.sha256))
            except SourceError as problem:
                raise RebuildError(f"{answer.request}, run {one.run_id} as of {one.as_of}: {problem}") from None
        return drops.pulls(connection, Path(folder), scope, lambda _: None)


def differences(
    connection: duckdb.DuckDBPyConnection, settings: Settings, mode: Mode, manifest: dict[str, Any]
) -> tuple[int, list[Difference]]:
    """Tables compared, and those whose content is not what the manifest says."""
    told = {name: table for name, table in manifest["tables"].items() if name.split(".")[0] in COMPARED}
    here = {f"{s}.{t}" for s, t in tables_of(connection, "rotation", COMPARED)}
    found = [Difference(name, 0, told[name]["rows"], "the models no longer make it") for name in sorted(set(told) - here)]
    found += [Difference(name, 0, 0, "the models did not make it then") for name in sorted(here - set(told))]
    published = Publication(settings.published(mode)).database
    if published.exists():
        connection.execute(f"attach if not exists {quoted(published)} as published (read_only)")
    for name in sorted(here & set(told)):
        schema, table = name.split(".")
        rows_n, digest = content_hash(connection, "rotation", schema, table)
        if digest != told[name]["content_sha256"]:
            why = _why(connection, schema, table) if published.exists() else "the published file is gone: only its hash is known"
            found.append(Difference(name, rows_n, told[name]["rows"], why))
    return len(told), found


def _why(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    then, now = (columns_of(connection, database, schema, table) for database in ("published", "rotation"))
    if then != now:
        changed = ", ".join(sorted({n for n, _ in set(then) ^ set(now)}))
        return f"other columns ({changed}): the models have changed since"
    counts = []
    for one, other in (("published", "rotation"), ("rotation", "published")):
        apart = f"(from {one}.{schema}.{table} except all from {other}.{schema}.{table}) as row"
        counts.append(connection.execute(f"select count(*), min(to_json(row)::varchar) from {apart}").fetchall()[0])
    (gone, example), (came, other) = counts
    return f"{gone:,} published rows are not here, {came:,} others are; such as {example or other}"


def _install(settings: Settings, fresh: Warehouse, mode: Mode) -> None:
    """The rebuilt working file in place of the one that is there, which is kept; what gates 2 and 3 said is taken from the publication."""
    published = Publication(settings.published(mode)).database
    if published.exists():
        with fresh.work() as connection:
            connection.execute(f"attach {quoted(published)} as published (read_only)")
            for table in ("check_results", "blocked_runs"):
                connection.execute(f"insert into quality.{table} by name from published.quality.{table} where gate <> 'gate 1'")
            connection.execute("insert into quality.past_changes by name from published.quality.past_changes")
            connection.execute("detach published")
    target = settings.work_file(mode)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.replace(target.with_name(KEPT_AS))
    Path(f"{target}.wal").unlink(missing_ok=True)  # of the file that was there
    fresh.settings.work_file(mode).replace(target)
    shutil.rmtree(fresh.settings.warehouse, ignore_errors=True)
