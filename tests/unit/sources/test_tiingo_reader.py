"""Tiingo's prices, in their wire form."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipelines.sources import tiingo
from pipelines.sources.interface import SourceError, Window

WINDOW = Window(date(2026, 1, 8), date(2026, 1, 9))


def day(text: str, **changes: Any) -> dict[str, Any]:
    return {
        "date": f"{text}T00:00:00.000Z", "open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 1000,
        "adjClose": 10.5, "divCash": 0.0, "splitFactor": 1.0,
    } | changes  # fmt: skip


def wire(*days: dict[str, Any]) -> bytes:
    return json.dumps(days).encode()


def test_bars_are_raw_and_actions_apart(told: Any, series: Any) -> None:
    here = told(wire(day("2026-01-08", splitFactor=2.0, divCash=0.3), day("2026-01-09")))
    frames = tiingo.read(series("IWM.tiingo"), here.client, WINDOW)
    assert set(frames) == set(tiingo.TABLES)
    assert frames["tiingo_bars"].rows()[0] == ("IWM", "2026-01-08", 10.0, 12.0, 9.0, 11.0, 1000.0, False)
    assert frames["tiingo_actions"].rows() == [("IWM", "2026-01-08", "dividend", 0.3), ("IWM", "2026-01-08", "split", 2.0)]
    assert frames["tiingo_adjusted_closes"]["adjusted_close"].to_list() == [10.5, 10.5]


def test_the_token_is_in_the_header_and_never_in_the_address(told: Any, series: Any) -> None:
    here = told(wire())
    tiingo.read(series("IWM.tiingo"), here.client, WINDOW)
    assert here.wire.asked[0].headers["Authorization"] == "Token a-token"
    assert "a-token" not in here.wire.asked[0].url
    assert "startDate=2026-01-08&endDate=2026-01-09" in here.wire.asked[0].url


def test_without_a_token_it_is_not_asked_and_the_cure_is_named(told: Any, series: Any) -> None:
    here = told(wire(), tokens={})
    assert "ROTATION_TIINGO_TOKEN" in str(tiingo.unavailable(here.client))
    with pytest.raises(SourceError, match="ROTATION_TIINGO_TOKEN"):
        tiingo.read(series("IWM.tiingo"), here.client, WINDOW)
    assert here.wire.asked == []
    assert tiingo.unavailable(told(wire()).client) is None


def test_a_day_pulled_before_its_close_is_partial(told: Any, series: Any) -> None:
    here = told(wire(day("2026-01-08"), day("2026-01-09")), now=datetime(2026, 1, 9, 20, tzinfo=UTC))
    assert tiingo.read(series("IWM.tiingo"), here.client, WINDOW)["tiingo_bars"]["is_partial"].to_list() == [False, True]


def test_what_is_no_number_or_no_date_stays_text(told: Any, series: Any) -> None:
    here = told(wire(day("2026-01-08", close="?", splitFactor="?"), day("2026-01-09", date="soon")))
    frames = tiingo.read(series("IWM.tiingo"), here.client, WINDOW)
    assert frames["tiingo_bars"]["close"].to_list() == ["?", "11.0"]
    assert frames["tiingo_bars"]["session_date"].to_list() == ["2026-01-08", "soon"]
    assert frames["tiingo_actions"]["value"].to_list() == ["?"]


@pytest.mark.parametrize("document", [{"detail": "Not found."}, None, [1], [{"date": "2026-01-08"}]])
def test_another_form_is_refused(told: Any, series: Any, document: Any) -> None:
    with pytest.raises(SourceError):
        tiingo.read(series("IWM.tiingo"), told(json.dumps(document).encode()).client, WINDOW)
