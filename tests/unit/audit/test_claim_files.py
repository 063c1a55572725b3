"""The form of a claims file: what is read, and what is refused by line and reason."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from audit_market import SEEDS

from pipelines.audit.claims import COLUMNS, ClaimsError, read_claims

HEADER = ",".join(COLUMNS)
GOOD = "a,s,IWM trades at,260.230,USD,2026-01-09,,"


def written(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "claims.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_the_shipped_claims_are_read_with_their_digits() -> None:
    claims = {c.claim_id: c for c in read_claims(SEEDS / "claims.csv")}
    assert len(claims) == 46
    lower = claims["fed_range_lower"]
    assert (lower.reported, lower.value, lower.as_of) == ("3.50", Decimal("3.50"), date(2026, 1, 9))
    assert claims["iwm_record_high"].value is None
    assert claims["iwm_record_high"].says_yes


def test_columns_may_stand_in_any_order_and_say_more(tmp_path: Path) -> None:
    header = "measure," + ",".join(reversed(COLUMNS))
    path = written(tmp_path, "price,,,2026-01-09,USD,260.23,IWM,s,a", header="\ufeff" + header)
    (one,) = read_claims(path)
    assert (one.statement, one.unit, dict(one.says)) == ("IWM", "USD", {"measure": "price"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,s,,1,USD,2026-01-09,,", "statement is empty"),
        (",s,IWM,1,USD,2026-01-09,,", "claim_id is empty"),
        ("a,s,IWM,,USD,2026-01-09,,", "reported_value '' is not a number"),
        ('a,s,IWM,"1,5",USD,2026-01-09,,', "reported_value '1,5' is not a number"),
        ("a,s,IWM,5 %,percent,2026-01-09,,", "reported_value '5 %' is not a number"),
        ("a,s,IWM,nan,percent,2026-01-09,,", "reported_value 'nan' is not a number"),
        ("a,s,IWM,1,furlong,2026-01-09,,", "unit 'furlong' is unknown; known are RSI, USD"),
        ("a,s,IWM,1,USD,09.01.2026,,", "reported_as_of '09.01.2026' is not a day"),
        ("a,s,IWM,1,USD,2026-02-30,,", "reported_as_of '2026-02-30' is not a day"),
        ("a,s,IWM,maybe,yes/no,2026-01-09,,", "reported_value of a yes/no claim is yes, no or empty (yes), found 'maybe'"),
        ("a,s,IWM,1,USD,2026-01-09", "expected as many cells as the header has"),
        ("a,s,IWM,1,USD,2026-01-09,,,,", "expected as many cells as the header has"),
    ],
)
def test_a_wrong_row_is_refused_by_line_and_reason(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(ClaimsError) as said:
        read_claims(written(tmp_path, GOOD.replace("a,", "first,", 1), line))
    assert f"line 3: {reason}" in str(said.value)


def test_all_wrong_lines_are_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClaimsError) as said:
        read_claims(written(tmp_path, GOOD, GOOD, "b,s,,x,USD,never,,", '"c","s","over\ntwo lines",1,ell,2026-01-09,,'))
    text = str(said.value)
    assert "5 wrong" in text
    assert "line 3: claim_id 'a' is that of line 2 too" in text
    assert text.count("line 4: ") == 3
    assert "line 6: unit 'ell' is unknown" in text


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADER.replace(",unit", ""), "missing: unit"),
        (HEADER + ",colour", "unknown: colour"),
        (HEADER + ",note", "twice: note"),
        ("", "missing: claim_id"),
    ],
)
def test_a_wrong_header_is_refused_with_what_is_expected(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(ClaimsError, match="line 1") as said:
        read_claims(written(tmp_path, GOOD, header=header))
    assert reason in str(said.value)


def test_an_unknown_measure_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ClaimsError, match="line 2: measure 'magic' is unknown; known are average_trend"):
        read_claims(written(tmp_path, GOOD + ",magic", header=HEADER + ",measure"))


def test_an_unknown_horizon_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ClaimsError, match="line 2: horizon '2w' is unknown; known are 10y"):
        read_claims(written(tmp_path, GOOD + ",2w", header=HEADER + ",horizon"))


def test_no_file_no_claims_and_no_utf_8_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ClaimsError, match="There is no file"):
        read_claims(tmp_path / "none.csv")
    with pytest.raises(ClaimsError, match="at least one claim"):
        read_claims(written(tmp_path))
    latin = tmp_path / "latin.csv"
    latin.write_bytes((HEADER + "\na,s,IWM f\xfcr,1,USD,2026-01-09,,\n").encode("latin-1"))
    with pytest.raises(ClaimsError, match="UTF-8"):
        read_claims(latin)
