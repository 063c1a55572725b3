"""The claim audit on a published sample: values without a verdict on the market, SQL that runs as it stands, files taken and refused."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from worlds import AT_ONCE, database, fingerprints, rows

from pipelines.audit.claims import read_claims
from pipelines.audit.engine import Finding, audit
from pipelines.resources.warehouse import read_only
from pipelines.settings import ROOT

pytestmark = pytest.mark.slow
SEED = ROOT / "dbt_project" / "seeds" / "claims.csv"
Said = tuple[int, str, str]


@pytest.fixture
def of_the_day(tmp_path: Path) -> Path:
    """The article's claims as if it were of the sample's day."""
    with SEED.open(encoding="utf-8", newline="") as handle:
        claims = list(csv.DictReader(handle))
    path = tmp_path / "claims.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(claims[0]))
        writer.writeheader()
        writer.writerows(one | {"reported_as_of": min(one["reported_as_of"], str(AT_ONCE))} for one in claims)
    return path


def findings(folder: Path, claims: Path) -> list[Finding]:
    with read_only(database(folder)) as connection:
        return audit(connection, read_claims(claims))


def test_claims_later_than_the_publication_are_published_as_not_testable(only_published: Path) -> None:
    found = rows(
        database(only_published), "select claim_id, verdict, computed_reason, provenance from marts.fct_claim_audit order by claim_no"
    )
    with SEED.open(encoding="utf-8", newline="") as handle:
        assert [row[0] for row in found] == [one["claim_id"] for one in csv.DictReader(handle)]
    assert {(verdict, provenance) for _, verdict, _, provenance in found} == {("not_testable", "simulated")}
    reasons = {claim: reason for claim, _, reason, _ in found}
    assert reasons.pop("discount_25y_extreme") == "nothing_to_compute"
    assert reasons.pop("ev_ebit_extreme") is not None
    assert set(reasons.values()) == {"later_than_the_warehouse"}


def test_simulated_values_are_shown_and_give_no_verdict(only_published: Path, of_the_day: Path) -> None:
    found = {f.claim_id: f for f in findings(only_published, of_the_day)}
    assert {f.verdict for f in found.values()} == {"not_testable"}
    computed = {claim: f for claim, f in found.items() if f.computed_text is not None}
    assert len(computed) >= 30
    assert {"ytd_r2000", "forward_pe_r2000", "discount_forward_pe", "multiple_expansion", "rsi_overbought", "size_premium"} <= set(computed)
    for claim, finding in computed.items():
        assert finding.explanation.startswith("simulated inputs: no verdict on the market"), claim
        assert finding.provenance == "simulated"
    assert found["discount_25y_extreme"].explanation.startswith("refused: it joins two metrics")
    assert found["pullback_to_2450"].explanation.startswith("The future had not come")


def test_the_sql_of_every_claim_runs_on_the_published_file_and_shows_its_value(only_published: Path, of_the_day: Path) -> None:
    for finding in findings(only_published, of_the_day):
        if finding.evidence_sql is None:
            continue
        found = rows(database(only_published), finding.evidence_sql)
        if finding.computed_text is not None:
            value = found[0][3]
            text = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None
            assert (text or value) == (finding.computed_text if text else finding.computed_value), finding.claim_id


def test_the_command_shows_the_published_audit_and_changes_nothing(only_published: Path, rotation: Callable[..., Said]) -> None:
    before = fingerprints(only_published)
    code, out, err = rotation("audit")
    assert code == 0
    assert "reading the sample publication" in err
    assert "SIMULATED" in out
    assert "46 claims: 46 not_testable" in out
    code, out, _ = rotation("audit", "--json")
    told: list[dict[str, Any]] = json.loads(out)
    assert code == 0
    assert [one["claim_no"] for one in told] == list(range(1, 47))
    assert fingerprints(only_published) == before


def test_a_file_is_audited_with_its_sql_and_written_as_csv(
    only_published: Path, of_the_day: Path, tmp_path: Path, rotation: Callable[..., Said]
) -> None:
    code, out, _ = rotation("audit", of_the_day, "--sql")
    assert code == 0
    assert "-- ytd_r2000: Russell 2000 return year to date" in out
    assert f"where session_date = date '{AT_ONCE}' and instrument_id = 'R2000' and horizon = 'ytd'" in out
    code, _, err = rotation("audit", of_the_day, "--csv", tmp_path / "found.csv")
    assert code == 0
    assert "written: " in err
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as handle:
        assert len(list(csv.DictReader(handle))) == 46


def test_wrong_rows_end_with_2_and_all_their_reasons(only_published: Path, of_the_day: Path, rotation: Callable[..., Said]) -> None:
    with of_the_day.open("a", encoding="utf-8") as handle:
        handle.write("ytd_r2000,s,,x,furlong,never,,\n")
    code, out, err = rotation("audit", of_the_day)
    said = " ".join(err.split())
    assert code == 2
    assert out == ""
    for reason in (
        "statement is empty",
        "unit 'furlong' is unknown",
        "'x' is not a number",
        "'never' is not a day",
        "is that of line 2 too",
    ):
        assert f"line 48: {reason}" in said or reason in said
    code, _, err = rotation("audit", "nowhere.csv")
    assert code == 2
    assert "There is no file nowhere.csv" in err


def test_findings_written_as_csv_run_nothing_in_a_spreadsheet(of_the_day: Path, rotation: Callable[..., Said], tmp_path: Path) -> None:
    text = of_the_day.read_text(encoding="utf-8")
    statement = next(csv.DictReader(text.splitlines()))["statement"]
    of_the_day.write_text(text.replace(statement, "=cmd|'/c calc'!A0", 1), encoding="utf-8")
    rotation("audit", of_the_day, "--csv", tmp_path / "found.csv")
    written = (tmp_path / "found.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(written.splitlines()))
    assert rows[0]["statement"] == "'=cmd|'/c calc'!A0"
    assert any(float(r["computed_value"]) < 0 for r in rows if r["computed_value"]), "a negative number stays a number"
    assert not [c for r in rows for c in r.values() if c[:1] in ("=", "+", "@", "\t", "\r")]
