"""Yahoo's chart, in its wire form."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.sources import yahoo
from pipelines.sources.interface import SourceError, Window

DAYS = (date(2026, 1, 7), date(2026, 1, 8), date(2026, 1, 9))
CLOSE = int(datetime(2026, 1, 9, 21, tzinfo=UTC).timestamp())
WINDOW = Window(None, date(2026, 1, 9))


def at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC).timestamp())


def chart(days: tuple[date, ...] = DAYS, **changes: Any) -> dict[str, Any]:
    n = len(days)
    quote = {"open": [10.0] * n, "high": [12.0] * n, "low": [9.0] * n, "close": [11.0 + i for i in range(n)], "volume": [1000] * n}
    meta = {
        "symbol": "IWM",
        "currency": "USD",
        "exchangeTimezoneName": "America/New_York",
        "dataGranularity": "1d",
        "regularMarketTime": CLOSE,
    }
    return {
        "meta": meta | changes.get("meta", {}),
        "timestamp": [at(d) for d in days],
        "events": changes.get("events", {}),
        "indicators": {"quote": [quote | changes.get("quote", {})], "adjclose": [{"adjclose": changes.get("adjclose", [10.5] * n)}]},
    }


def wire(result: Any) -> bytes:
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


@pytest.fixture
def read(told: Any, series: Any) -> Callable[..., dict[str, pl.DataFrame]]:
    def reading(content: bytes, window: Window = WINDOW, **settings: Any) -> dict[str, pl.DataFrame]:
        return yahoo.read(series("IWM"), told(content, **settings).client, window)

    return reading


def test_bars_actions_and_adjusted_closes_come_apart(read: Any) -> None:
    dividend = {"dividends": {"x": {"amount": 0.25, "date": at(DAYS[1])}}}
    frames = read(wire(chart(events=dividend)))
    assert set(frames) == set(yahoo.TABLES)
    assert frames["yahoo_bars"]["session_date"].to_list() == list(DAYS)
    assert frames["yahoo_bars"]["close"].to_list() == [11, 12, 13]
    assert frames["yahoo_bars"]["is_partial"].to_list() == [False, False, False]
    assert frames["yahoo_actions"].rows() == [("IWM", DAYS[1], "dividend", 0.25)]
    assert frames["yahoo_adjusted_closes"]["adjusted_close"].to_list() == [10.5] * 3


def test_the_whole_past_is_asked_for_and_splits_up_to_today(told: Any, series: Any) -> None:
    listening = told(wire(chart()))
    yahoo.read(series("R2000"), told(wire(chart(meta={"symbol": "^RUT"}))).client, WINDOW)
    yahoo.read(series("IWM"), listening.client, Window(date(2026, 1, 8), date(2026, 1, 8)))
    url = listening.wire.asked[0].url
    assert "/v8/finance/chart/IWM?" in url
    assert f"period1={int(datetime(2026, 1, 8, tzinfo=UTC).timestamp())}" in url
    assert f"period2={int(datetime(2026, 1, 10, tzinfo=UTC).timestamp())}" in url


def test_only_days_of_the_window_are_kept(read: Any) -> None:
    assert read(wire(chart()), Window(DAYS[1], DAYS[1]))["yahoo_bars"]["session_date"].to_list() == [DAYS[1]]


def test_a_split_is_undone_before_its_day_and_nowhere_else(read: Any) -> None:
    split = {"splits": {"x": {"date": at(DAYS[1]), "numerator": 4, "denominator": 1, "splitRatio": "4:1"}}}
    dividends = {"dividends": {"x": {"amount": 0.1, "date": at(DAYS[0])}}}
    frames = read(wire(chart(events=split | dividends)))
    assert frames["yahoo_bars"]["close"].to_list() == [44, 12, 13]
    assert frames["yahoo_bars"]["high"].to_list() == [48, 12, 12]
    assert frames["yahoo_bars"]["volume"].to_list() == [250, 1000, 1000]
    assert frames["yahoo_actions"].rows() == [("IWM", DAYS[0], "dividend", 0.4), ("IWM", DAYS[1], "split", 4.0)]


def test_a_split_after_the_window_is_undone_but_not_told(read: Any) -> None:
    split = {"splits": {"x": {"date": at(DAYS[2]), "numerator": 2, "denominator": 1}}}
    frames = read(wire(chart(events=split)), Window(None, DAYS[1]))
    assert frames["yahoo_bars"]["close"].to_list() == [22, 24]
    assert frames["yahoo_actions"].is_empty()


def test_a_close_is_the_same_before_and_after_a_later_split(read: Any) -> None:
    as_float32 = [269.70001220703125, 258.45001220703125, 89.8499984741211]
    before = read(wire(chart(quote={"close": as_float32})))["yahoo_bars"]["close"].to_list()
    assert before == [269.7, 258.45, 89.85]
    halved = [134.85000610351562, 129.22500610351562, 89.8499984741211]
    split = {"splits": {"x": {"date": at(DAYS[2]), "numerator": 2, "denominator": 1}}}
    assert read(wire(chart(quote={"close": halved}, events=split)))["yahoo_bars"]["close"].to_list() == before


def test_a_price_in_64ths_is_left_as_it_is(read: Any) -> None:
    assert read(wire(chart(quote={"close": [133.984375, 0.015625, 11.0]})))["yahoo_bars"]["close"].to_list() == [133.984375, 0.015625, 11.0]


def test_days_without_any_value_are_no_rows_and_half_empty_ones_are(read: Any) -> None:
    none = {name: [None, 1.0, None] for name in ("open", "high", "low", "volume")}
    bars = read(wire(chart(quote=none | {"close": [None, None, 2.0]})))["yahoo_bars"]
    assert bars.select("session_date", "close").rows() == [(DAYS[1], None), (DAYS[2], 2.0)]


def test_a_bar_taken_before_the_close_is_partial_and_only_the_newest(read: Any) -> None:
    bars = read(wire(chart(meta={"regularMarketTime": CLOSE - 1})))["yahoo_bars"]
    assert bars["is_partial"].to_list() == [False, False, True]


def test_without_a_market_time_the_clock_of_the_pull_decides(read: Any) -> None:
    early = datetime(2026, 1, 9, 20, tzinfo=UTC)
    assert read(wire(chart(meta={"regularMarketTime": None})), now=early)["yahoo_bars"]["is_partial"].to_list()[-1]


def test_a_half_day_closes_at_one(read: Any) -> None:
    day = date(2025, 11, 28)
    taken = int(datetime(2025, 11, 28, 18, tzinfo=UTC).timestamp())
    bars = read(wire(chart((day,), meta={"regularMarketTime": taken})), Window(None, day))["yahoo_bars"]
    assert bars["is_partial"].to_list() == [False]


def test_the_live_quote_beside_the_days_bar_takes_its_place(read: Any) -> None:
    result = chart((*DAYS, DAYS[2]))
    result["timestamp"][-1] = CLOSE
    assert read(wire(result))["yahoo_bars"]["close"].to_list() == [11, 12, 14]


def test_a_day_sent_twice_otherwise_is_handed_on_for_the_gate(read: Any) -> None:
    assert read(wire(chart((*DAYS, DAYS[2]))))["yahoo_bars"].height == 4


def test_new_york_dates_hold_in_summer_in_winter_and_before_1970(read: Any) -> None:
    days = (date(1957, 3, 4), date(2025, 7, 1))
    assert read(wire(chart(days)), WINDOW)["yahoo_bars"]["session_date"].to_list() == list(days)


def test_text_in_numbers_stays_text(read: Any) -> None:
    bars = read(wire(chart(quote={"close": [11.0, "n/a", 13.0]})))["yahoo_bars"]
    assert bars["close"].to_list() == ["11.0", "n/a", "13.0"]


def test_words_that_json_does_not_know_stay_words(read: Any) -> None:
    assert read(wire(chart(quote={"close": [11.0, float("nan"), float("inf")]})))["yahoo_bars"]["close"].to_list()[1:] == [
        "NaN",
        "Infinity",
    ]


def test_no_bars_in_the_window_is_no_failure(read: Any) -> None:
    result = chart()
    del result["timestamp"]
    result["indicators"] = {"quote": [{}], "adjclose": [{}]}
    assert all(frame.is_empty() for frame in read(wire(result)).values())


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"meta": {"symbol": "IWN"}}, "symbol IWN"),
        ({"meta": {"currency": "EUR"}}, "currency EUR"),
        ({"meta": {"exchangeTimezoneName": "Europe/Berlin"}}, "Berlin"),
        ({"meta": {"dataGranularity": "3mo"}}, "3mo"),
        ({"quote": {"close": [1.0]}}, "close"),
        ({"events": {"splits": {"x": {"date": at(DAYS[0]), "numerator": 4, "denominator": 0}}}}, "ZeroDivision"),
    ],
)
def test_an_answer_about_something_else_is_refused(read: Any, changes: Any, found: str) -> None:
    with pytest.raises(SourceError, match=found):
        read(wire(chart(**changes)))


def test_yahoos_own_error_is_said(read: Any) -> None:
    error = {"chart": {"result": None, "error": {"code": "Not Found", "description": "may be delisted"}}}
    with pytest.raises(SourceError, match="may be delisted"):
        read(json.dumps(error).encode())
    with pytest.raises(SourceError, match="may be delisted"):
        read(json.dumps(error).encode(), status=404)


@pytest.mark.parametrize("name", ["timestamp", "indicators", "meta"])
def test_a_missing_part_is_named(read: Any, name: str) -> None:
    result = chart()
    del result[name]
    with pytest.raises(SourceError):
        read(wire(result))
