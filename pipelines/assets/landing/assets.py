"""The raw assets: one op a provider fetches its series, has them judged by gate 1, and merges what passed. Not for how any of that is done (batch.py)."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import dagster as dg
import duckdb
import polars as pl

from pipelines.assets.landing import drops
from pipelines.assets.landing.asked import LISTS, member_tickers
from pipelines.assets.landing.batch import Batch, Counts, Pull, Scope, judge, merge_passed
from pipelines.assets.landing.chain import BARS, later_in_chain
from pipelines.assets.landing.events import TOLD
from pipelines.assets.landing.index import begin, merging, settle
from pipelines.assets.landing.log import closed_by, log_checks, log_pulls, log_refused, log_rejected, sample
from pipelines.assets.landing.outcome import CheckOutcome, message
from pipelines.assets.landing.pulling import pull_all
from pipelines.assets.preview import table_metadata
from pipelines.assets.told import OWNERS, failing_rows, freshness_of, metadata_of, say_closed
from pipelines.catalog import catalog
from pipelines.checks.expectations import check_names
from pipelines.checks.stories import ANSWERED, HISTORY, STORIES
from pipelines.contracts import TableContract, contracts
from pipelines.progress import tell
from pipelines.resources import blocked
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions, as_of_day
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.journal import Journal
from pipelines.sources.readers import READERS


def key(table: str) -> dg.AssetKey:
    """raw.<table> as an asset key."""
    return dg.AssetKey(["raw", table])


def _upstream(provider: str) -> list[dg.AssetKey]:
    """The clock and the calendar, and the providers whose series are witnesses of this one's, or stand in for them."""
    deps = [key("clock_day"), key("exchange_sessions")]
    heard = {catalog()[s.witness_series_id].provider for s in catalog().of(provider) if s.witness_series_id}
    heard |= {other.provider for s in catalog().of(provider) for other in later_in_chain(s)}
    if provider == "sec":  # whose companies are the members of the lists
        deps += [key(table) for table in LISTS]
    own = (c for c in contracts().values() if c.provider in heard)
    return deps + [key(c.name) for c in own if c.name in BARS.values() or ("dates_increase" in c.checks and "adjusted" not in c.name)]


