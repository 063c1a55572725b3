"""The published file put into PostgreSQL: loaded beside what readers see, and put in its place, in one transaction. Not for the tables' form (postgres_form.py).

All of it is one transaction: a load that breaks off leaves nothing behind. Two things keep readers from ever seeing two publications at once. Rows are
copied with FREEZE, so that a reader whose snapshot is older than the load sees them and not an empty table. And the tables that go are locked, all of
them, before any goes: who has begun to read the old publication reads it to the end of the transaction, and who comes then waits for the new one.
"""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pyarrow import csv

from pipelines.resources.postgres_form import (
    MARK,
    PUBLICATION,
    READER,
    SCHEMAS,
    PostgresError,
    Table,
    create,
    finish,
    loading,
    publication,
    rights,
    schema_comment,
    select,
    tables,
)
from pipelines.resources.warehouse import read_only

LOCK = 7_268_462_846  # a number of our own: one load at a time
BATCH = 100_000
STANDS = "The published file is not touched by this, and readers of PostgreSQL go on seeing the publication before."
CONNECT_S = 10


@dataclass(frozen=True)
class Loaded:
    """What was put where, and how long readers' locks were waited for."""

    where: str
    tables: int
    rows: int
    seconds: float
    waited_s: float


def publish(
    conninfo: str, database: Path, manifest: Mapping[str, Any], unique: Mapping[str, tuple[str, ...]], wait_s: float = 120
) -> Loaded:
    """Put the tables of a published file in the place of those before, with keys, indexes, comments and the reader's rights.

    Args:
        conninfo: the connection string.
        database: the published file.
        manifest: what its manifest says.
        unique: by schema.table the columns no two rows share.
        wait_s: seconds to wait for readers who hold tables of the publication before.

    Raises:
        PostgresError: it was not put there; what readers see is unchanged.
    """
    started = time.perf_counter()
    with connected(conninfo) as pg, read_only(database) as duck:
        _only_one(pg)
        look(pg, manifest["source_mode"])
        _reader(pg)
        listed = tables(duck, unique)
        for schema in SCHEMAS:
            pg.execute(sql.SQL("create schema {}").format(sql.Identifier(loading(schema))))
        rows = sum(_load(pg, duck, table) for table in listed)
        _say_which(pg, manifest)
        for schema in SCHEMAS:
            for statement in (schema_comment(schema, manifest), *rights(schema)):
                pg.execute(statement)
        asked = time.perf_counter()
        _swap(pg, wait_s)
        waited = time.perf_counter() - asked
        where = place(pg)
    return Loaded(where, len(listed) + 1, rows + 1, time.perf_counter() - started, waited)


@contextmanager
def connected(conninfo: str, connect_s: int = CONNECT_S) -> Iterator[psycopg.Connection]:
    """A connection in one transaction, its errors told without the password.

    Raises:
        PostgresError: no connection, or a refusal.
    """
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        raise PostgresError(
            "ROTATION_POSTGRES is no connection string: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE (signs such as @ in the password "
            "written as %40), or host=… dbname=… user=…. Correct it; it is not shown here."
        ) from None
    secret = str(given.get("password") or "")
    defaults: dict[str, Any] = {"connect_timeout": connect_s, "application_name": "rotation"}
    try:
        with psycopg.connect(make_conninfo("", **(defaults | dict(given)))) as pg:
            # what an administrator set for people's questions is not meant for a load
            pg.execute("set timezone = 'UTC'; set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0")
            yield pg
    except psycopg.Error as problem:
        said = str(problem).strip().removesuffix(".")
        raise PostgresError(f"PostgreSQL: {said.replace(secret, '***') if secret else said}. {_cure(problem)} {STANDS}") from None


def _cure(problem: psycopg.Error) -> str:
    if isinstance(problem, errors.InsufficientPrivilege):
        return (
            "The user of ROTATION_POSTGRES may not do this: grant it CREATE on the database, or make it the owner; it must own our schemas."
        )
    if isinstance(problem, errors.DiskFull):
        return "Free space on the server: a load needs room for both publications."
    if problem.sqlstate is None or problem.sqlstate[:2] in ("08", "28", "3D", "57"):  # no connection, no entry, no such database, shut down
        return "Is the server up, and are host, port, database, user and password in ROTATION_POSTGRES right? `rotation doctor` tries it. Then: rotation postgres"
    return "Mend what it says, then: rotation postgres"


def place(pg: psycopg.Connection) -> str:
    """Where it is, without a secret."""
    return f"{pg.info.host or 'local'}:{pg.info.port}/{pg.info.dbname}"


def look(pg: psycopg.Connection, mode: str | None = None) -> str | None:
    """The market that the database holds, or None; whether a publication of `mode` may take its place.

    Raises:
        PostgresError: it may not.
    """
    found = pg.execute(
        "select nspname, coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = any(%s)", [list(SCHEMAS)]
    ).fetchall()
    foreign = sorted(name for name, comment in found if not comment.startswith(MARK))
    if foreign:
        raise PostgresError(
            f"The database {place(pg)} has schemas that are not of Rotation's making: {', '.join(foreign)}. They are not touched. Make a database "
            f"for Rotation alone (create database rotation) and name it in ROTATION_POSTGRES. {STANDS}"
        )
    row = pg.execute("select source_mode from reference.publication").fetchone() if found else None
    held = str(row[0]) if row else None
    if held == "live" and mode == "sample":
        raise PostgresError(
            f"The database {place(pg)} holds the live market; simulated data does not take its place. Name another database in ROTATION_POSTGRES "
            "for the sample."
        )
    return held


