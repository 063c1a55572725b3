"""Dagster for a team, for real: code server, daemon and UI of deploy/compose as processes on a PostgreSQL, and runs through its queue."""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from team import PASSWORD, Team, started, wait_for
from worlds import rows

from pipelines.resources.run import Alone
from pipelines.settings import Settings, load_settings

pytestmark = pytest.mark.slow
CALENDAR = ("raw/clock_day", "raw/exchange_sessions")


@dataclass(frozen=True)
class Day:
    """Three runs launched from the UI. What was seen of them while the market was held, and when the first had been killed."""

    killed: str
    second: str
    third: str
    held: tuple[str, str]
    after: tuple[str, str]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(warehouse=tmp_path_factory.mktemp("team") / "warehouse")


@pytest.fixture(scope="module")
def team(postgres_server: str, files: Settings) -> Iterator[Team]:
    """One team for all tests of this file; its database is its own."""
    name = f"team_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as pg:
        pg.execute(f"create database {name}")
        with started(make_conninfo(postgres_server, dbname=name), files.warehouse.parent, files.warehouse) as it:
            yield it
        pg.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def day(team: Team, files: Settings) -> Day:
    def begins(run: str) -> str:
        return wait_for(f"beginning of {run}", lambda: s if (s := team.status(run)) not in ("QUEUED", "STARTING") else None)

    def looked_at_again(run: str) -> str:
        """Its status once the daemon has been through the queue with it twice, or has begun it."""
        before = team.times_held_back()
        wait_for("the daemon", lambda: team.status(run) != "QUEUED" or team.times_held_back() >= before + 2)
        return team.status(run)

    with Alone(files, "sample", "the test"):
        killed = team.launch(*CALENDAR, wait_s=600)
        begins(killed)
        second = team.launch(*CALENDAR, as_of="2025-12-31", wait_s=600)
        held = (team.status(killed), looked_at_again(second))
        told = "select event from event_logs where run_id = %s"
        pid = re.compile(r"Started process for run \(pid: (\d+)\)")
        os.kill(int(next(m for (event,) in team.rows(told, killed) if (m := pid.search(event))).group(1)), signal.SIGKILL)
        team.ended(killed)
        begins(second)
        third = team.launch(*CALENDAR, as_of="2026-01-02")
        after = (team.status(second), looked_at_again(third))
    team.ended(second)
    team.ended(third)
    return Day(killed, second, third, held, after)


def test_one_run_works_and_the_next_waits_in_the_queue(team: Team, day: Day) -> None:
    assert (day.held, day.after) == (("STARTED", "QUEUED"), ("STARTED", "QUEUED"))
    spans = [team.rows("select start_time, end_time from runs where run_id = %s", run)[0] for run in (day.killed, day.second, day.third)]
    moments = [moment for span in spans for moment in span]
    assert moments == sorted(moments)


def test_a_run_that_is_killed_is_told_and_lets_the_next_one_in(team: Team, day: Day) -> None:
    assert [team.status(run) for run in (day.killed, day.second, day.third)] == ["FAILURE", "SUCCESS", "SUCCESS"]


def test_what_queued_runs_did_stands_in_postgres_and_in_the_warehouse(team: Team, day: Day, files: Settings) -> None:
    for run in (day.second, day.third):
        told = team.rows("select dagster_event_type, asset_key from event_logs where run_id = %s order by id", run)
        kinds = [kind for kind, _ in told]
        assert kinds.index("PIPELINE_ENQUEUED") < kinds.index("PIPELINE_STARTING") < kinds.index("PIPELINE_START")
        assert [key for kind, key in told if kind == "ASSET_MATERIALIZATION"] == ['["raw", "clock_day"]', '["raw", "exchange_sessions"]']
        assert any(kind == "ASSET_CHECK_EVALUATION" for kind in kinds)
    assert rows(files.work_file("sample"), "select as_of_date::varchar, run_id from raw.clock_day") == [("2026-01-02", day.third)]


def test_the_password_is_in_no_log_and_no_event(team: Team, day: Day) -> None:
    logs = {p.name: p.read_text(encoding="utf-8") for p in team.logs.glob("*.log")}
    assert set(logs) == {"code.log", "daemon.log", "webserver.log"}
    assert [row for row in team.rows("select event from event_logs union all select run_body from runs") if PASSWORD in row[0]] == []
    kept = [p for p in team.logs.rglob("*") if p.is_file()]
    assert any(p.suffix == ".err" for p in kept)  # what the runs wrote
    assert [p for p in kept if PASSWORD.encode() in p.read_bytes()] == []
