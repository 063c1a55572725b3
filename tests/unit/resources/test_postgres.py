"""The publication in PostgreSQL: what stands there, what is refused, and what a load that breaks off leaves. On a real server. Not for the whole sample."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.reliability import postgres_readers
from bench.reliability.postgres_readers import KEYS, ROWS, publication
from bench.reliability.row import NotHereError
from pipelines.resources import postgres as module
from pipelines.resources.postgres import publish
from pipelines.resources.postgres_form import PostgresError, Table

Put = Callable[..., Any]


@pytest.fixture
def put(postgres: str, tmp_path: Path) -> Put:
    """Publish number n into the test's database."""

    def call(number: int, conninfo: str = postgres, wait_s: float = 20, **facts: Any) -> Any:
        file, manifest = publication(tmp_path, number)
        return publish(conninfo, file, manifest | facts, KEYS, wait_s)

    return call


def ask(conninfo: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo) as pg:
        return pg.execute(query, values or None).fetchall()


def schemas(conninfo: str) -> set[str]:
    return {
        s
        for (s,) in ask(
            conninfo, "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')"
        )
    }


def test_a_publication_takes_the_place_of_the_one_before(postgres: str, put: Put) -> None:
    for number in (1, 2):
        done = put(number)
        assert (done.tables, done.rows) == (len(KEYS) + 1, len(KEYS) * ROWS + 1)
        for table in KEYS:
            assert ask(postgres, f"select min(run_id), max(run_id), count(*) from {table}") == [
                (f"run-000{number}", f"run-000{number}", ROWS)
            ]
        assert ask(postgres, "select run_id, as_of_date, created_at, source_mode, provenance from reference.publication") == [
            (f"run-000{number}", date(2026, 1, 9), datetime(2026, 1, 9, 23, tzinfo=UTC), "sample", "simulated")
        ]
        assert schemas(postgres) == {"marts", "quality", "reference"}