def _only_one(pg: psycopg.Connection) -> None:
    (is_alone,) = pg.execute("select pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone() or (False,)
    if not is_alone:
        raise PostgresError(
            f"Another load into {place(pg)} is at work. Wait until it has ended; if this publication is newer: rotation postgres"
        )


def _reader(pg: psycopg.Connection) -> None:
    if pg.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone():
        return
    try:
        with pg.transaction():
            pg.execute(sql.SQL("create role {} nologin").format(sql.Identifier(READER)))
    except errors.InsufficientPrivilege:
        raise PostgresError(
            f"The user of ROTATION_POSTGRES may not make roles. Let an administrator say once: create role {READER} nologin; then: rotation postgres. {STANDS}"
        ) from None


def _load(pg: psycopg.Connection, duck: Any, table: Table) -> int:
    pg.execute(create(table))
    reader = duck.sql(select(table)).to_arrow_reader(BATCH)
    sent = 0
    with pg.cursor() as cursor, cursor.copy(_copy(table.there)) as copy:
        for batch in reader:
            sent += batch.num_rows
            copy.write(_csv(batch))
    gaps = " or ".join(f'"{c}" is null' for c in table.key) or "false"
    (has_gaps,) = duck.execute(f'select count(*) > 0 from "{table.schema}"."{table.name}" where {gaps}').fetchall()[0]
    for statement in finish(table, has_gaps):
        pg.execute(statement)
    return sent


def _copy(there: sql.Identifier) -> sql.Composed:
    return sql.SQL("copy {} from stdin (format csv, freeze true)").format(there)


def _csv(batch: pa.RecordBatch) -> memoryview:
    """Texts in quotes, the empty one too; NULL as nothing: PostgreSQL tells them apart by that."""
    sink = pa.BufferOutputStream()
    csv.write_csv(batch, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return memoryview(sink.getvalue())


def _say_which(pg: psycopg.Connection, manifest: Mapping[str, Any]) -> None:
    there = sql.Identifier(loading("reference"), "publication")
    for statement in publication():
        pg.execute(statement)
    row = pa.RecordBatch.from_pylist([{c: None if manifest[c] is None else str(manifest[c]) for c in PUBLICATION}])
    with pg.cursor() as cursor, cursor.copy(_copy(there)) as copy:
        copy.write(_csv(row))


def _swap(pg: psycopg.Connection, wait_s: float) -> None:
    """What was loaded takes the place of what is there."""
    old = pg.execute(
        "select nspname, relname from pg_class join pg_namespace n on n.oid = relnamespace where nspname = any(%s) and relkind = 'r' "
        "order by nspname, relname like 'dim\\_%%', relname",
        [list(SCHEMAS)],
    ).fetchall()
    there = [r[0] for r in pg.execute("select nspname from pg_namespace where nspname = any(%s)", [list(SCHEMAS)]).fetchall()]
    if old:
        names = [sql.Identifier(*name) for name in old]
        _lock(pg, names, wait_s)
        try:
            with pg.transaction():
                pg.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(names)))
                for schema in there:
                    pg.execute(sql.SQL("drop schema {}").format(sql.Identifier(schema)))
        except errors.DependentObjectsStillExist as problem:
            raise PostgresError(
                f"Something rests on our tables and would be lost with them: {problem.diag.message_detail}. Take it out of the database (drop view …) and keep "
                f"its question in the tool that asks it, or build it from a copy of your own; then: rotation postgres. {STANDS}"
            ) from None
    for schema in SCHEMAS:
        pg.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(loading(schema)), sql.Identifier(schema)))


def _lock(pg: psycopg.Connection, names: list[sql.Identifier], wait_s: float) -> None:
    """All tables at once, for us alone, without ever bringing a reader into a deadlock.

    A reader who holds one table and waits for another that we have can only go on when we let go. So each try ends before the server looks for
    deadlocks (and would end one of the two), and lets go of everything. Tries go through the tables from both ends in turn: readers begin with facts,
    or with what says which publication it is.
    """
    (patience_ms,) = pg.execute("select setting::int from pg_settings where name = 'deadlock_timeout'").fetchone() or (1000,)
    until, tries = time.monotonic() + wait_s, 0
    while True:
        tries += 1
        order = names if tries % 2 else names[::-1]
        try:
            with pg.transaction():
                pg.execute(sql.SQL("set local statement_timeout = {}").format(sql.Literal(max(10, patience_ms * min(tries, 7) // 10))))
                pg.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(", ").join(order)))
                pg.execute("set local statement_timeout = 0")
            return
        except (errors.QueryCanceled, errors.DeadlockDetected):
            if time.monotonic() > until:
                raise PostgresError(
                    f"The publication is loaded but cannot take its place: for {wait_s:.0f} s readers held the one before ({_holders(pg)}). A transaction left "
                    f"open is the usual cause: close it, or end it with select pg_terminate_backend(PID); then: rotation postgres. {STANDS}"
                ) from None
            time.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - no secret, only out of step with readers


def _holders(pg: psycopg.Connection) -> str:
    found = pg.execute(
        "select distinct a.pid, a.usename, a.application_name, a.state, date_trunc('second', a.xact_start)::text from pg_locks l join pg_stat_activity a using (pid) "
        "join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace where n.nspname = any(%s) and pid <> pg_backend_pid() order by 5",
        [list(SCHEMAS)],
    ).fetchall()
    return (
        "; ".join(f"PID {pid}, {user}, {app or 'unnamed'}, {state} since {since}" for pid, user, app, state, since in found[:5])
        or "gone by now"
    )
