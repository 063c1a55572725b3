"""Gate 3: the candidate tampered with, check by check on a small copy, and twice through the whole pipeline."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import poison
import pytest
from poison import bars, without_newest
from worlds import AT_ONCE, database, fingerprints, once, publish, published, rows, work_file

from bench.reliability.poison_file import NEWEST, PAST, PERFORMANCE, TAMPERED, change
from bench.reliability.sample import Sample, cut_small
from bench.reliability.sample import candidate as candidate_of
from pipelines.checks.past import past_changes
from pipelines.checks.reconciliation import NAMES, reconcile
from pipelines.checks.remarks import NAMES as REMARKS
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def small(sample_at_once: Path, shelf: Path) -> Path:
    """The published sample and its raw tables, the last weeks of them only: candidate, work and published in one file each."""

    def make(folder: Path) -> None:
        cut_small(Sample(Settings(warehouse=sample_at_once)), folder)

    return once(shelf / "small", make)


@pytest.fixture
def candidate(small: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A candidate equal to what is published, with its raw tables; all of it in memory."""
    with candidate_of(small) as connection:
        yield connection


def failing(connection: duckdb.DuckDBPyConnection, mode: str = "sample") -> dict[str, str]:
    """Names of the checks that fail, with some of the rows they show."""
    return {v.check.name: v.sample for v in reconcile(connection, mode) if not v.passed}


def test_every_check_of_gate_3_has_its_poison() -> None:
    assert set(TAMPERED) == {*NAMES, *REMARKS}


def test_an_untouched_candidate_passes(candidate: duckdb.DuckDBPyConnection) -> None:
    assert failing(candidate) == {}
    assert {v.check.name for v in reconcile(candidate, "sample")} == set(NAMES)


@pytest.mark.parametrize("check", NAMES)
def test_a_tampered_candidate_fails_the_check(candidate: duckdb.DuckDBPyConnection, check: str) -> None:
    candidate.execute(TAMPERED[check])
    assert check in failing(candidate)
    verdict = next(v for v in reconcile(candidate, "sample") if v.check.name == check)
    assert verdict.failing_rows_n >= 1
    assert verdict.sample.startswith("[{")
    assert verdict.check.guards_against
    assert verdict.check.cure


def test_a_range_that_never_moved_needs_no_move_and_one_that_did_does(candidate: duckdb.DuckDBPyConnection) -> None:
    of_range = "series_id = 'DFEDTARU'"
    candidate.execute(
        f"delete from rotation.marts.fct_policy_moves; update rotation.marts.fct_rates_daily set value_pct = 5.5 where {of_range}"
    )
    assert "policy_range_is_the_last_move" not in failing(candidate)
    candidate.execute(f"update rotation.marts.fct_rates_daily set value_pct = 5.25 where {of_range} and session_date = {NEWEST}")
    assert "policy_range_is_the_last_move" in failing(candidate)


def test_a_close_that_is_not_the_providers_is_seen_though_its_return_follows_from_it(candidate: duckdb.DuckDBPyConnection) -> None:
    candidate.execute(
        change(PERFORMANCE, "close = close * 1.01, base_close = base_close * 1.01", f"instrument_id = 'SP500' and session_date = {NEWEST}")
    )
    assert "returns_follow_from_raw_closes" in failing(candidate)


def test_the_other_market_in_a_live_candidate_is_seen(candidate: duckdb.DuckDBPyConnection) -> None:
    assert "provenance_is_of_this_market" in failing(candidate, mode="live")


def revise(connection: duckdb.DuckDBPyConnection, symbol: str, day: str) -> None:
    """The provider sends another close; the version it replaces stays."""
    connection.execute(
        "insert into work.raw.yahoo_bars select * replace (close * 1.001 as close, known_on + 10 as known_on, 'a later run' as run_id, false as is_first) "
        f"from work.raw.yahoo_bars where symbol = '{symbol}' and session_date = {day}"
    )


def move(connection: duckdb.DuckDBPyConnection, instrument: str, day: str) -> None:
    """A past value of the mart moves."""
    connection.execute(
        change(PERFORMANCE, "annualised_return_pct = 1", f"instrument_id = '{instrument}' and horizon = '5y' and session_date = {day}")
    )


def test_a_revision_explains_the_past_of_its_instrument_from_its_day_on(candidate: duckdb.DuckDBPyConnection) -> None:
    revise(candidate, "^RUT", PAST)
    move(candidate, "R2000", PAST)
    move(candidate, "R2000", "date '2025-12-16'")
    assert "past_values_stay" not in failing(candidate)


def test_a_revision_explains_no_earlier_day(candidate: duckdb.DuckDBPyConnection) -> None:
    revise(candidate, "^RUT", PAST)
    move(candidate, "R2000", "date '2025-12-12'")
    assert "2025-12-12" in failing(candidate)["past_values_stay"]


def test_a_revision_explains_no_other_instrument(candidate: duckdb.DuckDBPyConnection) -> None:
    revise(candidate, "^RUT", PAST)
    move(candidate, "SP500", PAST)
    assert "SP500" in failing(candidate)["past_values_stay"]


