"""`rotation sources`: who answers, whose key is set, what was pulled and what failed, and what rests on each."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pipelines import settings as settings_module
from pipelines.catalog import catalog
from pipelines.cli import app
from pipelines.report import providers
from pipelines.resources.log import append
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.reach import DOORS, reach
from pipelines.sources.readers import READERS

CANARY = "canary-key-7f3a"


@pytest.fixture
def found(warehouse: Settings) -> Callable[..., dict[str, providers.Provider]]:
    def look(seconds: float | None = None) -> dict[str, providers.Provider]:
        settings_module.settings.cache_clear()
        return {p.provider: p for p in providers.providers(settings_module.settings(), "live", seconds)}

    assert warehouse
    return look


def pulled(settings: Settings, *rows: tuple[str, str, str, str | None]) -> None:
    with Warehouse(settings, "live").work() as connection:
        append(
            connection,
            "source_pulls",
            [{"source": s, "pulled_at": datetime.fromisoformat(at), "status": status, "message": m} for s, at, status, m in rows],
        )


def test_every_provider_of_the_catalogue_is_there_and_has_a_door(found: Callable[..., dict[str, providers.Provider]]) -> None:
    assert set(found()) == {s.provider for s in catalog()} | {"exchange"}
    assert set(DOORS) == set(READERS)


def test_keys_are_told_apart_and_never_shown(found: Callable[..., dict[str, providers.Provider]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_STOOQ_KEY", CANARY)
    said = found()
    assert said["stooq"].key == "ROTATION_STOOQ_KEY set"
    assert said["tiingo"].key == "ROTATION_TIINGO_TOKEN missing: not asked"
    assert said["nport"].key == "ROTATION_CONTACT missing: not asked"
    assert said["yahoo"].key == "none needed"
    assert CANARY not in providers.as_json(list(said.values()))


def test_the_last_pull_and_the_last_error_come_from_the_working_file(
    found: Callable[..., dict[str, providers.Provider]], warehouse: Settings
) -> None:
    pulled(
        warehouse,
        ("yahoo", "2026-01-08 22:00", "merged", None),
        ("yahoo", "2026-01-09 22:00", "failed", "expected status 200, found 503"),
        ("fred", "2026-01-09 22:00", "unchanged", None),
    )
    said = found()
    assert str(said["yahoo"].last_pull) == "2026-01-08 22:00:00"
    assert (str(said["yahoo"].last_error_at), said["yahoo"].last_error) == ("2026-01-09 22:00:00", "expected status 200, found 503")
    assert (said["fred"].last_status, said["fred"].last_error) == ("unchanged", None)
    assert said["tiingo"].last_pull is None


def test_what_rests_on_a_provider_is_told_by_the_catalogue_and_the_lineage(found: Callable[..., dict[str, providers.Provider]]) -> None:
    said = found()
    assert set(said["yahoo"].required) == {"R2000", "SP500", "NASDAQ_COMP", "IWM"}
    assert {"fct_performance_daily", "fct_technicals_daily"} <= set(said["yahoo"].marts)
    assert "fct_size_premium" in said["french"].marts
    assert "fct_performance_daily" not in said["french"].marts
    assert said["shiller"].series == ("SHILLER_SP500",)


def test_who_is_not_asked_is_not_said_to_be_down(found: Callable[..., dict[str, providers.Provider]]) -> None:
    assert {p.is_reachable for p in found().values()} == {None, True}
    assert found()["yahoo"].reachable == "not asked"


def test_a_provider_that_is_down_silent_or_answers_is_told_so() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        waited = reach(["yahoo"], f"http://127.0.0.1:{silent.getsockname()[1]}", 0.3)["yahoo"]
    gone = reach(["yahoo", "fred"], "http://127.0.0.1:9", 2)
    assert not waited.is_reachable
    assert {r.said for r in gone.values()} == {"Connection refused"}
    assert reach(["drop"], None, 1) == {}


def test_the_command_prints_a_line_each_and_the_last_error(
    found: Callable[..., dict[str, providers.Provider]], warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found()
    pulled(warehouse, ("ssga", "2026-01-09 22:00", "failed", "expected a workbook, found an HTML page"))
    monkeypatch.setattr("pipelines.report.desk.out", Console(width=200))
    shown = CliRunner().invoke(app, ["sources", "--offline"])
    assert shown.exit_code == 0, shown.output
    assert all(name in shown.output for name in READERS)
    assert "found an HTML page" in shown.output
    told = json.loads(CliRunner().invoke(app, ["sources", "--offline", "--json"]).output)
    assert {one["provider"] for one in told} >= set(READERS)
