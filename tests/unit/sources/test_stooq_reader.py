"""Stooq's prices, in their wire form."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipelines.sources import stooq
from pipelines.sources.interface import SourceError, Window

WINDOW = Window(date(2026, 1, 8), date(2026, 1, 9))
HEADER = "Date,Open,High,Low,Close,Volume"
THURSDAY, FRIDAY = "2026-01-08,6900.5,6950,6890.25,6940,1500000000", "2026-01-09,6940,6980,6930,6966.25,1600000000"


def wire(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def test_an_index_has_bars(told: Any, series: Any) -> None:
    here = told(wire(HEADER, THURSDAY, FRIDAY))
    frames = stooq.read(series("SP500.stooq"), here.client, WINDOW)
    assert set(frames) == {"stooq_bars"}
    assert frames["stooq_bars"].rows()[0] == ("^spx", "2026-01-08", "6900.5", "6950", "6890.25", "6940", "1500000000", False)


def test_a_fund_has_adjusted_closes_and_no_bars(told: Any, series: Any) -> None:
    here = told(wire(HEADER, "2005-02-25,53.0208,53.9971,53.0208,53.9803,27937545.35362"))
    frames = stooq.read(series("IWM.stooq"), here.client, WINDOW)
    assert {name: frame.rows() for name, frame in frames.items()} == {"stooq_adjusted_closes": [("iwm.us", "2005-02-25", "53.9803")]}


def test_parts_of_shares_are_rounded_and_what_is_no_number_stays(told: Any, series: Any) -> None:
    here = told(wire(HEADER, "2026-01-08,1,2,1,2,2290404134.7576", "2026-01-09,1,2,1,2,many"))
    assert stooq.read(series("SP500.stooq"), here.client, WINDOW)["stooq_bars"]["volume"].to_list() == ["2290404135", "many"]


def test_an_index_without_volume_is_read(told: Any, series: Any) -> None:
    here = told(wire("Date,Open,High,Low,Close", "2026-01-08,1,2,1,2"))
    assert stooq.read(series("SP500.stooq"), here.client, WINDOW)["stooq_bars"]["volume"].to_list() == [None]


@pytest.mark.parametrize(("start", "d1"), [(date(2026, 1, 8), "20260108"), (None, "19700101"), (date(1789, 5, 1), "19700101")])
def test_it_is_asked_for_the_window_from_1970_on(told: Any, series: Any, start: date | None, d1: str) -> None:
    here = told(wire(HEADER, FRIDAY))
    stooq.read(series("SP500.stooq"), here.client, Window(start, date(2026, 1, 9)))
    assert here.wire.asked[0].url == f"https://stooq.com/q/d/l/?s=%5Espx&d1={d1}&d2=20260109&i=d&apikey=a-token"
    assert "a-token" not in here.client.receipts[0].request


def test_without_a_key_it_is_not_asked_and_the_cure_is_named(told: Any, series: Any) -> None:
    here = told(wire(), tokens={})
    assert "ROTATION_STOOQ_KEY" in str(stooq.unavailable(here.client))
    with pytest.raises(SourceError, match="ROTATION_STOOQ_KEY"):
        stooq.read(series("SP500.stooq"), here.client, WINDOW)
    assert here.wire.asked == []


@pytest.mark.parametrize(
    ("said", "found", "cure"),
    [
        (b"<html><body>Get your apikey: enter the captcha code</body></html>", "an HTML page", "ROTATION_STOOQ_KEY"),
        (b"No data", "'No data'", "correct the symbol"),
        (b"Exceeded the daily hits limit", "daily hits limit", "tomorrow"),
        (b"Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie\r\n2026-01-09,1,1,1,1\r\n", "begins 'Data,Otwarcie", "docs/sources"),
        (wire(HEADER), "a header alone", "Try again later"),
        (wire(HEADER, FRIDAY)[:-9], "half a body", "Try again later"),
        (wire(HEADER, FRIDAY + ",7,8"), "lines that do not fit", "docs/sources"),
        (b"", "an empty answer", "Try again later"),
        (b"\x00\x01\x02", "binary data", "docs/sources"),
    ],
)
def test_what_is_no_data_is_refused_with_its_cure(told: Any, series: Any, said: bytes, found: str, cure: str) -> None:
    with pytest.raises(SourceError) as caught:
        stooq.read(series("SP500.stooq"), told(said).client, WINDOW)
    assert found in caught.value.found
    assert cure in caught.value.cure
    assert "a-token" not in str(caught.value)


def test_a_day_pulled_before_its_close_is_partial(told: Any, series: Any) -> None:
    here = told(wire(HEADER, THURSDAY, FRIDAY), now=datetime(2026, 1, 9, 20, tzinfo=UTC))
    assert stooq.read(series("SP500.stooq"), here.client, WINDOW)["stooq_bars"]["is_partial"].to_list() == [False, True]
