"""Great Expectations says which rows fail which check, and a frame without rows does not even load it."""

import subprocess
import sys
from datetime import date

import polars as pl

from pipelines.checks.expectations import expectations, validate
from pipelines.contracts import contracts

RATES = contracts()["fred_observations"]


def frame(values: list[float | None], days: list[date] | None = None) -> pl.DataFrame:
    days = days or [date(2026, 1, n) for n in range(5, 5 + len(values))]
    return pl.DataFrame(
        {
            "series_id": "DFF",
            "observation_date": days,
            "value": values,
            "_key_count": [1] * len(values),
            "_date": days,
            "_previous_date": [None, *days[:-1]],
            "_place_in_limits": [None if v is None else (v + 1) / 31 for v in values],
            "_rescaled_by": pl.Series([None] * len(values), dtype=pl.Float64),
            "_rebased_by": pl.Series([None] * len(values), dtype=pl.Float64),
            "_is_in_rhythm": [True] * len(values),
            "_zero_after": pl.Series([None] * len(values), dtype=pl.Float64),
        }
    )


def failing(rows: pl.DataFrame) -> dict[str, tuple[int, ...]]:
    return {f.check: f.failing for f in validate(rows, RATES) if not f.passed}


def test_good_rows_pass_every_check() -> None:
    findings = validate(frame([4.1, 4.2, 4.3]), RATES)
    assert all(f.passed for f in findings)
    assert {f.check for f in findings} == {"key_is_unique", *RATES.checks}
    assert findings[0].observed == "3 new rows checked, 0 failing"


def test_the_failing_rows_are_told_by_their_place() -> None:
    assert failing(frame([4.1, 410.0, 4.3])) == {"value_in_catalog_limits": (1,)}
    assert failing(frame([4.1, 4.2], [date(2026, 1, 6), date(2026, 1, 5)])) == {"dates_increase": (1,)}
    assert failing(frame([4.1, 4.2]).with_columns(_key_count=pl.Series([1, 2]))) == {"key_is_unique": (1,)}


def test_a_day_twice_does_not_increase() -> None:
    assert failing(frame([4.1, 4.2], [date(2026, 1, 6), date(2026, 1, 6)])) == {"dates_increase": (1,)}


def test_what_was_seen_names_the_column_and_the_values() -> None:
    finding = next(f for f in validate(frame([4.1, 410.0]), RATES) if not f.passed)
    assert "_place_in_limits" in finding.details[0]
    assert finding.observed == "2 new rows checked, 1 failing"


def test_limits_of_the_contract_become_expectations() -> None:
    found = [(e.type, e.arguments.get("column")) for e in expectations(contracts()["yahoo_actions"])]
    assert ("ColumnValuesToBeInSet", "kind") in found
    assert ("ColumnValuesToBeBetween", "value") in found
    assert "symbol" not in [column for _, column in found]  # what is empty and must not be is told by the cast


def test_nothing_to_check_does_not_load_the_library() -> None:
    assert all(f.passed for f in validate(frame([4.1]).clear(), RATES))
    code = "import sys, pipelines.checks.expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
