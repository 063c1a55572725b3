"""CSV that a spreadsheet opens without running anything, and that readers of data read back as it was."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from pipelines.report.safe_csv import safe_csv

FORMULAS = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    '"=1',
    "'=1",
    "\u200b=1",
    "\ufeff=1",
    "\x00=1",
    "\uff1d1",
    "\tplain",
]


def cells(text: str) -> list[list[str]]:
    """As the standard library's reader sees it."""
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_text_that_would_be_a_formula_begins_with_an_apostrophe(formula: str) -> None:
    (_, (cell, number)) = cells(safe_csv(pl.DataFrame({"text": [formula], "number": [-1]})))
    assert cell.startswith("'")
    assert number == "-1"
    assert cell.replace("'", "") == formula.replace("'", ""), "nothing but apostrophes is added"


@pytest.mark.parametrize("formula", FORMULAS[:-1])
def test_nothing_becomes_a_formula_where_the_separator_is_a_semicolon(formula: str) -> None:
    frame = pl.DataFrame({"first": ["x"], "text": ["harmless;" + formula], "more": ["a\n" + formula]})
    for line in safe_csv(frame).removeprefix("\ufeff").replace("\r", "\n").split("\n"):
        for cell in line.replace("\t", ";").split(";"):
            assert not cell.strip(' "\x00\u200b\ufeff').startswith(("=", "+", "-", "@", "\uff1d")), cell


def test_names_of_columns_are_cells_too() -> None:
    assert cells(safe_csv(pl.DataFrame({"=cmd()": [1]})))[0] == ["'=cmd()"]


def test_other_values_are_left_as_they_are() -> None:
    frame = pl.DataFrame(
        {
            "text": ["a – b", None, "", 'said "so", and left'],
            "number": [-0.5, None, 2.25, 1e-9],
            "decimal": [Decimal("-12.3400"), None, Decimal("0.0001"), Decimal("7.0000")],
            "whole": [-5, None, 0, 2**60],
            "day": [date(2026, 1, 9), None, date(1926, 7, 31), date(2024, 2, 29)],
            "at": [datetime(2026, 1, 9, 21), None, datetime(2026, 1, 9, 21, 0, 0, 500_000), datetime(2024, 2, 29)],  # noqa: DTZ001 - UTC without a zone, as published
            "yes": [True, None, False, True],
        }
    )
    text = safe_csv(frame)
    assert cells(text)[1:3] == [["a – b", "-0.5", "-12.3400", "-5", "2026-01-09", "2026-01-09 21:00:00", "true"], [""] * 7]
    back = pl.read_csv(text.encode(), schema=frame.schema)
    assert back.drop("text").equals(frame.drop("text"))
    assert back["text"].fill_null("").equals(frame["text"].fill_null(""))


def test_lines_end_as_the_standard_says_and_what_needs_quotes_has_them() -> None:
    assert safe_csv(pl.DataFrame({"a": ["x\ry", "1,2"], "b": [1, 2]})) == '\ufeffa,b\r\n"x\ry",1\r\n"1,2",2\r\n'
