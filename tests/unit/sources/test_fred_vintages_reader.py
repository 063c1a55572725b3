"""FRED's API with real-time periods, in its wire form: spans, pages, what was in force before, history older than ALFRED, the key."""

import json
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from pipelines.sources import fred, fred_vintages
from pipelines.sources.interface import SourceError, Window

KEY = {"fred": "0123456789abcdef0123456789abcdef"}
WINDOW = Window(None, date(2026, 1, 9))
Row = tuple[str, str, str, str]


def body(rows: list[Row], **other: Any) -> bytes:
    observations = [dict(zip(("realtime_start", "realtime_end", "date", "value"), row, strict=True)) for row in rows]
    told = {"units": "lin", "output_type": 1, "count": len(rows), "offset": 0, "limit": 100000, "observations": observations}
    return json.dumps(told | other).encode()


def by_span(handler: Any, rows: list[Row], page: int = 100_000) -> None:
    """Answer as FRED does: the periods that touch the span, cut to it, a page at a time."""
    query = {k: v[0] for k, v in parse_qs(urlsplit(handler.path).query).items()}
    begin, end, offset = query["realtime_start"], query["realtime_end"], int(query["offset"])
    touching = [(max(a, begin), min(b, end), day, value) for a, b, day, value in rows if a <= end and b >= begin]
    content = body(touching[offset : offset + page], count=len(touching), offset=offset, limit=page)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


CPI: list[Row] = [
    ("1998-02-24", "2004-02-19", "1998-01-01", "161.6"),
    ("2004-02-20", "9999-12-31", "1998-01-01", "161.7"),
    ("2024-06-12", "2025-02-11", "2024-05-01", "313.225"),
    ("2025-02-12", "2026-01-04", "2024-05-01", "313.14"),
    ("2026-01-05", "9999-12-31", "2024-05-01", "313.140"),
    ("2025-11-13", "9999-12-31", "2025-10-01", "."),
]


@pytest.fixture
def api(loopback: Any, asking: Any) -> tuple[Any, Any]:
    loopback.handle = lambda request, n: by_span(request, CPI)
    return loopback, asking(loopback.url, tokens=KEY)


def versions(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select("observation_date", "vintage", "value", "published_on").rows()


def test_every_version_has_the_day_it_came_out(api: Any, series: Any) -> None:
    _, client = api
    found = fred.read(series("CPIAUCSL"), client, WINDOW)
    assert list(found) == ["fred_vintages"]
    assert versions(found["fred_vintages"]) == [
        (date(1998, 1, 1), date(1998, 2, 24), "161.6", date(1998, 2, 24)),
        (date(1998, 1, 1), date(2004, 2, 20), "161.7", date(2004, 2, 20)),
        (date(2024, 5, 1), date(2024, 6, 12), "313.225", date(2024, 6, 12)),
        (date(2024, 5, 1), date(2025, 2, 12), "313.14", date(2025, 2, 12)),
    ], "what is in force when a span begins is no new version, a blank no value, and 313.140 is 313.14"


def test_no_request_spans_more_vintages_than_fred_allows(api: Any, series: Any) -> None:
    server, client = api
    fred.read(series("CPIAUCSL"), client, WINDOW)
    asked = [parse_qs(urlsplit(path).query) for path, _ in server.requests]
    spans = [(date.fromisoformat(q["realtime_start"][0]), date.fromisoformat(q["realtime_end"][0])) for q in asked]
    assert spans[0] == (date(1776, 7, 4), date(1999, 12, 31))
    assert spans[-1] == (date(2025, 1, 1), WINDOW.end)
    assert all((end - begin).days < 2000 for begin, end in spans[1:])
    assert all((b[0] - a[1]).days == 1 for a, b in pairwise(spans))


def test_a_span_that_is_over_is_asked_once(api: Any, series: Any) -> None:
    server, client = api
    fred.read(series("CPIAUCSL"), client, WINDOW)
    loaded = frozenset(r.request for r in client.receipts)
    server.requests.clear()
    again = fred.read(series("CPIAUCSL"), client, Window(None, WINDOW.end, loaded))["fred_vintages"]
    assert len(server.requests) == 1
    assert versions(again) == [(date(2024, 5, 1), date(2025, 2, 12), "313.14", date(2025, 2, 12))]


def test_history_older_than_alfred_counts_from_its_usual_release(told: Any, series: Any) -> None:
    content = body([("1996-12-03", "9999-12-31", "1954-07-01", "0.80"), ("1996-12-03", "9999-12-31", "1996-11-01", "5.31")])
    found = fred_vintages.read(series("FEDFUNDS"), told(content, tokens=KEY).client, Window(None, date(1999, 12, 31)))["fred_vintages"]
    lag = series("FEDFUNDS").lag_days
    assert [(v, p) for _, v, _, p in versions(found)] == [
        (date(1996, 12, 3), pl.Series([date(1954, 7, 1)]).dt.offset_by(f"{lag}d")[0]),
        (date(1996, 12, 3), date(1996, 12, 3)),
    ]


def test_pages_are_put_together(loopback: Any, asking: Any, series: Any) -> None:
    loopback.handle = lambda request, n: by_span(request, CPI, page=1)
    found = fred.read(series("CPIAUCSL"), asking(loopback.url, tokens=KEY), WINDOW)["fred_vintages"]
    assert found.height == 4


def test_the_key_is_shown_nowhere(told: Any, series: Any, caplog: Any) -> None:
    here = told(body([("2026-01-08", "9999-12-31", "2026-01-07", "3.5")]), tokens=KEY)
    fred.read(series("DGS2"), here.client, WINDOW)
    assert KEY["fred"] in here.wire.asked[0].url
    shown = [r.request for r in here.client.receipts]
    assert all("api_key=***" in r for r in shown)
    bad = told(json.dumps({"error_code": 400, "error_message": f"Bad Request. {KEY['fred']} is not registered."}).encode(), 400, tokens=KEY)
    with pytest.raises(SourceError, match="is not registered") as problem:
        fred.read(series("DGS2"), bad.client, WINDOW)
    assert KEY["fred"] not in " ".join([*shown, str(problem.value), caplog.text])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"error_code": 500}', "error_code"),
        (body([], units="pch"), "units 'pch'"),
        (body([], output_type=2), "output_type 2"),
        (body([("2026-01-08", "9999-12-31", "2026-01-07", "3.5")], count=7), "offset 0|empty page"),
        (body([("2026-01-08", "9999-12-31", "07/01/2026", "3.5")]), "07/01/2026"),
        (body([("2026-01-08", "2026-01-07", "2026-01-07", "3.5")]), "until 2026-01-07"),
        (body([("2026-01-08", "9999-12-31", "2026-01-07", 3.5)]), "value 3.5"),  # type: ignore[list-item]
        (body([("2026-01-08", "9999-12-31", "2026-01-07", "3.5")] * 2), "two"),
        (json.dumps({"units": "lin", "output_type": 1, "count": 1, "offset": 0, "observations": [{"date": "x"}]}).encode(), "KeyError"),
    ],
)
def test_another_form_is_refused(told: Any, series: Any, content: bytes, found: str) -> None:
    with pytest.raises(SourceError, match=found):
        fred.read(series("DGS2"), told(content, tokens=KEY).client, WINDOW)


def test_text_in_numbers_stays_text(told: Any, series: Any) -> None:
    content = body([("2026-01-08", "9999-12-31", "2026-01-07", "n.a.")])
    assert fred.read(series("DGS2"), told(content, tokens=KEY).client, WINDOW)["fred_vintages"]["value"].to_list() == ["n.a."]
