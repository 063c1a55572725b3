"""What must be seen on real input: published numbers, hand counts, and a past that does not move."""

import csv
import gzip
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from recorded import REPLAY, serve
from worlds import contents, database, fingerprints, publish, rows, work_file, working_in

from bench.clone import clone
from pipelines.catalog import catalog
from pipelines.sample.facts import facts

pytestmark = [pytest.mark.replay, pytest.mark.slow]
FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
ON_FRIDAY = "session_date = date '2026-01-09'"
SAMPLES = {"R2000": "adj_close_r2000_sample_312.parquet", "SP500": "adj_close_sp500_sample_165.parquet"}


@pytest.fixture
def friday(replayed: dict[date, Path]) -> Callable[[str], list[tuple[Any, ...]]]:
    return lambda sql: rows(database(replayed[FRIDAY], "live"), sql)


def test_returns_of_the_year_to_date(friday: Any) -> None:
    found = dict(friday(f"select instrument_id, return_pct from marts.fct_performance_daily where {ON_FRIDAY} and horizon = 'ytd'"))
    wanted = {"R2000": "5.734", "SP500": "1.764", "NASDAQ_COMP": "1.847", "IWM": "5.716"}
    assert {k: str(round(found[k], 3)) for k in wanted} == wanted


def test_small_minus_large_and_their_multiple(friday: Any) -> None:
    sql = f"select excess_pp, multiple from marts.fct_relative_performance_daily where {ON_FRIDAY} and horizon = 'ytd' and small_id = 'R2000' and large_id = 'SP500'"
    ((excess, multiple),) = friday(sql)
    assert (str(round(excess, 3)), str(round(multiple, 2))) == ("3.970", "3.25")


@pytest.mark.parametrize(
    ("instrument", "fact"), [("R2000", "R2000 close"), ("SP500", "S&P 500 close"), ("NASDAQ_COMP", "Nasdaq Composite close")]
)
def test_closes_are_the_published_levels(friday: Any, instrument: str, fact: str) -> None:
    closes = dict(
        friday(f"select session_date, close from marts.fct_performance_daily where instrument_id = '{instrument}' and horizon = '1d'")
    )
    for day, level in facts(fact).items():
        assert abs(float(closes[day]) - level) < 0.0051, day


def test_the_three_moves_of_2025(friday: Any) -> None:
    columns = "effective_date, change_bp, consecutive_moves, cumulative_bp, lower_pct, upper_pct"
    found = friday(f"select {columns} from marts.fct_policy_moves where effective_date >= date '2025-01-01' order by all")
    wanted = [
        (date(2025, 9, 18), -25, 1, -25, Decimal("4.00"), Decimal("4.25")),
        (date(2025, 10, 30), -25, 2, -50, Decimal("3.75"), Decimal("4.00")),
        (date(2025, 12, 11), -25, 3, -75, Decimal("3.50"), Decimal("3.75")),
    ]
    assert found == wanted


def closes_of(symbol: str) -> list[tuple[str, float]]:
    """Days and closes as the recorded provider has them."""
    with gzip.open(REPLAY / "world" / "yahoo" / f"{symbol}.csv.gz", "rt", newline="") as handle:
        return [(row["date"], float(row["close"])) for row in csv.DictReader(handle)]


def test_eleven_sectors_of_the_day_follow_from_the_recorded_closes(friday: Any) -> None:
    found = friday(
        f"select instrument_id, return_pct, rank, sectors_up_n, sectors_n from marts.fct_sector_performance_daily where {ON_FRIDAY} and horizon = '1d'"
    )
    assert {instrument for instrument, *_ in found} == {s.instrument_id for s in catalog() if s.sector}
    assert len(found) == 11
    by_hand = {}
    for instrument, *_ in found:
        upto = [close for day, close in closes_of(instrument) if day <= "2026-01-09"]
        by_hand[instrument] = (upto[-1] / upto[-2] - 1) * 100
    assert all(abs(float(pct) - by_hand[instrument]) < 1e-4 for instrument, pct, *_ in found)
    assert {up for *_, up, _ in found} == {sum(v > 0 for v in by_hand.values())}
    ordered = sorted(by_hand, key=lambda i: -by_hand[i])
    assert {instrument: rank for instrument, _, rank, *_ in found} == {instrument: n for n, instrument in enumerate(ordered, start=1)}


