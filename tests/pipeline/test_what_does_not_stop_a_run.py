"""Optional series that fail, a vendor's bad file, a revision: the run publishes, and says so. One run, looked at from all sides."""

import json
import math
from datetime import date
from pathlib import Path

import poison
import pytest
from poison import bars, body, scaled
from worlds import database, once, publish, published, rows, working_in

from bench.clone import clone

pytestmark = pytest.mark.slow
AS_OF = date(2026, 1, 9)
PRICES = ("open", "high", "low", "close")
BAD_FILE = "bars/R2000/bad.csv"
BAD = "date,symbol,close\n2026-01-08,SIM,ten\n2026-01-09,SIM,10.5\n"


def _cut_short(content: bytes) -> bytes:
    """The last thousand days of a FRED file."""
    head, *lines = content.splitlines(keepends=True)
    return head + b"".join(lines[-1000:])


@pytest.fixture(scope="module")
def survived(sample_at_once: Path, shelf: Path) -> Path:
    def make(folder: Path) -> None:
        warehouse = clone(sample_at_once, folder / "warehouse")
        bad = warehouse / "work" / "sample" / "drop" / BAD_FILE
        bad.parent.mkdir(parents=True, exist_ok=True)
        bad.write_text(BAD)
        spoils = {
            "RSP": bars(scaled(*PRICES, by=100)),
            "XLK": body(lambda _: b"<html>busy</html>"),
            "IWM.tiingo": body(lambda _: b'{"detail":"down"}', 503),
            "IWM": body(lambda _: b"", 503),
            "SP500": bars(scaled("low", by=1.2)),
            "R2000": bars(scaled("close", by=1.0005, at=-20)),
            "BAMLH0A0HYM2": body(_cut_short),
            "IWM_HOLDINGS": body(lambda b: b.replace(b'"Equity"', b'"Coin"', 1).replace(b'"0.25"', b'"25.00"')),
        }
        with working_in(warehouse):
            outcome = publish(AS_OF, definitions=poison.spoiled(spoils))
        assert outcome.is_published, outcome.failures
        (folder / "outcome.json").write_text(json.dumps({"run_id": outcome.run_id, "warnings": outcome.warnings}))

    return once(shelf / "survived", make)


@pytest.fixture
def shown(survived: Path) -> Path:
    return database(survived / "warehouse")


@pytest.fixture
def outcome(survived: Path) -> dict:
    return json.loads((survived / "outcome.json").read_text())


def test_optional_series_keep_their_last_good_data_and_are_called_late(shown: Path) -> None:
    found = rows(
        shown, "select series_id, status, last_observation, sessions_late from quality.freshness where status = 'late' order by all"
    )
    last = date(2026, 1, 2)
    assert found == [(s, "late", last, 5) for s in ("IWM", "IWM.tiingo", "RSP", "SP500", "XLK")]
    assert rows(shown, "select max(session_date) from marts.fct_performance_daily where instrument_id = 'RSP'") == [(last,)]
    assert rows(shown, "select max(session_date) from marts.fct_performance_daily where instrument_id = 'IWM'") == [(AS_OF,)]


def test_another_series_of_the_chain_stands_in_for_a_required_one_and_the_rows_say_which(shown: Path) -> None:
    used = {"IWM": "IWM.alphavantage", "SP500": "SP500.stooq"}
    newest = rows(
        shown,
        "select instrument_id, series_id from marts.fct_performance_daily "
        f"where horizon = '1d' and session_date = date '{AS_OF}' and series_id <> instrument_id order by all",
    )
    assert dict(newest) == used
    assert dict(rows(shown, "select series_id, stood_in_by from quality.freshness where is_required and stood_in_by is not null")) == used
    stood_in = rows(
        shown, "select distinct instrument_id, used_series_id, reason, count(*) from quality.stand_ins group by all order by all"
    )
    assert stood_in == [(i, s, "first_series_is_behind", 5) for i, s in used.items()]


def test_what_was_set_aside_and_what_failed_are_told_apart(shown: Path, outcome: dict) -> None:
    pulls = dict(
        rows(
            shown,
            f"select series_id, status from quality.source_pulls where run_id = '{outcome['run_id']}' and status in ('set_aside', 'failed')",
        )
    )
    assert pulls == {
        "RSP": "set_aside", "IWM_HOLDINGS": "set_aside", "SP500": "set_aside",
        "XLK": "failed", "IWM.tiingo": "failed", "IWM": "failed", BAD_FILE: "failed",
    }  # fmt: skip
    quarantined = rows(shown, "select distinct source from quality.quarantine where reason like 'no_jump_without_split%'")
    assert quarantined == [("RSP",)]


def test_warnings_name_series_and_cure(outcome: dict) -> None:
    told = "\n".join(outcome["warnings"])
    for said in (
        "RSP",
        "XLK",
        "an HTML page",
        "status 503",
        BAD_FILE,
        "no_jump_without_split",
        "IWM_HOLDINGS for raw.ishares_holdings: holdings_sum_to_100 failed",
        "Correct the lines listed and drop the file again",
    ):
        assert said in told, said


def test_the_bad_file_is_refused_whole_and_moved_aside_with_its_reason(survived: Path, shown: Path, outcome: dict) -> None:
    warehouse = survived / "warehouse"
    assert not (warehouse / "work" / "sample" / "drop" / BAD_FILE).exists()
    aside = warehouse / "quarantine" / "drop" / outcome["run_id"] / BAD_FILE
    assert aside.read_text() == BAD
    assert "'ten'" in aside.with_name("bad.csv.reason.txt").read_text()
    assert "ten" in aside.with_name("bad.csv.problems.csv").read_text()
    with_symbol = "select count(*) from raw.drop_bars where symbol = 'SIM'"
    assert rows(warehouse / "work" / "sample" / "work.duckdb", with_symbol) == [(0,)]


def test_a_revision_is_published_beside_what_it_replaced(survived: Path, shown: Path) -> None:
    ((key, old, new, known_on),) = rows(
        shown, "select row_key, old_value, new_value, superseded_on from reference.revisions where table_name = 'yahoo_bars'"
    )
    assert key.startswith("^RUT | 2025-12-")
    assert math.isclose(json.loads(new)["close"] / json.loads(old)["close"], 1.0005, rel_tol=1e-6)
    assert known_on == AS_OF
    manifest = published(survived / "warehouse").manifest() or {}
    assert manifest["accepted"] == {}
    assert all(g["passed"] for g in manifest["gates"] if g["gate"] == "gate 3")


def test_a_history_cut_short_stays_is_listed_and_told(shown: Path, outcome: dict) -> None:
    events = rows(shown, "select series_id, table_name, kind, rows_n, what_was_done from quality.history_events where kind <> 'reanchored'")
    ((series, table, kind, lost, done),) = events
    assert (series, table, kind, done) == ("BAMLH0A0HYM2", "raw.fred_observations", "shortened", "what we hold stays")
    first, held = rows(shown, "select min(observation_date), count(*) from reference.observations where series_id = 'BAMLH0A0HYM2'")[0]
    assert first == date(1996, 12, 31)
    assert held > lost > 6000
    assert any("history_stays failed" in w and "BAMLH0A0HYM2: shortened" in w for w in outcome["warnings"])
    assert rows(
        shown, "select count(*) from marts.fct_credit_daily where series_id = 'BAMLH0A0HYM2' and window_start > date '1997-01-31'"
    ) == [(0,)]
