"""Raw closes that came otherwise than they were: single ones are kept back, small corrections are revisions, many refuse the series."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from fund_market import CLOSES, DAYS, LAST, NEXT, Market, failed, raw, stands_on_one_anchor

from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


def test_one_raw_close_that_changed_is_kept_back_and_ours_stays(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.closes[DAYS[-10]] *= 1.02
    batches = pull(market, NEXT)
    assert "closes_stay" not in failed(batches)
    [check] = [c for c in batches["yahoo_bars"].checks if c.check == "closes_stay"]
    assert check.failing_rows.height == 1
    assert "kept back" in check.observed
    assert raw(connection)[DAYS[-10]] == CLOSES[DAYS[-10]]
    assert {e.kind for b in batches.values() for e in b.events} == {"closes_changed"}
    market.dividends[DAYS[-2]] = 1.5
    assert failed(pull(market, DAYS[-2])) == set()
    market.closes[DAYS[-10]] = CLOSES[DAYS[-10]]
    stands_on_one_anchor(connection, market, DAYS[-2])


def test_a_close_corrected_by_a_few_hundredths_is_a_revision(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.closes[DAYS[-10]] = round(CLOSES[DAYS[-10]] * 1.0012, 2)
    assert failed(pull(market, NEXT)) == set()
    assert raw(connection)[DAYS[-10]] == market.closes[DAYS[-10]]


def test_raw_closes_halved_without_a_split_are_another_base(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.closes = {d: c / 2 for d, c in market.closes.items()}
    batches = pull(market, NEXT)
    assert "base_as_before" in failed(batches)
    assert raw(connection) == {d: CLOSES[d] for d in DAYS if d <= LAST}
    assert "rebased" in {e.kind for e in batches["yahoo_bars"].events}
