"""Gate 1: a poisoned answer of each kind, through the whole pipeline. The check is named, nothing is published, the old file stays."""

import json
from dataclasses import dataclass
from datetime import date

import poison
import pytest
from poison import Spoil, bars, body, newest_line, put, scaled, scaled_span
from worlds import AT_ONCE, fingerprints, publish, rows, work_file

from pipelines.resources.blocked import blocked_runs
from pipelines.settings import Settings

pytestmark = pytest.mark.slow
AS_OF = date(2026, 1, 9)  # the copy it runs on is published as of 2 January
PRICES = ("open", "high", "low", "close")
HTML = b"<!DOCTYPE html><html><body>Please verify you are a human</body></html>"


@dataclass(frozen=True)
class Case:
    """What is spoiled, the check that must fail, and words its message must hold."""

    series: str
    spoil: Spoil
    check: str
    says: tuple[str, ...]
    table: str = "raw.yahoo_bars"


def answer(series: str, spoil: Spoil, *says: str) -> Case:
    return Case(series, spoil, "provider_answered", says)


# Each poison spoils a required series of its own, so several are tried in one run; every one of them must be named.
# Prices and rates apart: where the rates are stopped, the prices they are witnesses of are not asked for.
ROUNDS: dict[str, tuple[Case, ...]] = {
    "jumps and levels": (
        Case("R2000", bars(scaled(*PRICES, by=100)), "no_jump_without_split", ("a missed split", "max_move_pct")),
        Case("IWM", bars(scaled(*PRICES, by=0.5)), "no_jump_without_split", ("If a split is missing, supply it",)),
        Case("NASDAQ_COMP", bars(scaled(*PRICES, by=10_000)), "close_in_catalog_limits", ("second source",)),
        Case("SP500.fred", newest_line(lambda day, v: f"{day},{float(v) * 1.02:.2f}"), "sources_agree", ("third witness",)),
    ),
    "bars that cannot be": (
        Case("R2000", bars(put("low", -1.0)), "values_in_limits", ("a negative price", "second source")),
        Case("IWM", bars(put("low", 0.0)), "values_in_limits", ("low",)),
        Case("NASDAQ_COMP", bars(scaled("high", by=0.9)), "high_is_highest", ("columns swapped",)),
        Case("SP500", bars(scaled("low", by=1.2)), "low_is_lowest", ("columns swapped",)),
    ),
    "days that cannot be": (
        Case("R2000", bars(poison.doubled), "key_is_unique", ("Ask the provider again",)),
        Case("IWM", bars(poison.on_saturday), "session_of_the_calendar", ("time zone",)),
        Case("SP500", bars(poison.reversed_days), "dates_increase", ("Ask the provider again",)),
    ),
    "cells that are no numbers": (
        Case("R2000", bars(put("close", "n/a")), "rows_readable", ("'n/a' is not a double", "mend the reader")),
        Case("IWM", bars(put("close", float("nan"))), "rows_readable", ("NaN",)),
        Case("SP500", bars(put("close", None)), "rows_readable", ("close: empty",)),
    ),
    "pasts told anew": (
        Case(
            "IWM",
            bars(scaled_span("adjclose", by=0.97, first=None, last=-5)),
            "past_is_reanchored_whole",
            ("the last good ones stay",),
            "raw.yahoo_adjusted_closes",
        ),
        Case("R2000", bars(scaled_span(*PRICES, by=1.02, first=-40, last=-30)), "closes_stay", ("Raw closes never change", "Ours stays")),
        Case("SP500", bars(scaled_span(*PRICES, by=1.05, first=None, last=None)), "base_as_before", ("another base", "what we hold stays")),
    ),
    "rates": (
        Case("DFEDTARU", newest_line(lambda day, v: f"{day},{float(v) * 100}"), "value_in_catalog_limits", ("a fraction",)),
        Case("DFEDTARL", newest_line(lambda day, v: f"{day},four"), "rows_readable", ("four",)),
    ),
    "answers that are none": (
        answer("R2000", body(lambda _: HTML), "an HTML page", "Try again later"),
        answer("SP500", body(lambda _: b""), "an empty answer", "Try again later"),
        answer("NASDAQ_COMP", body(lambda b: b[: len(b) // 2]), "half a body", "Try again later"),
        answer("IWM", body(lambda b: b.replace(b'"IWM"', b'"IWN"')), "symbol IWN", "series_catalog.csv"),
    ),
    "no target range": (
        answer("DFEDTARU", body(lambda _: b"<html>404</html>", 404), "status 404", "series_catalog.csv"),
        answer("DFEDTARL", body(lambda b: b[: len(b) // 2]), "half a body", "Try again later"),
    ),
}


@pytest.mark.parametrize("kind", ROUNDS)
def test_a_poisoned_answer_closes_gate_1(sample: Settings, kind: str) -> None:
    before = fingerprints(sample.warehouse)

    outcome = publish(AS_OF, definitions=poison.spoiled({case.series: case.spoil for case in ROUNDS[kind]}, alone=True))

    assert not outcome.is_published
    assert fingerprints(sample.warehouse) == before
    work = work_file(sample.warehouse)
    failed = set(
        rows(
            work,
            f"select table_name, check_name from quality.check_results where not passed and severity = 'block' and run_id = '{outcome.run_id}'",
        )
    )
    blocked = rows(
        work, f"select gate, table_name, check_name, source, sample, reason from quality.blocked_runs where run_id = '{outcome.run_id}'"
    )
    assert {source for _, _, _, source, _, _ in blocked} == {case.series for case in ROUNDS[kind]} - {"SP500.fred"} | (
        {"SP500"} if kind == "jumps and levels" else set()
    )
    for case in ROUNDS[kind]:
        series, table = case.series.removesuffix(".fred"), "raw.fred_observations" if case.series.startswith("DFED") else case.table
        assert (table, case.check) in failed, case
        # source, table, expectation, finding and cure
        told = [m for m in outcome.failures if series in m and table in m]
        assert any(all(said in m for said in (case.check, *case.says)) for m in told), (case, told)
        # which check, of which table and series, with the rows
        (shown,) = [
            rest[0] for gate, on, check, source, *rest in blocked if (gate, on, check, source) == ("gate 1", table, case.check, series)
        ]
        assert bool(json.loads(shown)) == (case.check != "provider_answered")
    (told,) = blocked_runs(sample, "sample")  # the same beside the working file, where it is read while a run writes
    assert {(one["check_name"], one["source"]) for one in told} == {(check, source) for _, _, check, source, _, _ in blocked}
    assert {one["readers_as_of_date"] for one in told} == {str(AT_ONCE)}


def test_nothing_of_a_poisoned_series_is_merged_and_its_rows_are_in_quarantine(sample: Settings) -> None:
    publish(AS_OF, definitions=poison.spoiled({"R2000": bars(put("close", "n/a"))}))
    work = work_file(sample.warehouse)
    assert rows(work, "select max(session_date) from raw.yahoo_bars where symbol = '^RUT'") == [(date(2026, 1, 2),)]
    assert rows(work, "select max(session_date) from raw.yahoo_bars where symbol = '^GSPC'") == [(AS_OF,)]
    ((reason, row),) = rows(work, "select reason, row_json from quality.quarantine where source = 'R2000'")
    assert reason.startswith("rows_readable")
    assert json.loads(row)["session_date"] == str(AS_OF)


def test_a_failed_raw_check_stops_dbt(sample: Settings) -> None:
    """Were dbt's own source tests the checks of the raw assets, a failed blocking check would let dbt run."""
    candidate, results = sample.candidate_file("sample"), sample.work_file("sample").with_name("dbt") / "run_results.json"
    last_build = results.read_bytes()
    spreads = "select max(session_date) from intermediate.int_prices_daily"
    modelled = rows(work_file(sample.warehouse), spreads)

    outcome = publish(AS_OF, definitions=poison.spoiled({"R2000": bars(scaled(*PRICES, by=2))}))

    assert not outcome.is_published
    assert not candidate.exists()
    assert results.read_bytes() == last_build
    assert rows(work_file(sample.warehouse), spreads) == modelled
    gates = rows(work_file(sample.warehouse), f"select distinct gate from quality.check_results where run_id = '{outcome.run_id}'")
    assert gates == [("gate 1",)]
