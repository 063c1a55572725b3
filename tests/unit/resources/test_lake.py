"""A publication in a DuckLake: what stands there, many writers and readers, and the past. On a real server. Not for what is refused (test_lake_refusals.py)."""

import json
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from lakes import ask, brought_back, hashes, live, reading, small, whole
from psycopg.conninfo import make_conninfo

from bench.reliability.postgres_readers import ROWS, TABLES
from pipelines.resources.lake import WRITER, Lake, LakeError, Put, found, plan, publications, publish

LARGE = 1_500_000


def test_a_publication_is_one_snapshot_and_the_one_before_stays_readable(there: Lake, tmp_path: Path) -> None:
    first, second = (small(tmp_path, n) for n in (1, 2))
    puts = [publish(there, *p) for p in (first, second)]
    assert [p.snapshot for p in puts] == [1, 2], "each publication is one snapshot"
    assert {(p.tables, p.rows, p.tries) for p in puts} == {(len(TABLES) + 1, len(TABLES) * ROWS + 1, 1)}
    for put, (_, manifest) in zip(puts, (first, second), strict=True):
        assert brought_back(there, "sample_", put.snapshot) == manifest["tables"]
    held = publications(there)
    assert [(p["run_id"], p["as_of_date"], p["source_mode"], p["provenance"], p["snapshot"]) for p in held] == [
        ("run-0001", "2026-01-09", "sample", "simulated", 1), ("run-0002", "2026-01-09", "sample", "simulated", 2),
    ]  # fmt: skip
    assert held[0]["tables"] == first[1]["tables"]
    message, comment, column, row = ask(
        there,
        "select commit_message from lake.snapshots() where snapshot_id = 2",
        "select comment from duckdb_tables() where schema_name = 'sample_marts' and table_name = 'fct_rates_daily'",
        "select comment from duckdb_columns() where schema_name = 'sample_marts' and table_name = 'fct_rates_daily' and column_name = 'run_id'",
        "select run_id, published_sequence, as_of_date, created_at, provenance, git_revision from lake.sample_reference.publication",
    )
    assert message == [["SIMULATED, sample market as of 2026-01-09, run run-0002"]]
    assert (comment, column) == ([["Rows of marts.fct_rates_daily"]], [["Publication"]])
    assert row == [["run-0002", 2, "2026-01-09", "2026-01-09 23:00:00", "simulated", None]]


def test_the_same_run_again_writes_nothing(there: Lake, tmp_path: Path) -> None:
    published = small(tmp_path, 1)
    publish(there, *published)
    files = sorted((tmp_path / "data").rglob("*.parquet"))
    again = publish(there, *published)
    assert (again.snapshot, again.rows) == (1, 0)
    assert sorted((tmp_path / "data").rglob("*.parquet")) == files
    assert len(publications(there)) == 1


def test_a_run_and_a_day_lead_to_their_snapshot(there: Lake, tmp_path: Path) -> None:
    for number, day in ((1, "2026-01-07"), (2, "2026-01-08"), (3, "2026-01-09")):
        publish(there, *small(tmp_path, number, as_of_date=day))
    publish(there, *small(tmp_path, 4, **live(4), as_of_date="2026-01-08"))
    held = publications(there)
    assert [[p["snapshot"] for p in found(held, asked)] for asked in ("run-0002", "2026-01-08", "2026-01-20", "live")] == [
        [2],
        [2, 4],
        [3, 4],
        [4],
    ]
    for nothing in ("run-9", "2026-01-06"):
        with pytest.raises(LakeError, match=f"holds no publication of '{nothing}': expected a run or a day"):
            found(held, nothing)


