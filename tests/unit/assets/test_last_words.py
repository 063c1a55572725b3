"""A step that a gate stopped ends with finding and cure, as whoever opens the run in the UI reads it."""

import logging

import dagster as dg
import pytest

from pipelines.assets.landing.assets import provider_assets
from pipelines.assets.landing.calendar import clock_day, exchange_sessions
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import Settings, settings


def test_a_provider_that_cannot_be_reached_is_named_with_the_cure_before_dagsters_own_word(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROTATION_HTTP_RETRIES", "0")
    settings.cache_clear()
    options = RunOptions(sources=Sources.LIVE, as_of=None, mirror="http://127.0.0.1:9", now="2026-01-09T23:30:00Z")
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [clock_day, exchange_sessions, provider_assets("fred")],
            instance=instance,
            resources={"options": options, "providers": Providers()},
            raise_on_error=False,
        )
        said = [e for e in instance.all_logs(result.run_id) if e.step_key == "land_fred"]
    assert not result.success
    words = [e.user_message for e in said if e.level == logging.ERROR and not e.is_dagster_event]
    assert len(words) == 1
    assert "DFEDTARU (required)" in words[0]
    assert "Check the network" in words[0]
    kinds = [e.dagster_event_type if e.is_dagster_event else "words" for e in said]
    assert kinds.index("words") < kinds.index(dg.DagsterEventType.STEP_FAILURE)