def spec(contract: TableContract, deps: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    """The asset of a raw table."""
    return dg.AssetSpec(
        key(contract.name),
        deps=deps,
        description=contract.description,
        group_name="raw",
        owners=OWNERS,
        kinds={"python", "duckdb"},
        tags={"layer": "raw", "provider": contract.provider},
        metadata=metadata_of(contract),
        freshness_policy=freshness_of(contract),
        skippable=True,
    )


def check_specs(tables: Sequence[TableContract]) -> list[dg.AssetCheckSpec]:
    """The checks of gate 1; every one is blocking, and closes the gate when a required series fails it."""

    def check_spec(table: str, name: str) -> dg.AssetCheckSpec:
        story = STORIES[name]
        return dg.AssetCheckSpec(
            name,
            asset=key(table),
            blocking=story.severity == "block",
            description=f"{story.guards_against} {story.cure} {story.threshold}".strip(),
        )

    specs = [check_spec(c.name, name) for c in tables for name in check_names(c)]
    return [*specs, check_spec(tables[0].name, ANSWERED), check_spec(tables[0].name, HISTORY)]


def scope_of(context: dg.AssetExecutionContext, options: RunOptions, connection: duckdb.DuckDBPyConnection) -> Scope:
    """The run at work."""
    as_of = as_of_day(connection)
    folder = options.settings.journal(options.warehouse.mode)
    settle(connection, folder)
    journal = Journal.of_run(folder, context.run_id)
    return scoped(
        connection, context.run_id, as_of, options.warehouse.provenance, options.clock.now(), journal, options.accept, force=options.force
    )


def scoped(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    as_of: date,
    provenance: str,
    now: datetime,
    journal: Journal | None,
    accept: Mapping[str, str] | None = None,
    *,
    force: bool = False,
) -> Scope:
    """What a landing of this run and day works in; revisions are known on the latest day any run has worked as of."""
    worked: date | None = connection.execute("select max(as_of_date) from quality.source_pulls").fetchall()[0][0]
    return Scope(run_id, as_of, max(as_of, worked or as_of), provenance, to_sessions, now, journal, accept or {}, force)


def provider_assets(provider: str) -> dg.AssetsDefinition:
    """The raw tables of one provider, landed by one op."""
    tables = [contracts()[t] for t in READERS[provider].TABLES]

    @dg.multi_asset(name=f"land_{provider}", specs=[spec(c, _upstream(provider)) for c in tables], check_specs=check_specs(tables))
    def land(context: dg.AssetExecutionContext, options: RunOptions, providers: dg.ResourceParam[Providers]) -> Iterator[Any]:
        with options.warehouse.work() as connection:
            scope = scope_of(context, options, connection)
            with providers.client(options, scope.as_of, member_tickers(connection, scope.as_of) if provider == "sec" else ()) as client:
                pulls = pull_all(connection, scope, provider, client)
            try:
                closed = []
                for event in judge_and_merge(connection, scope, tables, pulls):
                    yield event
                    if isinstance(event, dg.AssetCheckResult) and not event.passed and event.severity is dg.AssetCheckSeverity.ERROR:
                        closed.append(event.description or str(event.check_name))
                say_closed(context, closed)
            finally:
                blocked.tell(connection, options.settings, options.warehouse.mode, scope.run_id)

    return land


def drop_assets() -> dg.AssetsDefinition:
    """The raw tables filled from the drop folder; a file is a batch, and passes whole or is moved aside whole."""
    tables = [c for c in contracts().values() if c.provider == "drop"]

    @dg.multi_asset(
        name="land_drop",
        specs=[spec(c, [key("clock_day"), key("exchange_sessions")]) for c in tables],
        check_specs=check_specs(tables),
    )
    def land(context: dg.AssetExecutionContext, options: RunOptions, providers: dg.ResourceParam[Providers]) -> Iterator[Any]:
        with options.warehouse.work() as connection:
            scope = scope_of(context, options, connection)
            folder = providers.drop_folder(options, scope.as_of)
            begin(scope, drop.PROVIDER)
            pulls = drops.pulls(connection, folder, scope, tell, Archive(options.settings.archive))
            failing = yield from judge_and_merge(connection, scope, tables, pulls)
            drops.move_aside(connection, options.settings.quarantine / "drop", context.run_id, pulls, failing)

    return land


def judge_and_merge(
    connection: duckdb.DuckDBPyConnection, scope: Scope, tables: Sequence[TableContract], pulls: Sequence[Pull]
) -> Generator[Any, None, dict[str, str]]:
    """Judge every table of the pulls, merge the series that passed in all of them, log, and tell Dagster. Returns the failing series with their reasons.

    What is merged and what the logs say of it is written in one transaction: a killed run has done all of a provider's part or none.
    """
    required = {p.series.series_id for p in pulls if p.series.is_required}
    batches: list[Batch] = []
    for contract in sorted(tables, key=lambda c: "actions" not in c.name):  # splits first: bars are judged with them
        actions = next((b.rows for b in batches if b.contract.name.endswith("_actions") and b.rows.height), None)
        batch = judge(connection, contract, pulls, scope, actions)
        batches.append(replace(batch, checks=tuple(c.passing_over(scope.accept, required) for c in batch.checks)))
    failing = {p.series.series_id: str(p.error) for p in pulls if p.error}
    for batch in batches:
        failing |= {s: str(e) for s, e in batch.errors.items()}
        for check in batch.checks:
            failing |= dict.fromkeys(check.stopped_series, message(check.table, check.check, check.observed, check.failing_series))
    with merging(connection, scope):
        counts = {b.contract.name: merge_passed(connection, b, set(failing), scope) for b in batches}
        log_pulls(connection, scope, pulls, batches, counts, failing)
        answered = _answered(tables[0], pulls, batches)
        history = _history(tables[0], batches)
        log_checks(connection, scope, [answered, history, *(c for b in batches for c in b.checks)])
        log_rejected(connection, scope, batches)
        log_refused(connection, scope, pulls)
    yield from _events(connection, scope, tables, pulls, batches, counts, failing, [answered, history])
    return failing


def _answered(table: TableContract, pulls: Sequence[Pull], batches: Sequence[Batch]) -> CheckOutcome:
    """Did every series that could be asked bring a usable answer."""
    errors = {p.series.series_id: p.error for p in pulls if p.error} | {s: e for b in batches for s, e in b.errors.items()}
    required = {p.series.series_id for p in pulls if p.series.is_required}
    asked = sum(p.not_asked is None for p in pulls)
    cures = {e.cure for e in errors.values()}
    said = f"{asked - len(errors)} of {asked} answered"
    for series_id in sorted(errors, key=lambda s: (s not in required, s)):
        error, mark = errors[series_id], " (required)" if series_id in required else ""
        said += f"\n  {series_id}{mark}: expected {error.expected}, found {error.found[:300]}" + (
            f". {error.cure}" if len(cures) > 1 else ""
        )
    if len(cures) == 1:  # a provider that is down says the same of each series: its cure once
        said += f"\n  {cures.pop()}"
    rows = pl.DataFrame(
        [(s, json.dumps({"series": s, "error": str(e)})) for s, e in errors.items()],
        schema={"_series": pl.String, "row_json": pl.String},
        orient="row",
    )
    silent = [p.not_asked for p in pulls if p.not_asked]
    said = silent[0] if silent and len(silent) == len(pulls) else "\n  ".join([said, *(f"not asked: {s}" for s in silent)])
    return CheckOutcome(table.name, ANSWERED, said, tuple(errors), rows, bool(required & set(errors)))


def _history(table: TableContract, batches: Sequence[Batch]) -> CheckOutcome:
    """Did a provider take back or rewrite what it once gave. It stops nothing: what we have stays."""
    told = [e for b in batches for e in b.events if e.kind in TOLD]
    rows = pl.DataFrame(
        [(e.series_id, json.dumps({"table": e.table_name, "event": e.sentence})) for e in told],
        schema={"_series": pl.String, "row_json": pl.String},
        orient="row",
    )
    said = "\n  ".join(["histories stand as they were" if not told else "histories changed", *(e.sentence for e in told)])
    return CheckOutcome(table.name, HISTORY, said, tuple(e.series_id for e in told), rows, is_blocking=False)


def _events(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    tables: Sequence[TableContract],
    pulls: Sequence[Pull],
    batches: Sequence[Batch],
    counts: Mapping[str, Mapping[str, Counts]],
    failing: Mapping[str, str],
    whole: Sequence[CheckOutcome],
) -> Iterator[Any]:
    stopped = sorted({p.series.series_id for p in pulls if p.series.is_required} & set(failing))
    closed = [one for s in stopped for one in closed_by(s, tables[0].name, batches, failing[s])]
    blocked.append_blocked(connection, closed, run_id=scope.run_id, as_of=scope.as_of, now=scope.now, provenance=scope.provenance)
    for batch in sorted(batches, key=lambda b: tables.index(b.contract)):
        name = batch.contract.name
        if not stopped:
            rows = counts[name].values()
            totals = {"new rows": sum(c.new_rows for c in rows), "revised rows": sum(c.revised_rows for c in rows)}
            yield dg.MaterializeResult(key(name), metadata=totals | table_metadata(connection, f"raw.{name}", batch.contract.date_column))
        yield from (_result(name, c) for c in batch.checks)
    yield from (_result(tables[0].name, check) for check in whole)


def _result(table: str, check: CheckOutcome) -> dg.AssetCheckResult:
    told = (
        f"raw.{table}: {check.observed}"
        if check.passed
        else f"raw.{table}: {check.check} failed, {check.observed}"
        if check.check in (ANSWERED, HISTORY)
        else message(table, check.check, check.observed, check.failing_series)
    )
    return dg.AssetCheckResult(
        asset_key=key(table),
        check_name=check.check,
        passed=check.passed,
        severity=dg.AssetCheckSeverity.ERROR if check.is_blocking else dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={} if check.passed else failing_rows(check.failing_rows.height, sample(check)),
    )