def test_tables_that_are_no_longer_published_go_and_are_there_in_the_past(there: Lake, tmp_path: Path) -> None:
    file, manifest = small(tmp_path, 1)
    publish(there, file, manifest)
    file, _ = small(tmp_path / "later", 2)
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table marts.fct_credit_daily; alter table marts.fct_rates_daily add column more integer")
    publish(there, file, manifest | {"run_id": "run-0002", "tables": hashes(file)})
    names, now, past = ask(
        there,
        "select table_name from duckdb_tables() where schema_name = 'sample_marts' and table_name like 'fct%' order by 1",
        "select count(more), count(*) from lake.sample_marts.fct_rates_daily",
        "select count(*), max(run_id) from lake.sample_marts.fct_credit_daily at (version => 1)",
    )
    assert [n for (n,) in names] == ["fct_breadth_daily", "fct_performance_daily", "fct_rates_daily"]
    assert (now, past) == ([[0, ROWS]], [[ROWS, "run-0001"]])


def test_writers_at_once_lose_nothing_and_readers_never_see_two_publications(there: Lake, tmp_path: Path) -> None:
    """Four at a time: a market from two places, another market, and another desk."""
    desk = replace(there, desk="rates")
    made = {
        n: small(tmp_path / str(n), n, **(live(n) if n >= 30 else {}))
        for n in (1, *range(10, 12), *range(20, 22), *range(30, 32), *range(40, 42))
    }
    publish(there, *made[1])
    publish(desk, *small(tmp_path / "first-of-desk", 2, **live(2)))
    readers = [reading(there, [whole("sample_"), "select run_id from lake.sample_reference.publication"], is_loop=True) for _ in range(2)]

    def write(target: Lake, numbers: range) -> list[Put]:
        return [publish(target, *made[n]) for n in numbers]

    with ThreadPoolExecutor(4) as pool:
        work = [
            pool.submit(write, t, r)
            for t, r in ((there, range(10, 12)), (there, range(20, 22)), (there, range(30, 32)), (desk, range(40, 42)))
        ]
        puts = [p for w in work for p in w.result()]
    reads = 0
    seen = set()
    for reader in readers:
        said, error = reader.communicate(timeout=60)
        assert reader.returncode == 0, error
        for line in said.splitlines():
            [[runs, rows]], [[run]] = json.loads(line)
            assert (runs, rows) == ([run + run], [ROWS]), "one publication, whole"
            seen.add(run)
            reads += 1
    assert reads > 10
    assert len(seen) > 1, "readers saw publications take each other's place"
    held = publications(there)
    runs = {(p["prefix"], p["run_id"]) for p in held}
    assert runs >= {("sample_", f"run-{n:04d}") for n in (*range(10, 12), *range(20, 22))}
    assert runs >= {("live_", f"live-{n:04d}") for n in range(30, 32)} | {("rates_live_", f"live-{n:04d}") for n in range(40, 42)}
    assert len(held) == 2 + len(puts)
    pasts = ask(there, *(whole(p["prefix"], f" at (version => {p['snapshot']})") for p in held))
    assert pasts == [[[[p["run_id"].replace("live", "run") * 2], [ROWS]]] for p in held]


# A publication during whose transaction, at each of the first `others` tries, another one of the same market is committed.
OVERTAKEN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import writer
mine, *others = json.loads(sys.argv[2])
which = writer._which
def overtaken(*given):
    if others:
        other = others.pop()
        writer._which = which
        writer.publish(writer.attached(other), other)
        writer._which = overtaken
    which(*given)
writer._which = overtaken
try:
    print(json.dumps(writer.publish(writer.attached(mine), mine)))
except writer.RefusedError as problem:
    print(json.dumps(str(problem)))
