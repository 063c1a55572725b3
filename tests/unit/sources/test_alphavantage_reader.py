"""Alpha Vantage's prices, in their wire form."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import alphavantage
from pipelines.sources.interface import NotAsked, SourceError, Window

WINDOW = Window(date(2026, 1, 8), date(2026, 1, 9))
PREMIUM = {"alpha_vantage_plan": ("premium",)}
FREE = {"1. open": "10.0", "2. high": "12.0", "3. low": "9.0", "4. close": "11.0", "5. volume": "1000"}
ADJUSTED = {
    "1. open": "10.0", "2. high": "12.0", "3. low": "9.0", "4. close": "11.0", "5. adjusted close": "10.5", "6. volume": "1000",
    "7. dividend amount": "0.0000", "8. split coefficient": "1.0",
}  # fmt: skip


def wire(days: Any, symbol: str = "IWM") -> bytes:
    meta = {"1. Information": "Daily Prices", "2. Symbol": symbol, "3. Last Refreshed": "2026-01-09", "5. Time Zone": "US/Eastern"}
    return json.dumps({"Meta Data": meta, "Time Series (Daily)": days}).encode()


def test_a_free_key_brings_raw_bars_of_the_last_sessions(told: Any, series: Any) -> None:
    here = told(wire({"2026-01-09": FREE, "2026-01-08": FREE, "2026-01-07": FREE}))
    frames = alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)
    assert {name: frame.height for name, frame in frames.items()} == {"alphavantage_bars": 2}
    assert frames["alphavantage_bars"].rows()[0] == ("IWM", "2026-01-08", 10.0, 12.0, 9.0, 11.0, 1000.0, False)
    assert "function=TIME_SERIES_DAILY&symbol=IWM&outputsize=compact" in here.wire.asked[0].url
    assert "a-token" not in here.client.receipts[0].request


def test_a_premium_key_brings_actions_and_adjusted_closes_too(told: Any, series: Any) -> None:
    days = {"2026-01-09": ADJUSTED, "2026-01-08": ADJUSTED | {"7. dividend amount": "0.3", "8. split coefficient": "2.0"}}
    here = told(wire(days), asks=PREMIUM)
    frames = alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)
    assert set(frames) == set(alphavantage.TABLES)
    assert frames["alphavantage_actions"].rows() == [("IWM", "2026-01-08", "dividend", 0.3), ("IWM", "2026-01-08", "split", 2.0)]
    assert frames["alphavantage_adjusted_closes"]["adjusted_close"].to_list() == [10.5, 10.5]
    assert "function=TIME_SERIES_DAILY_ADJUSTED&symbol=IWM&outputsize=full" in here.wire.asked[0].url


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ({"Note": "Our standard API call frequency is 5 calls per minute. Your key is a-token."}, "tomorrow"),
        (
            {"Information": "We have detected your API key as a-token and our rate limit is 25 requests per day."},
            "ROTATION_ALPHA_VANTAGE_PLAN",
        ),
        ({"Error Message": "Invalid API call."}, "correct it in series_catalog.csv"),
    ],
)
def test_a_refusal_with_status_200_is_named_once_and_its_key_kept_nowhere(
    told: Any, series: Any, tmp_path: Path, said: dict[str, str], cure: str
) -> None:
    here = told(json.dumps(said).encode())
    with pytest.raises(SourceError) as caught:
        alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)
    assert cure in caught.value.cure
    assert "a-token" not in str(caught.value)
    assert len(here.wire.asked) == 1
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [], "refusals are not archived"


def test_the_requests_of_a_free_key_are_not_exceeded(told: Any, series: Any) -> None:
    spent = Window(WINDOW.start, WINDOW.end, asked_today=25)
    here = told(wire({"2026-01-09": FREE}))
    with pytest.raises(NotAsked, match="25 requests a day"):
        alphavantage.read(series("IWM.alphavantage"), here.client, spent)
    assert here.wire.asked == []
    alphavantage.read(series("IWM.alphavantage"), told(wire({"2026-01-09": ADJUSTED}), asks=PREMIUM).client, spent)


def test_without_a_key_it_is_not_asked_and_the_cure_is_named(told: Any, series: Any) -> None:
    here = told(wire({}), tokens={})
    assert "ROTATION_ALPHA_VANTAGE_KEY" in str(alphavantage.unavailable(here.client))
    with pytest.raises(SourceError, match="ROTATION_ALPHA_VANTAGE_KEY"):
        alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)
    assert here.wire.asked == []


def test_a_day_pulled_before_its_close_is_partial(told: Any, series: Any) -> None:
    here = told(wire({"2026-01-09": FREE, "2026-01-08": FREE}), now=datetime(2026, 1, 9, 20, tzinfo=UTC))
    frames = alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)
    assert frames["alphavantage_bars"]["is_partial"].to_list() == [False, True]


def test_what_is_no_number_or_no_date_stays_text(told: Any, series: Any) -> None:
    here = told(wire({"2026-01-08": FREE | {"4. close": "?"}, "soon": FREE}))
    bars = alphavantage.read(series("IWM.alphavantage"), here.client, WINDOW)["alphavantage_bars"]
    assert bars["close"].to_list() == ["?", "11.0"]
    assert bars["session_date"].to_list() == ["2026-01-08", "soon"]


def test_a_day_named_twice_is_refused(told: Any, series: Any) -> None:
    once = wire({"2026-01-09": FREE})
    twice = once.replace(b'"Time Series (Daily)": {', b'"Time Series (Daily)": {"2026-01-09": {"4. close": "1"}, ')
    with pytest.raises(SourceError, match="'2026-01-09' twice"):
        alphavantage.read(series("IWM.alphavantage"), told(twice).client, WINDOW)


@pytest.mark.parametrize(
    "content",
    [
        b"[1]", b"null", b"{}", wire([]), wire({}), wire({"2026-01-09": 1}), wire({"2026-01-09": {}}), wire({"2026-01-09": FREE}, "IWN"),
        wire({"2026-01-09": {**FREE, "4. end": FREE["4. close"]} | {"4. close": 1}} | {"2026-01-08": {"1. open": "1"}}),
    ],
)  # fmt: skip
def test_another_form_is_refused(told: Any, series: Any, content: bytes) -> None:
    with pytest.raises(SourceError):
        alphavantage.read(series("IWM.alphavantage"), told(content).client, WINDOW)
