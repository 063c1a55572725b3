"""What came of a run, in words: the cause without its stack, each thing once."""

from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from team import home_of, url_of

from pipelines import progress, runner
from pipelines.progress import progress_logger
from pipelines.resources.run import RunOptions
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import settings

CONFIG = runner.run_config("sample")


def definitions(*assets: Any) -> dg.Definitions:
    return dg.Definitions(
        assets=list(assets),
        jobs=[dg.define_asset_job("rotation", selection=dg.AssetSelection.all())],
        resources={"options": RunOptions(as_of=None, mirror=None, now=None)},
        loggers={"progress": progress_logger},
        executor=dg.in_process_executor,
    )


def run(*assets: Any) -> runner.Outcome:
    return runner.run(CONFIG, keep_events=False, definitions=definitions(*assets))


@pytest.fixture(autouse=True)
def _own_warehouse(warehouse: Any) -> None:
    """The lock of the run lies in a folder of the test."""


@dg.asset
def good(options: RunOptions) -> None:
    """Ends well."""


@dg.asset(check_specs=[dg.AssetCheckSpec("shut", asset="gated", blocking=True), dg.AssetCheckSpec("ajar", asset="gated", blocking=True)])
def gated(options: RunOptions) -> Any:
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(check_name="shut", passed=False, description="gated: shut failed. Do this.")
    yield dg.AssetCheckResult(check_name="ajar", passed=False, description="look at this", severity=dg.AssetCheckSeverity.WARN)


@dg.asset(deps=[gated])
def behind_the_gate(options: RunOptions) -> None:
    raise AssertionError("must not run")


@dg.asset
def broken(options: RunOptions) -> None:
    try:
        raise WarehouseError("The file is gone. Run again.")
    except WarehouseError as problem:
        raise RuntimeError("while doing something") from problem


@dg.asset
def refused(options: RunOptions) -> None:
    raise dg.Failure(description="This cannot be. Mend it.", allow_retries=False)


def test_a_good_run_says_nothing() -> None:
    outcome = run(good)
    assert (outcome.is_published, outcome.failures, outcome.warnings) == (True, (), ())


def test_a_closed_gate_stops_what_is_behind_it_and_says_it_once() -> None:
    outcome = run(gated, behind_the_gate)
    assert not outcome.is_published
    assert outcome.failures == ("gated: shut failed. Do this.",)
    assert outcome.warnings == ("look at this",)


def test_the_cause_is_told_without_its_stack() -> None:
    outcome = run(broken)
    assert len(outcome.failures) == 1
    assert "The file is gone. Run again." in outcome.failures[0]
    assert "Traceback" not in outcome.failures[0]


def test_a_refusal_is_told_in_its_own_words() -> None:
    assert run(refused).failures == ("This cannot be. Mend it.",)


def test_a_run_from_a_terminal_stands_in_the_instance_of_the_team(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_of("compose", tmp_path / "home")
    for name, value in {"DAGSTER_POSTGRES_URL": url_of(postgres), "ROTATION_DAGSTER_HOME": str(home), "DAGSTER_HOME": "elsewhere"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    outcome = runner.run(CONFIG, definitions=definitions(good))
    with psycopg.connect(postgres) as pg:
        assert pg.execute("select run_id, status from runs").fetchall() == [(outcome.run_id, "SUCCESS")]


def test_progress_is_heard_by_asset_and_check_and_only_while_listening() -> None:
    heard: list[tuple[str, str]] = []
    with progress.listening(lambda kind, text: heard.append((kind, text))):
        run(gated)
    assert ("asset", "gated") in heard
    assert ("check", "gated shut: gated: shut failed. Do this.") in heard
    count = len(heard)
    run(good)
    assert len(heard) == count
