"""One named check is passed over in one run, with a reason readers see; a name that opens nothing, or more than it says, is refused."""

import json
from datetime import date
from pathlib import Path

import duckdb
import poison
import pytest
from poison import bars, scaled
from typer.testing import CliRunner
from worlds import database, publish, published, rows, work_file

from pipelines.checks.acceptance import NEVER, refusals
from pipelines.checks.reconciliation import NAMES
from pipelines.cli import app
from pipelines.report.answer import read_answer
from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import Settings, settings

AS_OF = date(2026, 1, 9)
PRICES = ("open", "high", "low", "close")
NOWHERE = (
    "insert into raw.drop_valuations select * replace ('NOWHERE' as universe_id, 'tampered' as run_id) from raw.drop_valuations limit 1"
)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("past_values", "past_values is no check"),
        ("no_jump_without_split", "say of which series"),
        ("no_jump_without_split:RUSSELL", "neither a series of the catalogue nor a file"),
        ("no_jump_without_split:DFEDTARU", "is no check of DFEDTARU"),
        ("no_jumps:R2000", "no_jumps is no check of gate 1"),
        ("no_missed_split:bars/R2000/../../../secret.csv", "neither a series of the catalogue nor a file"),
        ("history_stays:R2000", "stops nothing"),
        ("fct_policy_moves_every_move_has_a_meeting", "stops nothing"),
        *((check if check in NAMES else f"{check}:R2000", "cannot be accepted") for check in NEVER),
    ],
)
def test_a_name_that_opens_nothing_or_too_much_is_refused_with_the_reason(name: str, says: str, tmp_path: Path) -> None:
    manifest = json.loads(ensure_manifest(settings()).read_text())
    (tmp_path / "drop").mkdir()
    (tmp_path / "secret.csv").touch()
    (why,) = refusals([name], manifest, tmp_path / "drop")
    assert says in why


def test_names_of_all_three_gates_are_known(tmp_path: Path) -> None:
    manifest = json.loads(ensure_manifest(settings()).read_text())
    (tmp_path / "bars/R2000").mkdir(parents=True)
    (tmp_path / "bars/R2000/mine.csv").touch()
    names = ["no_jump_without_split:IWM", "no_missed_split:bars/R2000/mine.csv", "assert_sector_ranks_follow_returns", "past_values_stay"]
    assert refusals(names, manifest, tmp_path) == []


@pytest.mark.slow
def test_checks_of_each_gate_are_passed_over_once_and_readers_see_why(sample: Settings) -> None:
    with duckdb.connect(str(work_file(sample.warehouse))) as connection:
        connection.execute(NOWHERE)
    market = poison.spoiled({"R2000": bars(scaled(*PRICES, by=1.3))}, alone=True)
    manifest = json.loads(ensure_manifest(settings()).read_text())
    relation = next(n["name"] for n in manifest["nodes"].values() if n["name"].startswith("relationships_fct_valuation_monthly"))
    reasons = {
        "no_jump_without_split:R2000": "a squeeze, seen at the exchange",
        relation: "a universe to come",
        "fund_moves_with_its_index": "the fund was halted",
        "index_moves_with_its_members": "so were its members",
    }

    outcome = publish(AS_OF, definitions=market, accept=reasons)

    assert outcome.is_published, outcome.failures
    assert (published(sample.warehouse).manifest() or {})["accepted"] == reasons
    assert read_answer(published(sample.warehouse).folder).accepted == reasons
    logged = {
        name: (severity, passed, observed)
        for name, severity, passed, observed in rows(
            database(sample.warehouse),
            f"select check_name, severity, passed, observed from quality.check_results where run_id = '{outcome.run_id}' and not passed",
        )
    }
    for name, reason in reasons.items():
        severity, passed, observed = logged[name.split(":")[0]]
        assert (severity, passed) == ("warn", False)
        assert f": {reason}" in observed
        assert any(reason in warning for warning in outcome.warnings), name  # what the UI shows on the check
    close = f"select close > 3000 from marts.fct_performance_daily where instrument_id = 'R2000' and session_date = '{AS_OF}' and horizon = '1d'"
    assert rows(database(sample.warehouse), close) == [(True,)]

    again = publish(AS_OF, definitions=market)

    assert not again.is_published
    assert any(relation in m for m in again.failures)
    _what_status_and_explain_say(sample, again.run_id, relation)


def _what_status_and_explain_say(sample: Settings, run_id: str, relation: str) -> None:
    with duckdb.connect(str(work_file(sample.warehouse))):  # a writer is at work: nobody else can open the file
        told = CliRunner().invoke(app, ["status", "--sources", "sample"]).output
        shown = CliRunner().invoke(app, ["explain", "--sources", "sample"]).output
        as_json = json.loads(CliRunner().invoke(app, ["explain", relation, "--sources", "sample", "--json"]).output)
        status = json.loads(CliRunner().invoke(app, ["status", "--sources", "sample", "--json"]).output)
    said = " ".join(told.split())
    assert f"runs blocked since then: 1, the newest {run_id[:8]}" in said
    assert f"by gate 2, check {relation} of table marts.fct_valuation_monthly" in said
    assert said.startswith("SIMULATED")
    assert all(words in " ".join(shown.split()) for words in ("SIMULATED", "NOWHERE", "select", "silently drop", "Add the missing row"))
    (fired,) = as_json["fired"]
    assert as_json["simulated"]
    assert "universe_id" in fired["shown_by"]
    assert fired["rows"] == [{"from_field": "NOWHERE"}]
    (blocked,) = status["blocked_since"]
    assert [(c["check_name"], c["table_name"], c["failing_rows_n"]) for c in blocked["closed"]] == [
        (relation, "marts.fct_valuation_monthly", 1)
    ]