def test_each_value_that_changed_is_listed_as_it_was_and_as_it_is_with_what_explains_it(candidate: duckdb.DuckDBPyConnection) -> None:
    revise(candidate, "^RUT", PAST)
    move(candidate, "R2000", PAST)
    move(candidate, "SP500", PAST)
    candidate.execute(f"delete from rotation.marts.fct_breadth_daily where session_date = {PAST} and universe_id = 'SP500'")
    reconcile(candidate, "sample")
    listed = past_changes(candidate).to_dicts()
    assert [(c["table_name"], c["column_name"], c["is_now"], c["explained_by"]) for c in listed] == [
        ("fct_breadth_daily", "the row", None, None),
        (PERFORMANCE, "annualised_return_pct", "1.0000", None),
        (PERFORMANCE, "annualised_return_pct", "1.0000", "R2000"),
    ]
    assert all(c["day"] == date(2025, 12, 15) and c["was"] and '"session_date":"2025-12-15"' in c["key"] for c in listed)


@pytest.mark.parametrize(("component", "is_explained"), [("trend", True), ("total", True), ("rates", False)])
def test_a_revision_explains_the_scores_that_rest_on_its_instrument(
    candidate: duckdb.DuckDBPyConnection, component: str, is_explained: bool
) -> None:
    revise(candidate, "^RUT", PAST)
    candidate.execute(change("fct_scorecard_daily", "weight_used_pct = 1", f"component = '{component}' and session_date = {PAST}"))
    assert ("past_values_stay" not in failing(candidate)) == is_explained


def test_late_filings_explain_what_is_computed_from_filings_and_no_vendors_value(candidate: duckdb.DuckDBPyConnection) -> None:
    candidate.execute(f"update work.raw.sec_facts set run_id = 'late' where filed_on <= {PAST}")
    change_of = "update rotation.marts.fct_valuation_monthly set value = value + 1 where month_end = date '2025-11-30' and source_id {}"
    candidate.execute(change_of.format("= 'rotation_filings'"))
    assert "past_values_stay" not in failing(candidate)
    candidate.execute(change_of.format("<> 'rotation_filings'"))
    assert "past_values_stay" in failing(candidate)


@pytest.mark.parametrize(("table", "column"), [("fct_size_premium", "premium_pct"), ("fct_size_premium_win_rate", "win_rate_pct")])
def test_a_vintage_once_published_keeps_its_values(candidate: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Which is the newest may change, and the day it is told on: no value of a vintage does."""
    oldest = f"known_on = (select min(known_on) from rotation.marts.{table})"
    candidate.execute(f"update rotation.marts.{table} set as_of_date = as_of_date + 1, is_newest_vintage = not is_newest_vintage")
    assert "past_values_stay" not in failing(candidate)
    candidate.execute(change(table, f"{column} = {column} + 0.1", oldest))
    assert table in failing(candidate)["past_values_stay"]


def test_the_first_publication_has_nothing_to_be_compared_with(candidate: duckdb.DuckDBPyConnection) -> None:
    candidate.execute("detach published")
    candidate.execute(TAMPERED["row_counts_do_not_shrink"])
    assert failing(candidate) == {}


@pytest.mark.slow
def test_a_late_price_and_a_rewritten_past_stop_the_publication_and_a_change_that_is_meant_can_be_accepted(sample: Settings) -> None:
    with duckdb.connect(str(work_file(sample.warehouse))) as connection:  # in place: no revision tells of it
        connection.execute("update raw.yahoo_bars set close = close + 0.01 where symbol = '^RUT' and session_date = date '1995-03-15'")
    before = fingerprints(sample.warehouse)

    refused = publish(date(2026, 1, 5), definitions=poison.spoiled({"R2000": bars(without_newest)}))

    assert not refused.is_published
    assert fingerprints(sample.warehouse) == before
    failed = {name: m for name in NAMES for m in refused.failures if f"{name} failed" in m}
    assert set(failed) == {"required_series_are_on_time", "newest_session_is_whole", "past_values_stay"}
    # source, table, expectation, finding and cure
    assert all(
        said in failed["required_series_are_on_time"] for said in ("quality.freshness", "R2000", "late", "run again when the provider")
    )
    told = failed["past_values_stay"]
    assert all(
        said in told
        for said in (
            "marts: past_values_stay",
            "quality.past_changes",
            ", was ",
            "History rewritten",
            "rotation run --accept past_values_stay",
        )
    )

    accepted = publish(date(2026, 1, 5), accept={"past_values_stay": "the vendor mended 1995"})

    assert accepted.is_published, accepted.failures
    manifest = published(sample.warehouse).manifest() or {}
    assert manifest["accepted"] == {"past_values_stay": "the vendor mended 1995"}
    logged = rows(
        database(sample.warehouse),
        f"select severity, passed, observed from quality.check_results where run_id = '{accepted.run_id}' and check_name = 'past_values_stay'",
    )
    assert [(severity, passed, "the vendor mended 1995" in observed) for severity, passed, observed in logged] == [("warn", False, True)]
    assert rows(database(sample.warehouse), "select distinct run_id from quality.blocked_runs") == [(refused.run_id,)]
    # every value that changed, in the run that was stopped and in the one that was not
    listed = "select run_id, count(*), count(*) filter (explained_by is null) from quality.past_changes group by 1"
    counts = {run: (n, unexplained) for run, n, unexplained in rows(database(sample.warehouse), listed)}
    assert set(counts) == {refused.run_id, accepted.run_id}
    assert all(n >= unexplained > 10 for n, unexplained in counts.values())


def test_accepting_a_check_that_does_not_exist_is_refused_before_anything_is_done(warehouse: Settings) -> None:
    outcome = publish(AT_ONCE, accept={"past_values": "why not"})
    assert not outcome.is_published
    assert any("past_values is no check" in m and "past_values_stay" in m for m in outcome.failures)
    assert not work_file(warehouse.warehouse).exists()