@pytest.mark.parametrize("universe", SAMPLES)
@pytest.mark.parametrize("day", [date(2020, 3, 16), date(2025, 4, 9), FRIDAY])
def test_breadth_is_what_a_hand_count_gives(friday: Any, universe: str, day: date) -> None:
    """Counted with Polars from the vendor's file: advances, declines, unchanged, shares above the averages of 50 and 200 closes."""
    closes = (
        pl.read_parquet(REPLAY / "world" / "drops" / SAMPLES[universe]).drop_nulls().filter(pl.col("date") <= day).sort("symbol", "date")
    )
    close, before = pl.col("adj_close").cast(pl.Float64), pl.col("adj_close").cast(pl.Float64).shift().over("symbol")
    previous = closes.filter(pl.col("date") < day)["date"].max()
    counted = closes.with_columns(
        close=close,
        before=pl.when(pl.col("date").shift().over("symbol") == previous).then(before),
        sma_50=close.rolling_mean(50).over("symbol"),
        sma_200=close.rolling_mean(200).over("symbol"),
    ).filter(pl.col("date") == day)
    by_hand = counted.select(
        advances=(pl.col("close") > pl.col("before")).sum(),
        declines=(pl.col("close") < pl.col("before")).sum(),
        unchanged=(pl.col("close") == pl.col("before")).sum(),
        eligible_50_n=pl.col("sma_50").count(),
        eligible_200_n=pl.col("sma_200").count(),
        above_50=(pl.col("close") > pl.col("sma_50")).sum() / pl.col("sma_50").count() * 100,
        above_200=(pl.col("close") > pl.col("sma_200")).sum() / pl.col("sma_200").count() * 100,
    ).row(0)
    columns = "advances, declines, unchanged, eligible_50_n, eligible_200_n, pct_above_sma_50::double, pct_above_sma_200::double"
    ((*found, basis),) = friday(
        f"select {columns}, membership_basis from marts.fct_breadth_daily where universe_id = '{universe}' and session_date = date '{day}'"
    )
    assert found[:5] == list(by_hand[:5])
    assert found[5:] == pytest.approx(by_hand[5:], abs=5e-5)
    assert basis == "current"  # today's members looked at in the past: it says so


def test_missing_series_are_absent_with_the_reason(friday: Any) -> None:
    status = dict(friday("select series_id, status from quality.freshness"))
    assert (status["R1000"], status["SP600"]) == ("missing", "missing")
    assert {s for s, state in status.items() if state == "late"} == {
        "DRTSCIS",
        "FF_SIZE_PORTFOLIOS",
        *("IVV_HOLDINGS", "IWM_HOLDINGS", "SPY_HOLDINGS"),  # the recorded lists are of 2022, 2025 and 2023
        *("SP500.stooq", "IWM.stooq"),
    }
    missing = friday("select small_id, large_id, reason from quality.missing_pairs")
    assert {(small, large) for small, large, _ in missing} == {("R2000", "R1000"), ("SP600", "SP500"), ("R2000", "SP600")}
    assert all(reason for *_, reason in missing)
    assert friday("select distinct provenance from marts.fct_performance_daily") == [("derived",)]


