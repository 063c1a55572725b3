"""A provider's frame is cast, dated, judged and merged; nothing is lost and nothing wrong gets in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.assets.landing.cast import cast
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import sessions, to_sessions
from pipelines.sources.interface import SourceError

BARS = contracts()["yahoo_bars"]
RATES = contracts()["fred_observations"]
R2000 = catalog()["R2000"]
DAYS = sessions(date(2025, 12, 1), date(2026, 1, 9))["session_date"].to_list()


def bars(closes: list[float], days: list[date] | None = None, symbol: str = R2000.symbol) -> pl.DataFrame:
    days = days or DAYS[: len(closes)]
    return pl.DataFrame(
        {
            "symbol": symbol,
            "session_date": days,
            "open": closes,
            "high": [c * 1.01 for c in closes],
            "low": [c * 0.99 for c in closes],
            "close": closes,
            "volume": [1000] * len(closes),
            "is_partial": [False] * len(closes),
        }
    )


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def scope() -> Scope:
    return Scope("run-1", date(2026, 1, 9), date(2026, 1, 9), "observed", to_sessions, datetime(2026, 1, 10, tzinfo=UTC))


def failed(batch: Batch) -> set[str]:
    return {c.check for c in batch.checks if not c.passed}


def land(connection: duckdb.DuckDBPyConnection, scope: Scope, frame: pl.DataFrame, **others: pl.DataFrame) -> Batch:
    pull = Pull(R2000, {"yahoo_bars": frame, **others})
    batch = judge(connection, BARS, [pull], scope, others.get("_actions"))
    merge_passed(connection, batch, {R2000.series_id} if failed(batch) else set(), scope)
    return batch


def held(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute("select session_date, close, known_on from raw.yahoo_bars order by session_date, known_on").fetchall()


def test_text_in_a_number_is_handed_back_with_its_reason() -> None:
    frame = bars([100.0, 101.0]).with_columns(close=pl.Series(["100.0", "n/a"]), _series=pl.lit("R2000"))
    batch = cast(frame, BARS, "yahoo ^RUT")
    assert batch.rows.height == 1
    assert batch.rejected["reason"].to_list() == ["close: 'n/a' is not a double"]
    assert '"close":"n/a"' in batch.rejected["row_json"][0].replace(" ", "")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_a_finite_number_is_handed_back(value: float) -> None:
    batch = cast(bars([100.0, value]).with_columns(_series=pl.lit("R2000")), BARS, "yahoo ^RUT")
    assert batch.rejected.height == 1


def test_an_empty_cell_where_a_value_is_needed_is_handed_back() -> None:
    frame = bars([100.0, 101.0]).with_columns(close=pl.Series([100.0, None]), _series=pl.lit("R2000"))
    assert cast(frame, BARS, "yahoo ^RUT").rejected["reason"].to_list() == ["close: empty"]


def test_a_missing_column_names_source_table_and_cure() -> None:
    with pytest.raises(SourceError, match=r"yahoo \^RUT for raw.yahoo_bars: expected columns .*found no close.*mend the reader"):
        cast(bars([1.0]).drop("close").with_columns(_series=pl.lit("R2000")), BARS, "yahoo ^RUT")


def test_whole_numbers_written_with_a_point_are_read() -> None:
    frame = bars([100.0, 101.0]).with_columns(volume=pl.Series(["35363500.0", "12.5"]), _series=pl.lit("R2000"))
    batch = cast(frame, BARS, "vendor")
    assert batch.rows["volume"].to_list() == [35363500]
    assert "volume: '12.5' is not a bigint" in batch.rejected["reason"][0]


def test_good_bars_pass_and_are_known_on_their_session(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    batch = land(connection, scope, bars([100.0, 101.0]))
    assert not failed(batch)
    assert held(connection) == [(DAYS[0], 100.0, DAYS[0]), (DAYS[1], 101.0, DAYS[1])]


POISON: dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "the same day twice": ("key_is_unique", lambda f: pl.concat([f, f.tail(1)])),
    "days out of order": ("dates_increase", lambda f: f.reverse()),
    "a bar on a Saturday": ("session_of_the_calendar", lambda f: f.with_columns(pl.col("session_date") + timedelta(days=5))),
    "a bar on Christmas": ("session_of_the_calendar", lambda f: pl.concat([f, f.tail(1).with_columns(session_date=date(2025, 12, 25))])),
    "a close a hundred times too high": (
        "no_jump_without_split",
        lambda f: f.with_columns(pl.col("close", "high") * pl.Series([1.0, 1.0, 100.0])),
    ),
    "a level off by ten thousand": ("close_in_catalog_limits", lambda f: f.with_columns(pl.col("open", "high", "low", "close") * 10_000)),
    "a negative price": ("values_in_limits", lambda f: f.with_columns(low=-pl.col("low"))),
    "a price of zero": ("values_in_limits", lambda f: f.with_columns(low=pl.lit(0.0))),
    "a negative volume": ("values_in_limits", lambda f: f.with_columns(volume=-pl.col("volume"))),
    "a high below the close": ("high_is_highest", lambda f: f.with_columns(high=pl.col("close") * 0.98)),
    "a low above the open": ("low_is_lowest", lambda f: f.with_columns(low=pl.col("open") * 1.005)),
    "text in a price": ("rows_readable", lambda f: f.with_columns(pl.col("close").cast(pl.String).replace("101.0", "one hundred"))),
    "infinity": ("rows_readable", lambda f: f.with_columns(close=pl.lit(float("inf")))),
}


@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_batch_is_named_and_nothing_of_it_is_merged(connection: duckdb.DuckDBPyConnection, scope: Scope, poison: str) -> None:
    check, spoil = POISON[poison]
    batch = land(connection, scope, spoil(bars([100.0, 101.0, 102.0])))
    assert check in failed(batch)
    assert all(c.is_blocking for c in batch.checks if not c.passed)
    assert held(connection) == []


def test_a_split_explains_a_jump(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    actions = pl.DataFrame({"_series": ["R2000"], "action_date": [DAYS[1]], "kind": ["split"], "value": [4.0]})
    assert not failed(judge(connection, BARS, [Pull(R2000, {"yahoo_bars": bars([100.0, 25.2])})], scope, actions))
    assert "no_jump_without_split" in failed(judge(connection, BARS, [Pull(R2000, {"yahoo_bars": bars([100.0, 25.2])})], scope))


def test_a_jump_from_the_last_close_we_hold_is_seen(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0]))
    batch = land(connection, scope, bars([300.0], [DAYS[1]]))
    assert failed(batch) == {"no_jump_without_split"}


def test_an_optional_series_that_fails_is_set_aside_without_closing_the_gate(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    batch = judge(connection, BARS, [Pull(catalog()["RSP"], {"yahoo_bars": bars([100.0, 900.0], symbol="RSP")})], scope)
    assert failed(batch) == {"no_jump_without_split"}
    assert not any(c.is_blocking for c in batch.checks)


def test_a_second_time_changes_nothing(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0]))
    before = held(connection)
    land(connection, replace(scope, run_id="run-2"), bars([100.0, 101.0]))
    assert held(connection) == before


def test_a_revision_stands_beside_what_it_replaces(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0]))
    land(connection, replace(scope, as_of=date(2026, 1, 12), revision_day=date(2026, 1, 12)), bars([100.0, 101.5]))
    assert held(connection) == [(DAYS[0], 100.0, DAYS[0]), (DAYS[1], 101.0, DAYS[1]), (DAYS[1], 101.5, date(2026, 1, 12))]


def test_a_shortened_history_is_counted_and_ours_stays(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0, 102.0]))
    batch = land(connection, scope, bars([100.0, 102.0], [DAYS[0], DAYS[2]]))
    assert batch.withdrawn_rows == {"R2000": 1}
    assert len(held(connection)) == 3


def test_a_history_cut_at_its_start_is_counted_and_ours_stays(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0, 102.0]))
    batch = land(connection, scope, bars([102.0], [DAYS[2]]))
    assert batch.withdrawn_rows == {"R2000": 2}
    assert len(held(connection)) == 3


def test_days_not_asked_for_are_not_missed(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0, 102.0]))
    pull = Pull(R2000, {"yahoo_bars": bars([102.0], [DAYS[2]])}, asked_from=DAYS[1])
    assert judge(connection, BARS, [pull], scope).withdrawn_rows == {"R2000": 1}


def test_rows_after_the_day_are_set_aside_and_counted(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    batch = land(connection, replace(scope, as_of=DAYS[1]), bars([100.0, 101.0, 102.0]))
    assert batch.later_rows == {"R2000": 1}
    assert len(held(connection)) == 2


def test_a_lag_moves_known_on_to_the_next_session(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    dgs10 = catalog()["DGS10"]  # one calendar day of lag; 2 January 2026 is a Friday
    frame = pl.DataFrame({"series_id": "DGS10", "observation_date": [date(2026, 1, 2)], "value": [4.1]})
    batch = judge(connection, RATES, [Pull(dgs10, {"fred_observations": frame})], scope)
    merge_passed(connection, batch, set(), scope)
    assert connection.execute("select known_on from raw.fred_observations").fetchall() == [(date(2026, 1, 5),)]


def test_a_run_as_of_an_earlier_day_revises_nothing(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    land(connection, scope, bars([100.0, 101.0]))
    earlier = replace(scope, as_of=DAYS[1], revision_day=date(2026, 1, 9))
    batch = land(connection, earlier, bars([100.0, 99.0]))
    assert batch.later_rows == {"R2000": 1}
    assert [row[1] for row in held(connection)] == [100.0, 101.0]


def witness(connection: duckdb.DuckDBPyConnection, scope: Scope, values: list[float]) -> None:
    fred = catalog()["SP500.fred"]
    frame = pl.DataFrame({"series_id": "SP500", "observation_date": DAYS[: len(values)], "value": values})
    merge_passed(connection, judge(connection, RATES, [Pull(fred, {"fred_observations": frame})], scope), set(), scope)


def test_sources_that_disagree_on_the_newest_session_close_the_gate(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    sp500 = catalog()["SP500"]
    witness(connection, scope, [6800.0, 6900.0])
    pull = Pull(sp500, {"yahoo_bars": bars([6800.0, 6940.0], symbol=sp500.symbol)})
    batch = judge(connection, BARS, [pull], scope)
    assert failed(batch) == {"sources_agree"}
    assert all(c.is_blocking for c in batch.checks if not c.passed)


def test_an_older_disagreement_is_recorded_not_judged(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    sp500 = catalog()["SP500"]
    witness(connection, scope, [6700.0, 6900.0])
    batch = judge(connection, BARS, [Pull(sp500, {"yahoo_bars": bars([6800.0, 6900.0], symbol=sp500.symbol)})], scope)
    assert not failed(batch)
    said = next(c.observed for c in batch.checks if c.check == "sources_agree")
    assert f"1 older sessions more than 0.5 % apart (SP500 {DAYS[0]} 1.49 %)" in said


def test_a_target_is_known_from_its_capture_and_never_before(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    contract, one = contracts()["drop_targets"], replace(R2000, series_id="targets/L/t.csv", lag_days=0, is_required=False)
    days = [date(2026, 1, 2), date(2026, 1, 3), date(2026, 1, 12)]  # a Friday, a Saturday, a day after the run's
    frame = pl.DataFrame({"list_id": "L", "symbol": "AAA", "captured_on": days, "price": 20.0, "target_mean": [24.0, 25.0, 26.0]})
    frame = frame.with_columns(pl.lit(None).alias(c.name) for c in contract.columns if c.name not in frame.columns)
    batch = judge(connection, contract, [Pull(one, {contract.name: frame})], scope)
    assert not failed(batch)
    merge_passed(connection, batch, set(), scope)
    known = connection.execute("select captured_on, known_on from raw.drop_targets order by all").fetchall()
    assert known == [(days[0], days[0]), (days[1], date(2026, 1, 5))]
    assert batch.later_rows == {one.series_id: 1}
