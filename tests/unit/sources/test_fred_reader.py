"""FRED's CSV, in its wire forms of then and now."""

from datetime import date
from typing import Any

import pytest

from pipelines.sources import fred
from pipelines.sources.interface import SourceError, Window

WINDOW = Window(None, date(2026, 1, 9))


def test_the_header_of_now_and_of_then(told: Any, series: Any) -> None:
    for head, blank in (("observation_date", ""), ("DATE", ".")):
        content = f"{head},DGS2\n2026-01-07,3.5\n2026-01-08,{blank}\n2026-01-09,3.75\n".encode()
        frames = fred.read(series("DGS2"), told(content).client, WINDOW)
        assert frames["fred_observations"].rows() == [("DGS2", date(2026, 1, 7), 3.5), ("DGS2", date(2026, 1, 9), 3.75)]


def test_pandas_datareader_asks_through_the_client_once(told: Any, series: Any) -> None:
    here = told(b"observation_date,DGS2\n2026-01-07,3.5\n")
    fred.read(series("DGS2"), here.client, WINDOW)
    assert [r.request for r in here.client.receipts] == ["GET https://fred.stlouisfed.org/graph/fredgraph.csv?id=DGS2"]
    bad = told(b"busy", status=500)
    with pytest.raises(SourceError, match="status 500"):
        fred.read(series("DGS2"), bad.client, WINDOW)
    assert len(bad.wire.asked) == 1


def test_only_days_of_the_window_are_kept(told: Any, series: Any) -> None:
    content = b"observation_date,DGS2\n2025-01-07,3.5\n2026-01-08,3.6\n2026-01-12,3.7\n"
    frames = fred.read(series("DGS2"), told(content).client, Window(date(2026, 1, 1), date(2026, 1, 9)))
    assert frames["fred_observations"]["value"].to_list() == [3.6]


def test_the_first_years_are_there(told: Any, series: Any) -> None:
    content = b"observation_date,DGS2\n1854-12-01,1\n2026-01-08,2\n"
    assert fred.read(series("DGS2"), told(content).client, WINDOW)["fred_observations"].height == 2


def test_text_in_numbers_stays_text(told: Any, series: Any) -> None:
    content = b"observation_date,DGS2\n2026-01-07,3.50\n2026-01-08,n.a.\n"
    assert fred.read(series("DGS2"), told(content).client, WINDOW)["fred_observations"]["value"].to_list() == ["3.50", "n.a."]


def test_a_series_without_values_has_no_rows(told: Any, series: Any) -> None:
    assert fred.read(series("DGS2"), told(b"observation_date,DGS2\n").client, WINDOW)["fred_observations"].is_empty()
    assert fred.read(series("DGS2"), told(b"observation_date,DGS2\n2026-01-08,\n").client, WINDOW)["fred_observations"].is_empty()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"observation_date,DGS10\n2026-01-07,3.5\n", "DGS10"),
        (b"day,DGS2\n2026-01-07,3.5\n", "day,DGS2"),
        (b"observation_date,DGS2,x\n2026-01-07,3.5,1\n", "DGS2,x"),
        (b"observation_date\n2026-01-07\n", "observation_date"),
        (b"observation_date,DGS2\n2026-01-07,3.5,7\n", "2026-01-07,3.5,7"),
        (b"observation_date,DGS2\n07/01/2026,3.5\n", "07/01/2026"),
        (b"observation_date,DGS2\n2026-02-30,3.5\n", "2026-02-30"),
        (b"observation_date,DGS2\n2026-01-08,3.5\n2026-01-07,3.5\n", "after a later one"),
        (b"observation_date,DGS2\n2026-01-07,NaN\n", "0 read by pandas-datareader"),
        (b"observation_date,DGS2\n2026-01-07,\xff\n", "UTF-8|codec"),
    ],
)
def test_what_the_library_would_misread_is_refused(told: Any, series: Any, content: bytes, found: str) -> None:
    with pytest.raises(SourceError, match=found):
        fred.read(series("DGS2"), told(content).client, WINDOW)