def test_the_next_day_is_added_and_no_earlier_value_moves(replayed: dict[date, Path]) -> None:
    """Every mart told by day: what was published on Friday is, row for row, in Monday's publication."""
    with duckdb.connect() as connection:
        for name, day in (("friday", FRIDAY), ("monday", MONDAY)):
            connection.execute(f"attach '{database(replayed[day], 'live')}' as {name} (read_only)")
        dated = connection.execute(
            "select table_name from duckdb_columns() where database_name = 'friday' and schema_name = 'marts' and table_name like 'fct%' "
            "group by table_name having bool_or(column_name in ('session_date', 'month_end', 'effective_date')) and not bool_or(column_name = 'as_of_date')"
        ).fetchall()
        assert len(dated) >= 8
        for (table,) in dated:
            moved = connection.execute(f"select count(*) from (from friday.marts.{table} except from monday.marts.{table})").fetchall()
            assert moved == [(0,)], table
        added = connection.execute(
            "select distinct session_date from monday.marts.fct_performance_daily where session_date > date '2026-01-09'"
        ).fetchall()
        assert added == [(MONDAY,)]


@pytest.mark.parametrize("fault", ["html", "cut", "500"])
def test_a_required_provider_that_fails_leaves_the_old_publication_byte_for_byte(
    replayed: dict[date, Path], tmp_path: Path, fault: str
) -> None:
    folder = clone(replayed[FRIDAY], tmp_path / "warehouse")
    before = fingerprints(folder, "live")
    glob = f"query1.finance.yahoo.com/v8/finance/chart/%5ERUT*={fault}"
    with serve(MONDAY, [glob]) as provider, working_in(folder, ROTATION_MIRROR=provider.url, ROTATION_HTTP_RETRIES="0"):
        outcome = publish(MONDAY, mode="live")
    assert not outcome.is_published
    assert fingerprints(folder, "live") == before
    found = {"html": "an HTML page", "cut": "half", "500": "status 500"}[fault]
    assert any("R2000 (required)" in m and "raw.yahoo_bars" in m and found in m for m in outcome.failures), outcome.failures


def test_a_history_the_provider_cuts_short_stays_with_us(tmp_path: Path) -> None:
    """FRED cut the ICE spreads to three years in spring 2026; what was pulled before is kept, and the loss is counted."""
    from pipelines.definitions import defs
    from pipelines.runner import run_config

    job, folder = defs.resolve_job_def("rotation"), tmp_path / "warehouse"
    spreads = "select min(observation_date), count(*) from raw.fred_observations where series_id = 'BAMLH0A0HYM2'"
    held = []
    for day in (date(2026, 4, 1), date(2026, 6, 1)):
        with serve(day) as provider, working_in(folder, ROTATION_MIRROR=provider.url):
            steps = [f"raw/{name}" for name in ("clock_day", "exchange_sessions", "fred_observations", "fred_vintages")]
            result = job.execute_in_process(
                run_config=run_config("live", day), asset_selection=[_key(s) for s in steps], raise_on_error=False
            )
        assert result.success
        held += rows(work_file(folder, "live"), spreads)
    assert [first for first, _ in held] == [date(1996, 12, 31)] * 2
    assert held[1][1] > held[0][1]
    told = rows(
        work_file(folder, "live"),
        "select withdrawn_rows > 6000 from quality.source_pulls where series_id = 'BAMLH0A0HYM2' order by pulled_at",
    )
    assert told == [(False,), (True,)]
    events = "select kind, from_date, rows_n > 6000, what_was_done from quality.history_events where series_id = 'BAMLH0A0HYM2'"
    assert rows(work_file(folder, "live"), events) == [("shortened", date(1996, 12, 31), True, "what we hold stays")]


def _key(path: str) -> Any:
    import dagster as dg

    return dg.AssetKey(path.split("/"))


def test_a_second_run_of_the_day_changes_nothing(replayed: dict[date, Path], tmp_path: Path) -> None:
    folder = clone(replayed[FRIDAY], tmp_path / "warehouse")
    with serve(FRIDAY) as provider, working_in(folder, ROTATION_MIRROR=provider.url, ROTATION_TIINGO_TOKEN="any"):
        outcome = publish(FRIDAY, mode="live")
    assert outcome.is_published, outcome.failures
    assert contents(folder, "live") == contents(replayed[FRIDAY], "live")
    changed = f"select sum(new_rows), sum(revised_rows) from quality.source_pulls where run_id = '{outcome.run_id}'"
    assert rows(work_file(folder, "live"), changed) == [(0, 0)]
