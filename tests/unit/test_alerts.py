"""Alerts reach a webhook and a command, once, say what a person on call needs, and hold no secret."""

import json
import logging
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from receiver import CANARY, Receiver
from typer.testing import CliRunner

from pipelines import runner
from pipelines.alerts.message import of_run, of_test
from pipelines.alerts.send import TRIES, send
from pipelines.alerts.sensors import failed_runs, late_data
from pipelines.causes import ATTENDED
from pipelines.cli import app
from pipelines.resources.clock import Clock
from pipelines.settings import Settings, SettingsError, load_settings
from pipelines.settings import settings as current

STORY = (
    "raw.yahoo_bars: close_in_catalog_limits failed (1 failing). It guards against: A level off by a factor. Compare with a second source."
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def told(warehouse: Settings, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings with the webhook and a command that writes down how it was called; gives the folder it writes to."""
    folder = tmp_path / "calls"
    folder.mkdir()
    recorder = tmp_path / "record.py"
    recorder.write_text(
        "import json, os, pathlib, sys\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "call = {'words': sys.argv[1:], 'text': sys.stdin.read(), 'keys': [k for k in os.environ if k in ('ROTATION_TIINGO_TOKEN', 'ROTATION_ALERT_WEBHOOK')]}\n"
        "(folder / f'{len(list(folder.iterdir()))}.json').write_text(json.dumps(call))\n"
    )
    monkeypatch.setenv("ROTATION_ALERT_WEBHOOK", receiver.url)
    monkeypatch.setenv(
        "ROTATION_ALERT_COMMAND", f"{shlex.quote(sys.executable)} {shlex.quote(str(recorder))} -s '{{subject}}' desk@example.com"
    )
    monkeypatch.setenv("ROTATION_TIINGO_TOKEN", "canary-of-tiingo")
    current.cache_clear()
    return folder


def calls(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(p.read_text()) for p in sorted(folder.iterdir())]


def publish(settings: Settings, as_of: str, mode: str = "live", late: tuple[str, ...] = ()) -> None:
    """A publication with the little that alerts read of it."""
    import duckdb

    folder = settings.published("live" if mode == "live" else "sample")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(
        json.dumps({"run_id": "0123456789ab", "as_of_date": as_of, "created_at": f"{as_of}T23:31:00Z", "source_mode": mode})
    )
    (folder / "rotation.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(folder / "rotation.duckdb")) as connection:
        connection.execute("create schema quality")
        connection.execute(
            "create table quality.freshness (series_id varchar, is_required boolean, status varchar, last_observation date, expected_by date, sessions_late int)"
        )
        for series in late:
            connection.execute("insert into quality.freshness values (?, false, 'late', '2026-01-02', '2026-01-05', 4)", [series])
        connection.execute("insert into quality.freshness values ('SP500', true, 'fresh', ?, ?, 0)", [as_of, as_of])


def test_an_alert_says_what_stopped_which_check_since_when_the_cure_and_where_to_look(told: Path, receiver: Receiver) -> None:
    publish(current(), "2026-01-08")
    alert = of_run(current(), "live", "fedcba9876543210", [STORY], ["raw/yahoo_bars close_in_catalog_limits"])
    assert send(current(), alert).problems == ()
    (heard,) = receiver.heard
    assert heard["kind"] == "blocked"
    assert heard["subject"] == "Rotation: run fedcba98 of the live market blocked by close_in_catalog_limits"
    for said in (
        "run fedcba98 of the live market was not published",
        STORY,
        "Checks that closed: raw/yahoo_bars close_in_catalog_limits",
        "Readers see run 01234567, as of 2026-01-08",
        "They see older data since the session of 2026-01-09 closed: 2026-01-09 21:00 UTC",
        "Cure:",
        "http://127.0.0.1:3000/runs/fedcba9876543210",
    ):
        assert said in heard["text"]
    (call,) = calls(told)
    assert call["words"] == ["-s", heard["subject"], "desk@example.com"]
    assert STORY in call["text"]
    assert call["keys"] == [], "a program that is none of ours is not given our keys"


def test_a_subject_is_one_argument_and_one_line_whatever_stopped_the_run(told: Path, receiver: Receiver) -> None:
    nasty = "x'; touch /tmp/owned; $(reboot) `id`\n\x1b[2J evil_check"
    send(current(), of_run(current(), "live", "0" * 16, [nasty], [nasty]))
    (call,) = calls(told)
    assert len(call["words"]) == 3
    assert "\n" not in call["words"][1]
    assert "\x1b" not in call["words"][1] + call["text"] + receiver.heard[0]["text"]


def test_a_webhook_that_fails_is_tried_again(told: Path, receiver: Receiver) -> None:
    receiver.statuses = [500, 503, 200]
    waits: list[float] = []
    assert send(current(), of_test(current(), "live"), waits.append).sent == ("webhook", "command")
    assert len(receiver.heard) == 3
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize("statuses", [[500], [404], [302]])
def test_a_webhook_that_keeps_failing_is_told_without_its_address_and_the_command_goes_all_the_same(
    told: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture, statuses: list[int]
) -> None:
    receiver.statuses = statuses
    with caplog.at_level(logging.DEBUG):
        done = send(current(), of_test(current(), "live"), lambda _: None)
    assert done.sent == ("command",)
    assert f"status {statuses[0]}" in done.problems[0]
    assert "was not sent by the webhook" in caplog.text
    assert len(receiver.heard) == (TRIES if statuses == [500] else 1)
    assert all(CANARY in path for path in receiver.paths), "a redirect is not followed"
    assert CANARY not in caplog.text + str(done)


def test_a_receiver_that_is_not_there_is_told_without_its_address(
    told: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ROTATION_ALERT_WEBHOOK", f"http://127.0.0.1:9/services/{CANARY}")
    current.cache_clear()
    with caplog.at_level(logging.DEBUG):
        done = send(current(), of_test(current(), "live"), lambda _: None)
    assert "ConnectionError, 3 times" in done.problems[0]
    assert CANARY not in caplog.text + str(done)


@pytest.mark.parametrize(
    ("command", "said"),
    [("/no/such/program {subject}", "No such file"), (f"{sys.executable} -c 'import sys; sys.exit(\"no route\")'", "no route")],
)
def test_a_command_that_fails_is_told_and_the_webhook_goes_all_the_same(
    told: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.setenv("ROTATION_ALERT_COMMAND", command)
    current.cache_clear()
    done = send(current(), of_test(current(), "live"))
    assert done.sent == ("webhook",)
    assert said in done.problems[0]


def test_the_address_shows_itself_nowhere_and_a_wrong_one_is_not_repeated(monkeypatch: pytest.MonkeyPatch, told: Path) -> None:
    assert CANARY not in repr(current())
    monkeypatch.setenv("ROTATION_ALERT_WEBHOOK", f"ftp://{CANARY}")
    with pytest.raises(SettingsError, match="begins with https://") as caught:
        load_settings()
    assert CANARY not in str(caught.value)
    monkeypatch.setenv("ROTATION_ALERT_WEBHOOK", "https://example.com/x")
    monkeypatch.setenv("ROTATION_ALERT_COMMAND", "mail -s 'no end")
    with pytest.raises(SettingsError, match="ROTATION_ALERT_COMMAND"):
        load_settings()


def tick(day: datetime, cursor: str | None) -> tuple[str | None, str]:
    """One tick of the sensor of late data: the cursor after it, and what it said."""
    with dg.build_sensor_context(cursor=cursor) as context:
        said = late_data(Clock(day)).evaluate_tick(context)
    return said.cursor, said.skip_message or ""


def test_what_is_stale_or_late_is_told_once_and_again_when_it_comes_back(told: Path, receiver: Receiver) -> None:
    friday = datetime(2026, 1, 9, 22, tzinfo=UTC)  # an hour after the close: nothing is due yet
    publish(current(), "2026-01-08", late=("DGS10",))
    cursor, _ = tick(friday, None)
    assert [h["kind"] for h in receiver.heard] == ["stale"]
    assert "DGS10: last observation 2026-01-02, expected by 2026-01-05, 4 sessions late" in receiver.heard[0]["text"]
    cursor, _ = tick(friday, cursor)
    assert len(receiver.heard) == 1
    night = friday.replace(hour=23, day=10)  # Saturday: the session of Friday is missing, Saturday's is none
    for _ in range(3):
        cursor, _ = tick(night, cursor)
    assert [h["kind"] for h in receiver.heard] == ["stale", "late"]
    assert "Nothing is published for the session of 2026-01-09" in receiver.heard[1]["text"]
    publish(current(), "2026-01-09")
    cursor, said = tick(night, cursor)
    assert (json.loads(cursor or ""), said) == ([], "nothing new is stale or late")
    publish(current(), "2026-01-09", late=("DGS10", "VIXCLS"))
    tick(night, cursor)
    assert [h["kind"] for h in receiver.heard] == ["stale", "late", "stale"]


def test_a_holiday_is_no_delay(told: Path, receiver: Receiver) -> None:
    publish(current(), "2026-01-16")
    tick(datetime(2026, 1, 20, 20, tzinfo=UTC), None)  # Tuesday before the close; Monday was Martin Luther King's day
    assert receiver.heard == []


def test_where_nobody_was_reached_the_next_tick_tries_again(told: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROTATION_ALERT_COMMAND")
    current.cache_clear()
    receiver.statuses = [404, 200]
    publish(current(), "2026-01-09", late=("DGS10",))
    saturday = datetime(2026, 1, 10, 12, tzinfo=UTC)
    cursor, said = tick(saturday, None)
    assert "nobody reached" in said
    assert CANARY not in said
    cursor, said = tick(saturday, cursor)
    assert said == "told by webhook"
    tick(saturday, cursor)
    assert len(receiver.heard) == 2


def test_without_a_way_to_tell_the_sensors_say_so(warehouse: Settings) -> None:
    assert "nobody to tell" in tick(datetime(2026, 1, 10, tzinfo=UTC), None)[1]


@pytest.mark.parametrize(("tags", "times"), [({}, 1), ({ATTENDED: "yes"}, 0)])
def test_a_blocked_run_of_the_schedule_is_told_and_one_from_a_terminal_is_not_told_twice(
    told: Path, receiver: Receiver, tags: dict[str, str], times: int
) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("close_in_catalog_limits", asset="bars", blocking=True)])
    def bars() -> Iterator[Any]:
        yield dg.AssetCheckResult(passed=False, check_name="close_in_catalog_limits", description=STORY)
        yield dg.MaterializeResult()

    @dg.asset(deps=[bars])
    def after() -> None: ...

    job = dg.Definitions(assets=[bars, after], jobs=[dg.define_asset_job("j")]).resolve_job_def("j")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        assert not result.success
        context = dg.build_run_status_sensor_context(
            "alert_of_failed_runs", result.get_run_failure_event(), instance, result.dagster_run
        ).for_run_failure()
        failed_runs()(context)
    assert [h["subject"] for h in receiver.heard] == [
        f"Rotation: SIMULATED: run {result.run_id[:8]} of the sample market blocked by close_in_catalog_limits"
    ] * times
    assert all(STORY in h["text"] and "Checks that closed: bars close_in_catalog_limits" in h["text"] for h in receiver.heard)


def test_a_run_from_cron_that_is_blocked_tells_the_same(told: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "run", lambda _: runner.Outcome("fedcba9876543210", False, (STORY,), (), ("raw/yahoo_bars closes_stay",)))
    assert CliRunner().invoke(app, ["run", "--sources", "live"]).exit_code == 1
    assert [h["subject"] for h in receiver.heard] == ["Rotation: run fedcba98 of the live market blocked by closes_stay"]
    assert len(calls(told)) == 1


def test_a_run_from_cron_that_cannot_begin_tells_why(told: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> runner.Outcome:
        raise OSError("No space left on device")

    monkeypatch.setattr(runner, "run", broken)
    assert CliRunner().invoke(app, ["run", "--sources", "live"]).exit_code == 1
    assert [(h["kind"], "No space left on device" in h["text"]) for h in receiver.heard] == [("failed", True)]


def test_a_test_alert_is_sent_by_hand(told: Path, receiver: Receiver) -> None:
    outcome = CliRunner().invoke(app, ["alert", "--test"])
    assert outcome.exit_code == 0
    assert "told by webhook and command" in outcome.output
    assert [h["kind"] for h in receiver.heard] == ["test"]
    receiver.statuses = [404]
    outcome = CliRunner().invoke(app, ["alert", "--test"])
    assert outcome.exit_code == 1
    assert CANARY not in outcome.output


def test_cron_may_ask_for_what_is_stale_or_late(told: Path, receiver: Receiver) -> None:
    publish(current(), "2026-01-08", late=("DGS10",))
    assert CliRunner().invoke(app, ["alert"]).exit_code == 0
    assert [h["kind"] for h in receiver.heard] == ["stale", "late"]


def test_alert_without_anybody_to_tell_fails_with_the_cure(warehouse: Settings, receiver: Receiver) -> None:
    outcome = CliRunner().invoke(app, ["alert", "--test"])
    assert outcome.exit_code == 1
    assert "Set ROTATION_ALERT_WEBHOOK or ROTATION_ALERT_COMMAND" in " ".join(outcome.output.split())


def test_the_sensors_are_on_and_wait_for_an_address() -> None:
    from pipelines.definitions import defs

    for name in ("alert_of_failed_runs", "alert_of_late_data"):
        assert defs.resolve_sensor_def(name).default_status is dg.DefaultSensorStatus.RUNNING
