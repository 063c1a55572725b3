"""Shiller's workbook, in its wire form (xlsx here: the reader asks the bytes, not the name)."""

import io
from datetime import date
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from pipelines.sources import shiller
from pipelines.sources.interface import SourceError, Window

HEADER = ["Date", "P", "D", "E", "CPI", "Fraction", "Rate GS10", "Price", "Dividend", "Price", "Earnings", "Earnings", "CAPE"]


def month(at: Any, price: Any, **changes: Any) -> list[Any]:
    values = {"D": 70.5, "E": 200.5, "CPI": 300.25, "Rate GS10": 4.0, "CAPE": 30.5} | changes
    return [at, price] + [values.get(name) for name in HEADER[2:]]


def workbook(rows: list[list[Any]], preamble: int = 6, sheet: str = "Data", header: list[Any] = HEADER) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Disclaimer").write(0, 0, "made up for a test")
        page = book.add_worksheet(sheet)
        page.write(0, 0, "Stock Market Data")
        for i, row in enumerate([header, *rows]):
            for j, cell in enumerate(row):
                if cell is not None:
                    page.write(preamble + i, j, cell)
    return file.getvalue()


def read(told: Any, series: Any, content: bytes, end: date = date(2026, 1, 9)) -> pl.DataFrame:
    frame: pl.DataFrame = shiller.read(series("SHILLER_SP500"), told(content).client, Window(None, end))["shiller_months"]
    return frame


@pytest.mark.parametrize(("preamble", "sheet"), [(6, "Data"), (7, "Data"), (1, "Sheet1")])
def test_the_header_is_found_wherever_it_stands(told: Any, series: Any, preamble: int, sheet: str) -> None:
    frame = read(told, series, workbook([month(1871.01, 4.44, CAPE="NA")], preamble, sheet))
    assert frame.rows() == [("ie_data", date(1871, 1, 31), 4.44, 70.5, 200.5, 300.25, 4.0, None)]


def test_a_month_that_lost_its_zero_is_october(told: Any, series: Any) -> None:
    rows = [month(m, 1.0) for m in (2021.01, 2021.02, 2021.09, 2021.1, 2021.11, 2021.12)]
    assert [d.month for d in read(told, series, workbook(rows))["month_end"]] == [1, 2, 9, 10, 11, 12]


def test_last_rows_lack_earnings_and_footnotes_are_no_rows(told: Any, series: Any) -> None:
    rows = [month(2025.11, 6740.5), month(2025.12, 6853.5, E=None, D=None), [None, "Dec price is Dec 5th close", None, None, "estimated"]]
    frame = read(told, series, workbook(rows))
    assert frame.select("close", "dividend", "earnings").rows() == [(6740.5, 70.5, 200.5), (6853.5, None, None)]


def test_months_after_the_window_are_left_out(told: Any, series: Any) -> None:
    rows = [month(2025.12, 1.0), month(2026.01, 2.0)]
    assert read(told, series, workbook(rows))["month_end"].to_list() == [date(2025, 12, 31)]
    assert read(told, series, workbook(rows), end=date(2026, 1, 31)).height == 2


def test_text_in_numbers_stays_text(told: Any, series: Any) -> None:
    assert read(told, series, workbook([month(2025.12, "about 6800")]))["close"].to_list() == ["about 6800"]


def test_another_form_is_refused(told: Any, series: Any) -> None:
    with pytest.raises(SourceError, match="header"):
        read(told, series, workbook([month(2025.12, 1.0)], header=[*HEADER[:-1], "CAPE ratio"]))
    with pytest.raises(SourceError, match=r"YYYY\.MM"):
        read(told, series, workbook([month("December 2025", 1.0)]))
    with pytest.raises(SourceError, match="damaged"):
        read(told, series, workbook([month(2025.12, 1.0)])[:-400])