def test_types_nulls_and_texts_are_those_of_the_file(postgres: str, tmp_path: Path) -> None:
    _, manifest = publication(tmp_path, 1)
    file = tmp_path / "odd.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts; create schema quality; create schema reference")
        connection.execute(
            'create table marts.odd ("order" integer, "a b" varchar, day date, made timestamp, share decimal(18, 6), yes boolean, big bigint, x double)'
        )
        rows = [
            (1, "", date(1926, 7, 31), datetime(2026, 1, 9, 21, 0, 0, 500_000), Decimal("-0.000001"), True, 2**62, 0.1),  # noqa: DTZ001
            (2, None, None, None, None, None, None, None),
            (
                3,
                'said "so", \\N \\. \n ü 漢\r\n',
                date(9999, 12, 31),
                datetime(1970, 1, 1),  # noqa: DTZ001
                Decimal("123456789012.123456"),
                False,
                -1,
                1e300,
            ),
            (4, "NULL", date(2024, 2, 29), datetime(2026, 7, 1, 2, 30), Decimal("0"), False, 0, -0.0),  # noqa: DTZ001
            (5, "zero \x00 byte", date(2024, 2, 29), datetime(2026, 7, 1), Decimal("1.5"), False, 0, 5e-324),  # noqa: DTZ001
        ]
        connection.executemany("insert into marts.odd values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    publish(postgres, file, manifest, {})
    with psycopg.connect(postgres, options="-c timezone=Pacific/Kiritimati") as pg:
        got = pg.execute('select * from marts.odd order by "order"').fetchall()
        kinds = [
            k
            for (k,) in pg.execute(
                "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'marts.odd'::regclass and attnum > 0 order by attnum"
            )
        ]
    expected = [tuple(v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for v in row) for row in rows]
    expected[4] = tuple("zero ␀ byte" if v == "zero \x00 byte" else v for v in expected[4])
    assert got == expected
    assert kinds == ["integer", "text", "date", "timestamp with time zone", "numeric(18,6)", "boolean", "bigint", "double precision"]


def test_keys_indexes_and_comments_stand_there(postgres: str, put: Put) -> None:
    put(1)
    put(2)
    keys = ask(
        postgres,
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint where contype = 'p' and conrelid >= 16384",
    )
    assert sorted(keys) == sorted((name, "PRIMARY KEY (session_date, instrument_id)") for name in KEYS)
    (index,) = ask(postgres, "select indexdef from pg_indexes where tablename = 'fct_rates_daily' and indexname !~ 'pkey'")
    assert index[0].endswith("ON marts.fct_rates_daily USING btree (instrument_id)")
    (said,) = ask(
        postgres,
        "select obj_description('marts.fct_rates_daily'::regclass), col_description('marts.fct_rates_daily'::regclass, 3), obj_description('marts'::regnamespace)",
    )
    assert said[:2] == ("Rows of marts.fct_rates_daily", "Publication")
    assert "SIMULATED" in said[2]
    assert "run-0002" in said[2]
    assert ask(postgres, "select reltuples from pg_class where oid = 'marts.fct_rates_daily'::regclass") == [(ROWS,)], "statistics are made"


def test_the_reader_reads_and_writes_nothing(postgres: str, put: Put) -> None:
    put(1)
    put(2)
    with psycopg.connect(postgres, autocommit=True) as pg:
        pg.execute("set role rotation_reader")
        assert pg.execute("select count(*) from marts.fct_rates_daily").fetchone() == (ROWS,)
        for statement in (
            "delete from marts.fct_rates_daily",
            "insert into reference.publication select * from reference.publication",
            "drop table marts.fct_rates_daily",
            "create table marts.mine (a int)",
            "truncate quality.freshness",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                pg.execute(statement)
    assert ask(postgres, "select rolcanlogin from pg_roles where rolname = 'rotation_reader'") == [(False,)]


def test_a_load_that_is_killed_leaves_nothing_and_readers_the_one_before(postgres: str, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put(1)
    finish, killed = module.finish, []

    def kill(table: Table, key_has_gaps: bool) -> Any:
        if table.name == "freshness":
            killed.extend(ask(postgres, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rotation'"))
        return finish(table, key_has_gaps)

    monkeypatch.setattr(module, "finish", kill)
    with pytest.raises(PostgresError, match=r"PostgreSQL: .*readers of PostgreSQL go on seeing the publication before"):
        put(2)
    assert killed
    assert schemas(postgres) == {"marts", "quality", "reference"}
    assert ask(postgres, "select run_id from reference.publication") == [("run-0001",)]
    monkeypatch.undo()
    put(3)
    assert ask(postgres, "select distinct run_id from quality.freshness") == [("run-0003",)]


def test_who_is_reading_reads_to_the_end_and_who_holds_on_is_named(postgres: str, put: Put) -> None:
    put(1)
    with psycopg.connect(postgres, application_name="a dashboard") as reader:
        assert reader.execute("select max(run_id) from marts.fct_rates_daily").fetchone() == ("run-0001",)
        with pytest.raises(
            PostgresError, match=r"readers held the one before \(PID \d+, rotation, a dashboard, idle in transaction.*rotation postgres"
        ):
            put(2, wait_s=0.5)
        assert reader.execute("select max(run_id) from marts.dim_instrument").fetchone() == ("run-0001",), (
            "one transaction, one publication"
        )
        done: list[Any] = []
        waiting = threading.Thread(target=lambda: done.append(put(3)))
        waiting.start()
        time.sleep(2)
        assert not done
        assert reader.execute("select max(run_id) from quality.freshness").fetchone() == ("run-0001",)
        reader.commit()
        waiting.join(20)
        assert done[0].waited_s > 0.5
        assert reader.execute("select max(run_id) from marts.fct_rates_daily").fetchone() == ("run-0003",)


def test_two_loads_at_once_are_refused(postgres: str, put: Put) -> None:
    with psycopg.connect(postgres) as other:
        other.execute("select pg_advisory_xact_lock(%s)", [module.LOCK])
        with pytest.raises(PostgresError, match=r"Another load into .* is at work"):
            put(1)
    assert schemas(postgres) == set()


def test_schemas_of_others_are_not_touched(postgres: str, put: Put) -> None:
    with psycopg.connect(postgres) as pg:
        pg.execute("create schema marts; create table marts.theirs as select 1 as a")
    with pytest.raises(PostgresError, match=r"schemas that are not of Rotation's making: marts\. .*create database rotation"):
        put(1)
    assert ask(postgres, "select * from marts.theirs") == [(1,)]


def test_simulated_data_does_not_take_the_place_of_the_live_market(postgres: str, put: Put) -> None:
    put(1, source_mode="live", provenance="observed")
    with pytest.raises(PostgresError, match="holds the live market; simulated data does not take its place"):
        put(2)
    assert ask(postgres, "select run_id, source_mode from reference.publication") == [("run-0001", "live")]
    put(3, source_mode="live", provenance="observed")


def test_a_view_of_others_on_our_tables_is_named_and_not_dropped(postgres: str, put: Put) -> None:
    put(1)
    with psycopg.connect(postgres) as pg:
        pg.execute("create view public.theirs as select * from marts.fct_rates_daily")
    with pytest.raises(PostgresError, match=r"Something rests on our tables .*view theirs depends on table marts\.fct_rates_daily"):
        put(2)
    assert ask(postgres, "select count(*) from public.theirs") == [(ROWS,)]


def test_without_the_right_to_make_schemas_or_roles_the_cure_is_named(postgres: str, put: Put) -> None:
    with psycopg.connect(postgres, autocommit=True) as pg:
        pg.execute("drop role if exists plain")
        pg.execute("create role plain login")
    with pytest.raises(PostgresError, match=r"permission denied.*grant it CREATE on the database"):
        put(1, make_conninfo(postgres, user="plain"))
    with psycopg.connect(postgres, autocommit=True) as pg:
        pg.execute(f'grant create on database "{pg.info.dbname}" to plain')
    put(2, make_conninfo(postgres, user="plain"))
    with psycopg.connect(postgres, autocommit=True) as pg:
        pg.execute("drop owned by plain; drop role plain")


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://me:canary-secret@127.0.0.1:1/db",
        "postgres//me:canary-secret@host/db",
        "host=127.0.0.1 port=1 user=me password=canary-secret",
        "postgresql://me:canary-secret@host:port/db",
        "host = 'canary-secret",
    ],
)
def test_no_error_holds_the_password(conninfo: str, put: Put) -> None:
    with pytest.raises(PostgresError, match="ROTATION_POSTGRES") as caught:
        put(1, conninfo)
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_type_without_a_form_is_named(postgres: str, tmp_path: Path) -> None:
    file, manifest = publication(tmp_path, 1)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table marts.lists as select [1, 2] as many")
    with pytest.raises(PostgresError, match=r"marts\.lists\.many is INTEGER\[\]: expected BOOLEAN"):
        publish(postgres, file, manifest, {})
    assert schemas(postgres) == set()


def test_readers_in_a_loop_see_one_publication_at_a_time(tmp_path: Path) -> None:
    try:
        row = postgres_readers.run(3, tmp_path, lambda text: None)
    except NotHereError as reason:
        pytest.skip(str(reason))
    assert (row.done, row.failures) == (3, ())


def test_the_loop_of_readers_notices_a_right_they_were_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "rights", lambda schema: iter(()))
    try:
        row = postgres_readers.run(1, tmp_path, lambda text: None)
    except NotHereError as reason:
        pytest.skip(str(reason))
    assert len(row.failures) == postgres_readers.READERS
    assert all("InsufficientPrivilege: permission denied for schema" in f for f in row.failures)


def test_the_loop_of_readers_notices_rows_that_come_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = module._copy
    monkeypatch.setattr(module, "_copy", lambda there: psycopg.sql.SQL(plain(there).as_string().replace(", freeze true", "")))
    try:
        row = postgres_readers.run(6, tmp_path, lambda text: None)
    except NotHereError as reason:
        pytest.skip(str(reason))
    assert row.failures
