"""The rows that decide give the verdict of all rows. Held against Great Expectations on every row, on batches spoiled in every way at random."""

import random
from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.checks.decisive import decisive
from pipelines.checks.expectations import Expectation, _all_rows, _run, expectations, validate
from pipelines.contracts import contracts

ASKED = [
    Expectation("a", "ColumnValuesToBeBetween", {"column": "price", "min_value": 0, "strict_min": True, "max_value": 100}),
    Expectation("b", "ColumnValuesToBeBetween", {"column": "share", "min_value": None, "max_value": 1}),
    Expectation("c", "ColumnValuesToBeInSet", {"column": "basis", "value_set": ["raw", "adjusted"]}),
    Expectation("d", "ColumnValuesToBeInSet", {"column": "is_session", "value_set": [True]}),
    Expectation("e", "ColumnValuesToMatchRegex", {"column": "symbol", "regex": "^[A-Z]{1,4}$"}),
    Expectation("f", "ColumnValuesToNotBeInSet", {"column": "move", "value_set": [0]}),
    Expectation("g", "ColumnValuesToBeNull", {"column": "reason"}),
    Expectation("h", "ColumnPairValuesAToBeGreaterThanB", {"column_A": "day", "column_B": "day_before", "ignore_row_if": "either_value_is_missing"}),
    Expectation(
        "i", "ColumnPairValuesAToBeGreaterThanB", {"column_A": "high", "column_B": "top", "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    ),
]  # fmt: skip
SPOILS = {
    "price": [0.0, -1.0, 100.0001, float("inf"), float("nan"), None], "share": [1.0000001, -5.0, float("nan")], "basis": ["Raw", "", None],
    "is_session": [False, None], "symbol": ["a", "TOOLONG", "A B", None], "move": [0.0, -0.0, None], "reason": ["why", ""],
    "day_before": [date(2030, 1, 1), None], "high": [-1.0, None, float("nan")], "top": [99.0, None],
}  # fmt: skip


def _good(rows: int) -> dict[str, list[object]]:
    chance, first = random.Random(rows), date(2020, 1, 1)
    return {
        "price": [chance.uniform(0.01, 100) for _ in range(rows)],
        "share": [chance.uniform(-1, 1) for _ in range(rows)],
        "basis": [chance.choice(["raw", "adjusted"]) for _ in range(rows)],
        "is_session": [True] * rows,
        "symbol": [chance.choice(["A", "BCD", "WXYZ"]) for _ in range(rows)],
        "move": [chance.choice([-1, 1]) * chance.uniform(1e-9, 5) for _ in range(rows)],
        "reason": [None] * rows,
        "day": [first + timedelta(days=n + 1) for n in range(rows)],
        "day_before": [first + timedelta(days=n) for n in range(rows)],
        "high": (tops := [chance.uniform(1, 50) for _ in range(rows)]),
        "top": tops,
    }


SCHEMA = {"price": pl.Float64, "share": pl.Float64, "basis": pl.String, "is_session": pl.Boolean, "symbol": pl.String, "move": pl.Float64,
          "reason": pl.String, "day": pl.Date, "day_before": pl.Date, "high": pl.Float64, "top": pl.Float64}  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_the_rows_that_decide_give_the_verdict_of_all(seed: int) -> None:
    chance, rows = random.Random(seed), 300
    batch = _good(rows)
    for column in chance.sample(list(SPOILS), chance.randrange(0, 5)):
        for _ in range(chance.randrange(1, 4)):
            batch[column][chance.randrange(rows)] = chance.choice(SPOILS[column])  # type: ignore[call-overload]
    frame = pl.DataFrame(batch, schema=SCHEMA)
    few = decisive(frame, ASKED)
    assert few.height < rows / 3
    assert [success for success, _ in _run(few, ASKED)] == [success for success, _ in _run(frame, ASKED)]


def test_every_expectation_of_every_contract_has_rows_that_decide() -> None:
    for contract in contracts().values():
        wanted = expectations(contract)
        columns = {str(v) for e in wanted for k, v in e.arguments.items() if k.startswith("column")}
        assert decisive(pl.DataFrame({c: pl.Series([None], dtype=pl.Float64) for c in columns}), wanted).height == 1


def test_an_expectation_nobody_has_thought_about_is_no_pass() -> None:
    with pytest.raises(ValueError, match="which rows decide"):
        decisive(pl.DataFrame({"a": [1]}), [Expectation("x", "ColumnValuesToBeUnique", {"column": "a"})])


def test_failing_rows_are_found_wherever_they_lie_when_a_batch_goes_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.checks.expectations.AT_ONCE", 70)
    batch = _good(300)
    for row in (0, 69, 70, 299):
        batch["price"][row] = -1.0
    found = _all_rows(pl.DataFrame(batch, schema=SCHEMA), ASKED)
    assert [success for success, _ in found] == [False] + [True] * 8
    assert found[0][1]["unexpected_index_list"] == [0, 69, 70, 299]


def test_a_batch_of_a_contract_is_judged_alike_in_parts_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contracts()["drop_events"]
    rows = pl.DataFrame({c.name: pl.Series([None] * 5, dtype=c.polars_type) for c in contract.columns})
    frame = rows.with_columns(_key_count=pl.Series([1, 2, 1, 2, 1])).with_columns(**{f"_{c}": pl.lit(True) for c in contract.checks})
    whole = validate(frame, contract)
    monkeypatch.setattr("pipelines.checks.expectations.AT_ONCE", 2)
    assert validate(frame, contract) == whole
    assert next(f for f in whole if f.check == "key_is_unique").failing == (1, 3)
