"""A batch against the history it continues: what is another unit, another day, a blank written as zero, half a vintage; and what is not."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import sessions, to_sessions

AS_OF = date(2026, 1, 9)
SESSIONS = sessions(date(2024, 6, 3), AS_OF)["session_date"].to_list()
MONTHS = pl.date_range(date(2022, 1, 1), date(2025, 12, 1), "1mo", eager=True).to_list()

Land = Callable[..., Batch]


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def land(connection: duckdb.DuckDBPyConnection) -> Land:
    def landing(series_id: str, table: str, frame: pl.DataFrame, others: Mapping[str, pl.DataFrame] | None = None) -> Batch:
        series = catalog()[series_id]
        scope = Scope("run", AS_OF, AS_OF, "observed", to_sessions, datetime(2026, 1, 10, tzinfo=UTC))
        batch = judge(connection, contracts()[table], [Pull(series, {table: frame, **(others or {})})], scope)
        bad = {s for c in batch.checks for s in c.failing_series}
        merge_passed(connection, batch, bad, scope)
        return batch

    return landing


def failed(batch: Batch) -> set[str]:
    return {c.check for c in batch.checks if not c.passed}


def rates(days: list[date], values: Callable[[int], float], series_id: str = "DGS2") -> pl.DataFrame:
    return pl.DataFrame({"series_id": series_id, "observation_date": days, "value": [values(n) for n in range(len(days))]})


def bars(days: list[date], by: float = 1.0, volume: int = 1000, symbol: str = "IWM") -> pl.DataFrame:
    closes = [(200 + n % 7) * by for n in range(len(days))]
    return pl.DataFrame(
        {
            "symbol": symbol, "session_date": days, "open": closes, "high": [c * 1.01 for c in closes], "low": [c * 0.99 for c in closes],
            "close": closes, "volume": [volume] * len(days), "is_partial": [False] * len(days),
        }
    )  # fmt: skip


def test_the_whole_overlap_times_a_hundred_is_another_unit(land: Land) -> None:
    days = SESSIONS[-30:]
    assert failed(land("DGS2", "fred_observations", rates(days, lambda n: 0.03 + n / 10_000))) == set()
    assert "unit_as_before" in failed(land("DGS2", "fred_observations", rates(days, lambda n: 3 + n / 100)))


@pytest.mark.parametrize("by", [2, 0.5, 20, 1.001])
def test_a_split_or_a_rebased_index_is_not_another_unit(land: Land, by: float) -> None:
    days = SESSIONS[-30:]
    land("CPIAUCSL", "fred_observations", rates(MONTHS, lambda n: 250.0 + n, "CPIAUCSL"))
    assert "unit_as_before" not in failed(land("CPIAUCSL", "fred_observations", rates(MONTHS, lambda n: (250.0 + n) * by, "CPIAUCSL")))
    land("IWM", "yahoo_bars", bars(days))
    assert "unit_as_before" not in failed(land("IWM", "yahoo_bars", bars(days, by)))


def test_one_value_corrected_a_hundredfold_is_a_correction(land: Land) -> None:
    days = SESSIONS[-30:]
    land("DGS2", "fred_observations", rates(days, lambda n: 0.035 if n == 20 else 3.5))
    assert failed(land("DGS2", "fred_observations", rates(days, lambda n: 3.5))) == set()


def test_a_series_of_weekdays_has_no_sunday_tomorrow(land: Land) -> None:
    land("DGS2", "fred_observations", rates(SESSIONS[:-10], lambda n: 3.5))
    shifted = [day - timedelta(days=1) for day in SESSIONS[-10:]]
    assert "days_in_rhythm" in failed(land("DGS2", "fred_observations", rates(shifted, lambda n: 3.5)))
    assert failed(land("DGS2", "fred_observations", rates(SESSIONS[-10:], lambda n: 3.5))) == set()


def test_a_month_that_begins_on_the_last_day_of_another_is_another_rhythm(land: Land) -> None:
    land("CPIAUCSL", "fred_observations", rates(MONTHS[:-2], lambda n: 250.0 + n, "CPIAUCSL"))
    assert "days_in_rhythm" in failed(land("CPIAUCSL", "fred_observations", rates([date(2025, 10, 31)], lambda n: 296.0, "CPIAUCSL")))
    assert failed(land("CPIAUCSL", "fred_observations", rates(MONTHS[-2:-1], lambda n: 296.0, "CPIAUCSL"))) == set()


def test_a_young_series_has_no_rhythm_yet(land: Land) -> None:
    land("DGS2", "fred_observations", rates(SESSIONS[-40:-10], lambda n: 3.5))
    assert failed(land("DGS2", "fred_observations", rates([date(2026, 1, 4)], lambda n: 3.5))) == set()


def test_zero_from_afar_is_a_blank_and_zero_from_nearby_a_value(land: Land) -> None:
    days = SESSIONS[-30:]
    assert "zero_is_no_blank" in failed(land("DGS2", "fred_observations", rates(days, lambda n: 0.0 if n == 28 else 3.5)))
    assert failed(land("DGS2", "fred_observations", rates(days, lambda n: 0.0 if n == 28 else 0.25))) == set()


def test_a_fund_whose_price_moved_was_traded_and_an_index_need_not_be(land: Land) -> None:
    assert "volume_is_traded" in failed(land("IWM", "yahoo_bars", bars(SESSIONS[-5:], volume=0)))
    assert failed(land("R2000", "yahoo_bars", bars(SESSIONS[-5:], volume=0, symbol=catalog()["R2000"].symbol, by=10))) == set()


def vintage(name: str, months: list[date], portfolios: tuple[str, ...] = ("Mkt-RF", "SMB", "RF")) -> pl.DataFrame:
    end = date(int(name[:4]), int(name[4:]), 28)
    rows: list[tuple[Any, ...]] = [
        (catalog()["FF_FACTORS"].symbol, name, end, "monthly", "none", month, p, 1.0 + n % 5)
        for n, month in enumerate(months)
        for p in portfolios
    ]
    columns = ["dataset", "vintage", "vintage_end", "frequency", "weighting", "period_end", "portfolio", "value"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_a_vintage_without_the_past_or_a_portfolio_is_not_whole(land: Land) -> None:
    ends = [day - timedelta(days=1) for day in MONTHS[1:]]
    assert failed(land("FF_FACTORS", "french_returns", vintage("202509", ends[:-3]))) == set()
    assert "vintage_is_whole" in failed(land("FF_FACTORS", "french_returns", vintage("202510", ends[20:-2])))
    assert "vintage_is_whole" in failed(land("FF_FACTORS", "french_returns", vintage("202510", ends[:-2], ("Mkt-RF", "RF"))))
    assert failed(land("FF_FACTORS", "french_returns", vintage("202510", ends[:-2]))) == set()
