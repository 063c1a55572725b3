"""Row `postgres_readers`: 20 readers, with a reader's rights, while one publication after another takes its place in PostgreSQL. Not for the whole sample (tests)."""

import itertools
import random
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from bench.own_postgres import NoServerError, reader, server
from bench.reliability.row import NotHereError, Row, Tell
from pipelines.resources.postgres import publish
from pipelines.resources.postgres_form import READER, PostgresError
from pipelines.resources.warehouse import STORAGE

READERS = 20
ROWS = 500
FACTS = tuple(f"marts.fct_{n}_daily" for n in ("performance", "breadth", "rates", "credit"))
TABLES = (*FACTS, "marts.dim_instrument", "quality.freshness", "reference.pairs")
KEYS = dict.fromkeys(TABLES, ("session_date", "instrument_id"))


def publication(folder: Path, number: int, rows: int = ROWS) -> tuple[Path, dict[str, Any]]:
    """A small published file whose every row says which publication it is of, and its manifest."""
    run = f"run-{number:04d}"
    file = folder / f"{run}.duckdb"
    with duckdb.connect(str(file), config={"storage_compatibility_version": STORAGE}) as connection:
        connection.execute("create schema marts; create schema quality; create schema reference")
        for name in TABLES:
            connection.execute(
                f"create table {name} as select date '2026-01-01' + (i // 10)::integer as session_date, 'I' || i % 10 as instrument_id, "
                f"'{run}' as run_id, (i / 7)::decimal(18, 4) as return_pct, 'simulated' as provenance from range({rows}) as t(i)"
            )
            connection.execute(f"comment on table {name} is 'Rows of {name}'; comment on column {name}.run_id is 'Publication'")
    manifest = {
        "run_id": run, "published_sequence": number, "as_of_date": "2026-01-09", "created_at": "2026-01-09T23:00:00Z", "source_mode": "sample",
        "provenance": "simulated", "git_revision": None, "database_sha256": "0" * 64,
    }  # fmt: skip
    return file, manifest


def run(count: int, folder: Path, tell: Tell) -> Row:
    """`count` publications in a row; a reader that gets an error, sees two publications, or a table that is not whole is a failure."""
    try:
        with server() as conninfo:
            return _run(conninfo, count, folder, tell)
    except NoServerError as reason:
        raise NotHereError(str(reason)) from None


def _run(conninfo: str, count: int, folder: Path, tell: Tell) -> Row:
    failures: list[str] = []
    reads, seen = itertools.count(), set[str]()
    publish(conninfo, *publication(folder, 0), KEYS)
    theirs = reader(conninfo)
    end = threading.Event()
    readers = [threading.Thread(target=_read, args=(theirs, n, end, failures, reads, seen)) for n in range(READERS)]
    for one in readers:
        one.start()
    waits, started = [], time.perf_counter()
    try:
        for number in range(1, count + 1):
            tell(f"publication {number} of {count}")
            file, manifest = publication(folder, number)
            try:
                waits.append(publish(conninfo, file, manifest, KEYS).waited_s)
            except PostgresError as problem:
                failures.append(f"publication {number}: {problem}")
            file.unlink()
    finally:
        end.set()
        for one in readers:
            one.join()
    said = (
        f"{READERS} readers in the role {READER}, {next(reads):,} transactions of three kinds, {len(seen)} publications seen by them, "
        f"longest wait for readers {max(waits, default=0):.2f} s, {time.perf_counter() - started:.0f} s in all"
    )
    return Row("publications into PostgreSQL under 20 readers: no error, no mixed state", count, tuple(failures), said)


def _read(conninfo: str, number: int, end: threading.Event, failures: list[str], reads: "itertools.count[int]", seen: set[str]) -> None:
    """One reader: in turn one statement over all tables, a transaction table by table, and one whose snapshot is older than what it reads."""
    chance = random.Random(number)  # noqa: S311
    whole = " union all ".join(f"select '{t}', count(*), min(run_id), max(run_id) from {t}" for t in TABLES)
    try:
        with psycopg.connect(conninfo, autocommit=True) as pg:
            for turn in itertools.count(number):
                if end.is_set():
                    return
                found = pg.execute(whole).fetchall() if turn % 3 == 0 else _table_by_table(pg, chance, is_snapshot=turn % 3 == 2)
                runs = {run for _, _, low, high in found for run in (low, high)}
                short = [(table, rows) for table, rows, _, _ in found if rows != (1 if table == "reference.publication" else ROWS)]
                if len(runs) != 1 or short:
                    failures.append(f"reader {number}, turn {turn}: saw publications {sorted(map(str, runs))}, not whole: {short}")
                seen |= {str(r) for r in runs}
                next(reads)
    except psycopg.Error as problem:
        failures.append(f"reader {number}: {type(problem).__name__}: {problem}")


def _table_by_table(pg: psycopg.Connection, chance: random.Random, is_snapshot: bool) -> list[tuple[Any, ...]]:
    """Which publication it is, then tables in any order, as a careful tool does."""
    names = ["reference.publication", *chance.sample(TABLES, 4)]
    with pg.transaction():
        if is_snapshot:
            pg.execute("set transaction isolation level repeatable read")
            pg.execute("select 1")  # the snapshot is taken here
            time.sleep(chance.uniform(0, 0.05))
        return [pg.execute(f"select '{t}', count(*), min(run_id), max(run_id) from {t}").fetchall()[0] for t in names]
