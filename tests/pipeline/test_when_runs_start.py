"""Runs start on session days after the close and for new files, when switched on; one at a time."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from worlds import AT_ONCE, publish

from pipelines.definitions import defs
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import Settings


@pytest.fixture
def schedule() -> dg.ScheduleDefinition:
    found = defs.resolve_schedule_def("after_the_close")
    assert isinstance(found, dg.ScheduleDefinition)
    return found


def tick(schedule: dg.ScheduleDefinition, moment: datetime) -> dg.RunRequest | None:
    """The run of a tick, None where it is skipped."""
    with dg.build_schedule_context(scheduled_execution_time=moment) as context:
        requests = schedule.evaluate_tick(context).run_requests
    return requests[0] if requests else None


def test_both_are_off_until_switched_on(schedule: dg.ScheduleDefinition) -> None:
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert defs.resolve_sensor_def("drop_folder").default_status is dg.DefaultSensorStatus.STOPPED


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 1, 1), "New Year"),
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 7, 3), "Independence Day, observed"),
        (date(2026, 11, 26), "Thanksgiving"),
        (date(2026, 1, 10), "Saturday"),
        (date(2026, 1, 11), "Sunday"),
        (date(2025, 1, 9), "the day of mourning for President Carter"),
    ],
)
def test_no_run_on_a_day_without_a_session(schedule: dg.ScheduleDefinition, day: date, why: str) -> None:
    assert tick(schedule, datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)) is None, why


@pytest.mark.parametrize("day", [date(2026, 1, 9), date(2026, 11, 27), date(2026, 7, 6)])
def test_one_live_run_a_session_day_half_days_too(schedule: dg.ScheduleDefinition, day: date) -> None:
    run = tick(schedule, datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC))
    assert run is not None
    assert run.run_key == str(day)
    assert run.run_config["resources"]["options"]["config"]["sources"] == "LIVE"


def test_the_schedule_fires_on_weekdays_after_the_close_in_new_york_time(schedule: dg.ScheduleDefinition) -> None:
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 18 * * 1-5", "America/New_York")


def test_the_sensor_asks_for_a_run_once_per_content(warehouse: Settings) -> None:
    sensor = defs.resolve_sensor_def("drop_folder")
    folder: Path = warehouse.drop_folder / "bars" / "R2000"
    folder.mkdir(parents=True)

    def runs(cursor: str | None) -> tuple[list[str | None], str | None]:
        with dg.build_sensor_context(cursor=cursor, definitions=defs) as context:
            said = sensor.evaluate_tick(context)
        return [r.run_key for r in said.run_requests or []], said.cursor

    none, cursor = runs(None)
    assert none == []
    (folder / "a.csv").write_text("date,symbol,close\n2026-01-09,SIM,10\n")
    first, cursor = runs(cursor)
    assert len(first) == 1
    again, cursor = runs(cursor)
    assert again == []
    upgraded, _ = runs("78af0c")  # as versions before wrote it
    assert upgraded == first
    (folder / "a.csv").write_text("date,symbol,close\n2026-01-09,SIM,11\n")
    changed, cursor = runs(cursor)
    assert len(changed) == 1
    assert changed != first
    (folder / "a.csv").unlink()
    gone, _ = runs(cursor)
    assert gone == []


def test_a_second_run_at_the_same_time_is_refused_by_the_name_of_the_holder(warehouse: Settings) -> None:
    options = RunOptions(sources=Sources.SAMPLE, as_of=None, mirror=None, now=None)
    with dg.build_init_resource_context() as context:
        options.setup_for_execution(context)
        try:
            outcome = publish(AT_ONCE)
        finally:
            options.teardown_after_execution(context)
    assert not outcome.is_published
    assert any("The sample warehouse is being written by process" in m and "Wait until it has ended" in m for m in outcome.failures), (
        outcome
    )
    assert not warehouse.work_file("sample").exists()


def test_what_a_run_that_died_left_behind_holds_up_no_other(warehouse: Settings) -> None:
    lock = warehouse.work_file("sample").with_name("run.lock")
    lock.parent.mkdir(parents=True)
    lock.touch()
    lock.with_name("run.holder").write_text("process 1 (run of yesterday)")
    options = RunOptions(sources=Sources.SAMPLE, as_of=None, mirror=None, now=None)
    with dg.build_init_resource_context() as context:
        options.setup_for_execution(context)
        options.teardown_after_execution(context)


def test_the_job_holds_every_asset_and_check() -> None:
    job = defs.resolve_job_def("rotation")
    graph = defs.resolve_asset_graph()
    assert set(job.asset_layer.executable_asset_keys) == set(graph.executable_asset_keys)
    assert {k.to_user_string() for k in graph.executable_asset_keys if k.path[0] == "published"} == {
        "published/warehouse",
        "published/postgres",
        "published/lake",
    }
