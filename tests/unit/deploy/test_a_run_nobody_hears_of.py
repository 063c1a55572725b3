"""A team's queue after its container went in the middle of a run: what the daemon makes of it, on PostgreSQL. Not for runs that end by themselves."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from team import free_port, home_of, read, url_of


@dg.op
def work() -> None:
    """Never done: only its run is looked at."""


@dg.job
def lost() -> None:
    work()


@pytest.fixture
def instance(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url_of(postgres))
    with dg.DagsterInstance.from_config(str(home_of("compose", tmp_path / "home"))) as it:
        yield it


@pytest.mark.parametrize(("minutes_left", "status"), [(5, "STARTED"), (-1, "FAILURE")])
def test_a_run_whose_container_is_gone_holds_the_queue_until_its_time_is_up_and_no_longer(
    instance: dg.DagsterInstance, postgres: str, minutes_left: int, status: str
) -> None:
    gone = json.dumps({"host": "127.0.0.1", "port": free_port()})
    run = instance.create_run_for_job(lost, status=dg.DagsterRunStatus.STARTING, tags={GRPC_INFO_TAG: gone})
    instance.report_dagster_event(dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, "lost"), run.run_id)
    most = read("compose/dagster.yaml")["run_monitoring"]["max_runtime_seconds"]
    with psycopg.connect(postgres) as pg:
        pg.execute("update runs set start_time = start_time - %s where run_id = %s", (most - 60 * minutes_left, run.run_id))
    with WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as workspace:
        assert list(execute_run_monitoring_iteration(workspace, logging.getLogger("test"))) == [None]
    with psycopg.connect(postgres) as pg:
        assert pg.execute("select status from runs").fetchall() == [(status,)]