"""


def test_who_is_overtaken_tries_again_a_bounded_number_of_times(there: Lake, tmp_path: Path) -> None:
    def told(tries: int, *numbers: int) -> Any:
        at = {"catalog": there.catalog, "data": there.data, "memory": "512MB", "threads": 1, "tries": tries}
        plans = [plan(there, *small(tmp_path, n)) | at for n in numbers]
        command = [str(there.environment / "bin" / "python"), "-c", OVERTAKEN, str(WRITER.parent), json.dumps(plans)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert told(5, 1, 2, 3) == {"snapshot": 3, "tables": len(TABLES) + 1, "rows": len(TABLES) * ROWS + 1, "tries": 3}
    assert "other writers were faster 1 times: " in told(1, 4, 5)
    assert [p["run_id"] for p in publications(there)] == [f"run-000{n}" for n in (3, 2, 1, 5)], "both are there, the later commit is read"
    assert ask(there, whole("sample_")) == [[[["run-0005run-0005"], [ROWS]]]]


def test_a_writer_that_is_killed_leaves_the_snapshot_before(there: Lake, tmp_path: Path) -> None:
    publish(there, *small(tmp_path, 1))
    file, manifest = small(tmp_path, 2)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"create table reference.zlast as select i, hash(i) as h, md5(i::varchar) as m from range({LARGE}) t(i)")
    manifest |= {"tables": manifest["tables"] | {"reference.zlast": {"rows": LARGE, "content_sha256": "not asked for here"}}}
    task = plan(there, file, manifest) | {
        "catalog": there.catalog,
        "data": there.data,
        "memory": "1GB",
        "threads": 1,
    }
    writer = subprocess.Popen(
        [str(there.environment / "bin" / "python"), str(WRITER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdin is not None
    writer.stdin.write(json.dumps(task))
    writer.stdin.close()
    while not list((tmp_path / "data").glob("sample_reference/zlast/*")):
        assert writer.poll() is None, "it was faster than the test"
        time.sleep(0.01)
    writer.send_signal(signal.SIGKILL)
    assert writer.wait(20) == -signal.SIGKILL
    assert len(publications(there)) == 1
    assert ask(there, whole("sample_")) == [[[["run-0001run-0001"], [ROWS]]]]
    assert publish(there, file, manifest).snapshot == 2
    assert ask(there, "select count(*) from lake.sample_reference.zlast") == [[[LARGE]]]


def test_a_reader_needs_the_right_to_select_and_no_other(there: Lake, postgres: str, tmp_path: Path) -> None:
    """As docs/scale.md says it."""
    publish(there, *small(tmp_path, 1))
    with psycopg.connect(postgres, autocommit=True) as pg:
        pg.execute("create role lake_ana login")
        try:
            pg.execute("grant select on all tables in schema public to lake_ana")
            pg.execute("alter default privileges in schema public grant select on tables to lake_ana")
            theirs = replace(there, catalog=f"postgres:{make_conninfo(postgres, user='lake_ana')}")
            assert ask(theirs, whole("sample_")) == [[[["run-0001run-0001"], [ROWS]]]]
            with pytest.raises(LakeError, match="permission denied"):
                publish(theirs, *small(tmp_path, 2))
            publish(there, *small(tmp_path, 3))
            assert ask(theirs, whole("sample_")) == [[[["run-0003run-0003"], [ROWS]]]]
        finally:
            pg.execute("drop owned by lake_ana; drop role lake_ana")


def test_old_snapshots_go_by_ducklakes_own_calls(there: Lake, tmp_path: Path) -> None:
    """As docs/scale.md says it."""
    for number in (1, 2, 3):
        publish(there, *small(tmp_path, number))
    files = len(list((tmp_path / "data").rglob("*.parquet")))
    lines = [
        "call ducklake_expire_snapshots('lake', versions => [1, 2])",
        "call ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "call ducklake_delete_orphaned_files('lake', cleanup_all => true)",
    ]
    code = "import sys,json; sys.path.insert(0, sys.argv[1]); import writer; lake = writer.attached(json.loads(sys.argv[2])); [lake.execute(q) for q in sys.argv[3:]]"
    given = json.dumps({"do": "publish", "catalog": there.catalog, "data": there.data, "threads": 1, "memory": "512MB"})
    subprocess.run([str(there.environment / "bin" / "python"), "-c", code, str(WRITER.parent), given, *lines], check=True)
    assert [p["run_id"] for p in publications(there)] == ["run-0003"]
    assert len(list((tmp_path / "data").rglob("*.parquet"))) == files // 3
    assert ask(there, whole("sample_")) == [[[["run-0003run-0003"], [ROWS]]]]
    assert publish(there, *small(tmp_path, 4)).rows == len(TABLES) * ROWS + 1
