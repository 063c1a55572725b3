"""The funds' real files: weights that sum to a hundred at the file's own date, cash and futures apart, nothing of a later day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.batch import Pull, Scope, judge, merge_passed
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import to_sessions
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.readers import READERS

pytestmark = pytest.mark.replay

# Fund, day asked as of, day of the file, lines, equities, cash lines, futures.
FILES = [
    ("IVV_HOLDINGS", date(2023, 1, 31), "2022-12-30", 508, 503, 4, 1),
    ("SPY_HOLDINGS", date(2023, 1, 31), "2023-01-10", 504, 503, 1, 0),
    ("IWM_HOLDINGS", date(2025, 6, 2), "2025-05-13", 1944, 1939, 4, 1),
    ("IWM_HOLDINGS", date(2026, 8, 3), "2026-04-10", 1941, 1936, 4, 1),
]


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


def frame_of(replay: Any, asking: Any, series_id: str, as_of: date) -> pl.DataFrame:
    one = catalog()[series_id]
    with replay(as_of) as provider:
        (frame,) = READERS[one.provider].read(one, asking(provider.url, deadline_s=30), Window(None, as_of)).values()
    found: pl.DataFrame = frame
    return found


@pytest.mark.parametrize(("series_id", "as_of", "day", "lines", "equities", "cash", "futures"), FILES)
def test_weights_sum_to_one_hundred_with_cash_and_futures_apart(
    replay: Any, asking: Any, series_id: str, as_of: date, day: str, lines: int, equities: int, cash: int, futures: int
) -> None:
    frame = frame_of(replay, asking, series_id, as_of)
    assert frame["holdings_date"].unique().to_list() == [day]
    assert abs(float(frame["weight_pct"].sum()) - 100) <= 0.2
    count = dict(frame.group_by("asset_class").len().iter_rows())
    assert (frame.height, count["equity"], count["cash"], count.get("future", 0)) == (lines, equities, cash, futures)
    assert 99 < float(frame.filter(pl.col("asset_class") == "equity")["weight_pct"].sum()) < 100.1
    assert frame["line_no"].to_list() == list(range(1, lines + 1))


@pytest.mark.parametrize(("series_id", "as_of"), [(s, d) for s, d, *_ in FILES])
def test_the_files_pass_gate_1_and_a_second_time_changes_nothing(
    replay: Any, asking: Any, connection: duckdb.DuckDBPyConnection, series_id: str, as_of: date
) -> None:
    one = catalog()[series_id]
    contract = contracts()[f"{one.provider}_holdings"]
    scope = Scope("run-1", as_of, as_of, "observed", to_sessions, datetime(as_of.year, as_of.month, as_of.day, 23, tzinfo=UTC))
    frame = frame_of(replay, asking, series_id, as_of)
    for new in (frame.height, 0):
        batch = judge(connection, contract, [Pull(one, {contract.name: frame})], scope)
        assert [c.check for c in batch.checks if not c.passed] == []
        assert merge_passed(connection, batch, set(), scope)[series_id].new_rows == new
    known = connection.execute(f"select distinct known_on > holdings_date from raw.{contract.name}").fetchall()
    assert known == [(True,)], "known the session after"


def test_a_file_of_a_later_day_is_set_aside(replay: Any, asking: Any, connection: duckdb.DuckDBPyConnection) -> None:
    as_of, one = date(2024, 1, 9), catalog()["IWM_HOLDINGS"]
    scope = Scope("run-1", as_of, as_of, "observed", to_sessions, datetime(2024, 1, 9, 23, tzinfo=UTC))
    frame = frame_of(replay, asking, one.series_id, as_of)
    assert frame["holdings_date"][0] == "2025-05-13", "the recording has nothing older"
    batch = judge(connection, contracts()["ishares_holdings"], [Pull(one, {"ishares_holdings": frame})], scope)
    assert (batch.rows.height, batch.later_rows) == (0, {"IWM_HOLDINGS": frame.height})


@pytest.mark.parametrize("fault", ["404", "500", "html", "empty", "cut", "garbage"])
@pytest.mark.parametrize("series_id", ["IWM_HOLDINGS", "SPY_HOLDINGS"])
def test_every_fault_of_a_fund_is_one_named_error(replay: Any, asking: Any, monkeypatch: Any, series_id: str, fault: str) -> None:
    monkeypatch.setattr("pipelines.sources.transport.BACKOFF_S", 0.01)
    one = catalog()[series_id]
    with replay(date(2026, 8, 3), [f"*={fault}"]) as provider, pytest.raises(SourceError) as caught:
        READERS[one.provider].read(one, asking(provider.url, retries=1), Window(None, date(2026, 8, 3)))
    assert caught.value.cure
