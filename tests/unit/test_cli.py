"""What a person types wrongly is refused before anything runs; what a run says reaches the person."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines import runner
from pipelines.cli import app
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import Settings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The run configs that would have been run; each run ends unpublished."""
    configs: list[dict[str, Any]] = []

    def run(config: dict[str, Any]) -> runner.Outcome:
        configs.append(config["resources"]["options"]["config"])
        return runner.Outcome("run-1", False, ("the cause [and] the cure",), ())

    monkeypatch.setattr(runner, "run", run)
    return configs


@pytest.fixture
def rotation(warehouse: Settings) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_options_become_the_run_config(asked: list[dict[str, Any]], rotation: Callable[..., Result]) -> None:
    rotation(
        "run",
        "--sources",
        "live",
        "--as-of",
        "2026-01-09",
        "--mirror",
        "http://127.0.0.1:9",
        "--accept",
        "past_values_stay= the vendor mended it ",
    )
    assert asked == [
        {"sources": "LIVE", "as_of": "2026-01-09", "mirror": "http://127.0.0.1:9", "accept": {"past_values_stay": "the vendor mended it"}}
    ]


def test_a_password_in_the_address_of_a_mirror_is_refused_where_it_would_be_kept(
    asked: list[dict[str, Any]], rotation: Callable[..., Result]
) -> None:
    ended = rotation("run", "--sources", "live", "--mirror", "http://user:secret@cache.example.com/token")
    assert isinstance(ended.exception, WarehouseError)
    said = f"{ended.output}{ended.exception}"
    assert "http://cache.example.com was given with a user or password" in said
    assert "Set ROTATION_MIRROR in the environment" in said
    assert not [word for word in ("user:", "secret", "token") if word in said]
    assert asked == []


def test_without_options_the_setting_decides(
    asked: list[dict[str, Any]], rotation: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation("run")
    assert asked == [{"sources": "SAMPLE", "accept": {}}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--as-of", "9.1.2026"), "expected a day as YYYY-MM-DD"),
        (("run", "--sources", "paper"), "paper"),
        (("run", "--accept", "past_values_stay"), "expected CHECK=REASON"),
        (("run", "--accept", "past_values_stay= "), "expected CHECK=REASON"),
        (("run", "--as-off", "2026-01-09"), "--as-off"),
        (("runn",), "runn"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_runs(
    asked: list[dict[str, Any]], rotation: Callable[..., Result], arguments: tuple[str, ...], said: str
) -> None:
    outcome = rotation(*arguments)
    assert outcome.exit_code == 2
    assert said in outcome.output
    assert asked == []


def test_a_failed_run_ends_with_status_one_its_cause_and_what_stands(asked: list[dict[str, Any]], rotation: Callable[..., Result]) -> None:
    outcome = rotation("run")
    assert outcome.exit_code == 1
    assert "the cause [and] the cure" in outcome.output
    assert "nothing has been published yet" in outcome.output


def test_help_lists_the_commands(rotation: Callable[..., Result]) -> None:
    said = rotation("--help").output
    assert all(command in said for command in ("run", "status", "sql", "rollback", "ui"))


def test_the_run_config_of_the_launchpad_is_the_one_of_the_command() -> None:
    config = runner.run_config("live", date(2026, 1, 9), None, {"past_values_stay": "why"})
    assert config["resources"]["options"]["config"] == {"sources": "LIVE", "accept": {"past_values_stay": "why"}, "as_of": "2026-01-09"}
    assert "progress" in config["loggers"]


@pytest.mark.parametrize(("words", "force"), [((), None), (("--force",), True)])
def test_everything_is_asked_for_again_only_when_told(
    asked: list[dict[str, Any]], rotation: Callable[..., Result], words: tuple[str, ...], force: bool | None
) -> None:
    rotation("run", *words)
    assert asked[0].get("force") is force


@pytest.mark.parametrize(
    ("words", "wait_s"), [((), None), (("--wait",), 86400.0), (("--wait", "5"), 5.0), (("--wait", "--json"), 86400.0), (("--json", "--wait", "0.5"), 0.5)]
)  # fmt: skip
def test_wait_may_be_given_without_seconds(
    asked: list[dict[str, Any]], rotation: Callable[..., Result], words: tuple[str, ...], wait_s: float | None
) -> None:
    rotation("run", *words)
    assert asked[0].get("wait_s") == wait_s
