"""The two raw tables every other asset stands on: what day it is, and which days are sessions. Not for prices."""

import json
from datetime import date, timedelta

import dagster as dg
import duckdb
import polars as pl

from pipelines.assets.landing.assets import check_specs, judge_and_merge, key, scope_of, scoped, spec
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.assets.landing.index import begin, merging, settle
from pipelines.catalog import Series
from pipelines.checks.acceptance import refusals
from pipelines.contracts import contracts
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.market import drop_place
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import Mode
from pipelines.sources import exchange
from pipelines.sources.journal import Journal

DAY, SESSIONS = contracts()["clock_day"], contracts()["exchange_sessions"]
CALENDAR = Series(
    "XNYS", "exchange", "XNYS", None, "New York Stock Exchange", "calendar", None, None, None, "session", "daily", 0, 0, True, 1,
    None, None, None, None,
)  # fmt: skip


def requested_day(options: RunOptions) -> date:
    """The as-of day of the run: the one asked for, else the last completed session; in the sample market, its last day."""
    asked = options.requested_day
    if options.sources is Sources.SAMPLE:
        from pipelines.sample.calendar import SAMPLE_END, checked

        return checked(asked or SAMPLE_END)
    return options.clock.as_of(asked)


@dg.multi_asset(name="set_the_clock", specs=[spec(DAY, [])])
def clock_day(context: dg.AssetExecutionContext, options: RunOptions) -> dg.MaterializeResult[None]:
    """Write the one row that says what day it is. The first step of a run: what it is asked to do is looked at here."""
    as_of = requested_day(options)
    if options.accept:
        manifest = json.loads(ensure_manifest(options.settings).read_text(encoding="utf-8"))
        refused = refusals(options.accept, manifest, drop_place(options))
        if refused:
            raise dg.Failure(description="accept: " + " ".join(refused), allow_retries=False)
    session = newest_session(as_of)
    folder, mode, now = options.settings.journal(options.warehouse.mode), options.warehouse.mode, options.clock.now()
    with options.warehouse.work() as connection:
        settle(connection, folder)
        scope = scoped(connection, context.run_id, as_of, options.warehouse.provenance, now, Journal.of_run(folder, context.run_id))
        begin(scope, DAY.provider)
        set_the_day(connection, scope, mode)
    context.log.info(f"as of {as_of}, newest session {session}, {options.warehouse.mode} market")
    return dg.MaterializeResult(
        key("clock_day"), metadata={"as of": str(as_of), "newest session": str(session), "market": options.warehouse.mode}
    )


def newest_session(as_of: date) -> date:
    """The last session up to a day."""
    day: date = exchange.sessions(as_of - timedelta(days=10), as_of)["session_date"][-1]
    return day


def set_the_day(connection: duckdb.DuckDBPyConnection, scope: Scope, mode: Mode) -> None:
    """raw.clock_day, one row."""
    row = {
        "as_of_date": scope.as_of,
        "session_date": newest_session(scope.as_of),
        "source_mode": mode,
        "known_on": scope.as_of,
        "pulled_at": scope.now.replace(tzinfo=None),
        "run_id": scope.run_id,
        "provenance": scope.provenance,
        "is_first": True,
    }
    with merging(connection, scope):
        connection.execute("delete from raw.clock_day")
        connection.execute(f"insert into raw.clock_day ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def calendar_pull(scope: Scope) -> Pull:
    """The sessions up to the day, as if pulled: the library has them, and no payload."""
    frame: pl.DataFrame = exchange.sessions(None, scope.as_of)
    return Pull(CALENDAR, {SESSIONS.name: frame})


@dg.multi_asset(name="land_exchange", specs=[spec(SESSIONS, [key("clock_day")])], check_specs=check_specs([SESSIONS]))
def exchange_sessions(context: dg.AssetExecutionContext, options: RunOptions):  # type: ignore[no-untyped-def]
    """Sessions of the exchange, from the calendar library."""
    with options.warehouse.work() as connection:
        scope = scope_of(context, options, connection)
        begin(scope, SESSIONS.provider)
        yield from judge_and_merge(connection, scope, [SESSIONS], [calendar_pull(scope)])
