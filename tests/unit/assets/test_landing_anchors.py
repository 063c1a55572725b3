"""Adjusted closes whose past was rewritten, in Yahoo's wire form: dividends and splits are recognised and the whole past follows, all else is refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from fund_market import CLOSES, DAYS, LAST, NEXT, Market, adjusted, failed, raw, stands_on_one_anchor

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import to_sessions


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


def test_a_dividend_restates_the_years_that_are_not_asked_for_again(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    before = adjusted(connection, LAST)
    market.dividends[NEXT] = 1.5
    batches = pull(market, NEXT)
    assert failed(batches) == set()
    stands_on_one_anchor(connection, market, NEXT)
    [event] = batches["yahoo_adjusted_closes"].events
    assert (event.kind, event.series_id, event.to_date) == ("reanchored", "IWM", LAST)
    assert event.factor == pytest.approx(1 - 1.5 / market.closes[LAST], abs=1e-6)
    assert min(event.from_date, DAYS[0]) == DAYS[0] < event.from_date, "only the overlap came"
    restated = adjusted(connection, NEXT)[DAYS[0]] / before[DAYS[0]]
    assert restated == pytest.approx(event.factor, abs=1e-6)
    assert raw(connection) == {d: market.closes[d] for d in DAYS if d <= NEXT}, "raw closes never change"
    assert adjusted(connection, LAST) == before, "what was known before is what was known before"


def test_a_dividend_seen_days_later_leaves_no_day_on_two_anchors(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.dividends[NEXT] = 1.5
    pull(market, DAYS[-1])
    for day in DAYS[-4:]:
        stands_on_one_anchor(connection, market, to_sessions_after(day))


def to_sessions_after(day: date) -> date:
    return day + timedelta(days=4)  # past the lag of any of them


def test_two_dividends_at_once_are_two_steps(connection: Any, pull: Any) -> None:
    market = Market()
    early = DAYS[-30]
    pull(market, DAYS[-40])
    market.dividends |= {early: 1.2, NEXT: 1.5}
    batches = pull(market, DAYS[-1])
    assert failed(batches) == set()
    stands_on_one_anchor(connection, market, DAYS[-1])


@pytest.mark.parametrize("ratio", [2.0, 0.1], ids=["2:1", "reverse 1:10"])
def test_a_split_restates_the_past_and_leaves_raw_closes_alone(connection: Any, pull: Any, ratio: float) -> None:
    market = Market()
    pull(market, LAST)
    market.splits[NEXT] = ratio
    for day in DAYS[-3:]:
        market.closes[day] = round(market.closes[day] / ratio, 6)
    batches = pull(market, NEXT)
    assert failed(batches) == set()
    stands_on_one_anchor(connection, market, NEXT)
    assert raw(connection)[DAYS[0]] == CLOSES[DAYS[0]]
    [event] = batches["yahoo_adjusted_closes"].events
    assert event.factor == pytest.approx(1 / ratio, rel=1e-4)


def test_a_corrected_dividend_is_a_step_on_its_own_day(connection: Any, pull: Any) -> None:
    market = Market()
    market.dividends[DAYS[-20]] = 1.5
    pull(market, LAST)
    market.dividends[DAYS[-20]] = 1.2
    batches = pull(market, NEXT)
    assert failed(batches) == set()
    stands_on_one_anchor(connection, market, NEXT)


def test_a_backfilled_year_that_knew_the_dividend_is_not_restated_twice(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.dividends[NEXT] = 1.5
    connection.execute(f"delete from raw.yahoo_adjusted_closes where session_date < '{DAYS[20]}'")
    pulled = datetime(NEXT.year, NEXT.month, NEXT.day, 12, tzinfo=UTC).replace(tzinfo=None)  # on the ex date, before the run of the day
    for day in DAYS[:20]:
        connection.execute(
            "insert into raw.yahoo_adjusted_closes values ('IWM', ?, ?, ?, ?, 'x', 'backfill', 'observed', true)",
            [day, market.adjusted(day, NEXT), day + timedelta(days=1), pulled],
        )
    pull(market, NEXT)
    stands_on_one_anchor(connection, market, NEXT)


def test_a_past_rewritten_without_an_action_is_refused(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    before = adjusted(connection, date(2026, 12, 31))
    market.spoilt = lambda day, adjusted: adjusted * 0.97 if day <= LAST else adjusted
    batches = pull(market, NEXT)
    assert failed(batches) == {"past_is_reanchored_whole"}
    [event] = batches["yahoo_adjusted_closes"].events
    assert (event.kind, event.reason) == (
        "rewritten",
        f"before {NEXT} closes moved by the factor 0.970000; splits and dividends known after {LAST}: none",
    )
    assert adjusted(connection, date(2026, 12, 31)) == before, "the last good ones stay"
    assert max(raw(connection)) == LAST, "and the series passes whole or not at all"


def test_a_past_rewritten_by_several_factors_is_refused(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.dividends[NEXT] = 1.5
    market.spoilt = lambda day, adjusted: adjusted * (1 + 0.001 * (day.toordinal() % 7)) if day <= LAST else adjusted
    batches = pull(market, NEXT)
    assert failed(batches) == {"past_is_reanchored_whole"}


def test_a_factor_larger_than_its_dividend_is_refused(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.dividends[NEXT] = 1.5
    market.spoilt = lambda day, adjusted: adjusted * 0.9 if day <= LAST else adjusted
    assert failed(pull(market, NEXT)) == {"past_is_reanchored_whole"}


def test_rounding_in_the_seventh_digit_is_no_new_anchor(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    market.spoilt = lambda day, adjusted: adjusted * (1 + 1e-6 * (day.toordinal() % 3))
    batches = pull(market, NEXT)
    assert failed(batches) == set()
    assert batches["yahoo_adjusted_closes"].events == ()


def test_a_run_as_of_an_earlier_day_brings_no_close_on_another_anchor(connection: Any, pull: Any) -> None:
    market = Market()
    pull(market, LAST)
    connection.execute(f"delete from raw.yahoo_adjusted_closes where session_date = '{DAYS[-10]}'")
    market.dividends[NEXT] = 1.5
    batches = pull(market, NEXT, as_of=DAYS[-5])
    assert failed(batches) == set()
    assert DAYS[-10] not in adjusted(connection, NEXT)
    assert batches["yahoo_adjusted_closes"].later_rows["IWM"] > 1


def test_a_provider_without_actions_is_explained_by_those_of_the_instrument(connection: Any, pull: Any) -> None:
    fund = next(s for s in catalog().of("stooq") if s.instrument_id == "IWM")
    contract = contracts()["stooq_adjusted_closes"]
    market = Market()

    def stooq(days: list[date], until: date) -> Batch:
        frame = pl.DataFrame(
            {"symbol": fund.symbol, "session_date": days, "adjusted_close": [round(market.adjusted(d, until), 6) for d in days]}
        )
        now = datetime(until.year, until.month, until.day, 23, tzinfo=UTC)
        scope = Scope(f"stooq of {until}", until, until, "observed", to_sessions, now)
        batch = judge(connection, contract, [Pull(fund, {contract.name: frame}, asked_from=days[0])], scope)
        merge_passed(connection, batch, {s for c in batch.checks for s in c.failing_series}, scope)
        return batch

    pull(market, LAST)
    stooq([d for d in DAYS if d <= LAST], LAST)
    market.dividends[NEXT] = 1.5
    assert "past_is_reanchored_whole" in failed({"": stooq(DAYS[-60:-2], NEXT)}), "nobody has told of the dividend yet"
    pull(market, NEXT)
    assert failed({"": stooq(DAYS[-60:-2], NEXT)}) == set()
    held = dict(connection.execute(f"select session_date, adjusted_close from as_known('{contract.name}', '{NEXT}')").fetchall())
    assert held[DAYS[0]] == pytest.approx(market.adjusted(DAYS[0], NEXT), rel=1e-6)
