"""Every kind of dropped file in every form a vendor's program writes: one table, read the same, and how it was read told."""

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from bench.faults.cells import FORMS, is_dropped
from pipelines.sources import drop

KINDS = [form for form in FORMS if is_dropped(form)]
TAKEN_IN, TODAY = date(2026, 1, 9), date(2026, 1, 10)
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with its mark", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
PREAMBLE = "Müller & Söhne: Daten\nStand\n\n"
BARS = "Date,Symbol,Close\n{},AAA,10\n{},AAA,11\n"

Take = Callable[[str, bytes], drop.Reading]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    def taking(name: str, content: bytes) -> drop.Reading:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return drop.read(next(f for f in drop.scan(tmp_path) if f.path == path), TAKEN_IN, TODAY)

    return taking


def due(take: Take, form: Any) -> tuple[str, pl.DataFrame]:
    """The folder a kind lies in, and its table as read from plain CSV."""
    ((name, content),) = form.render(form.now, False).items()
    return name.rpartition("/")[0], take(name, content).frame


def written(form: Any, delimiter: str, comma: bool, encoding: str) -> bytes:
    rows = [list(form.now.columns), *([_cell(cell, comma) for cell in row] for row in form.now.rows)]
    return (PREAMBLE + "\n".join(delimiter.join(row) for row in rows) + "\n").encode(encoding)


def _cell(cell: Any, comma: bool) -> str:
    text = "" if cell is None else str(cell)
    return text.replace(".", ",") if comma and isinstance(cell, float) else text


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("form", KINDS, ids=lambda form: form.name)
def test_text_of_any_delimiter_and_encoding_below_a_preamble(take: Take, form: Any, delimiter: str, encoding: str) -> None:
    folder, plain = due(take, form)
    for comma in (False, True):
        if comma and delimiter == ",":
            continue
        reading = take(f"{folder}/other.csv", written(form, delimiter, comma, encoding))
        assert reading.frame.drop(drop.LINE).equals(plain.drop(drop.LINE))
        assert reading.frame[drop.LINE].to_list() == list(range(5, 5 + plain.height))
        assert f"text in {ENCODINGS[encoding]} parted by {delimiter!r}, header in line 4" in reading.form
        has_fractions = any(isinstance(cell, float) for row in form.now.rows for cell in row)
        assert ("decimal comma" in reading.form) == (comma and has_fractions)


@pytest.mark.parametrize("form", KINDS, ids=lambda form: form.name)
def test_workbooks_and_parquet(take: Take, form: Any) -> None:
    folder, plain = due(take, form)
    names = list(form.now.columns)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("About").write(0, 0, "Nothing here")
        page, as_day = book.add_worksheet("Data"), book.add_format({"num_format": "yyyy-mm-dd"})
        for i, row in enumerate([["Vendor Inc."], names, *form.now.rows]):
            for j, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(i, j, datetime.combine(cell, datetime.min.time()), as_day)
                else:
                    page.write(i, j, cell)
    workbook = take(f"{folder}/book.xlsx", file.getvalue())
    assert workbook.frame.drop(drop.LINE).equals(plain.drop(drop.LINE))
    assert "sheet 'Data', header in line 2" in workbook.form
    typed = io.BytesIO()
    pl.DataFrame(list(form.now.rows), schema=names, orient="row").write_parquet(typed)
    parquet = take(f"{folder}/table.parquet", typed.getvalue())
    assert parquet.frame.drop(drop.LINE).equals(plain.drop(drop.LINE))
    assert parquet.form.startswith("Parquet")


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("2026-01-08", "2026-01-09", "YYYY-MM-DD"),
        ("2026/01/08", "2026/1/9", "YYYY/MM/DD"),
        ("20260108", "20260109", "YYYYMMDD"),
        ("08.01.2026", "9.1.2026", "DD.MM.YYYY"),
    ],
)
def test_a_date_is_read_as_it_is_written_and_the_form_is_told(take: Take, first: str, second: str, told: str) -> None:
    reading = take("bars/R2000/a.csv", BARS.format(first, second).encode())
    assert reading.frame["session_date"].to_list() == [date(2026, 1, 8), date(2026, 1, 9)]
    assert f"session_date as {told}" in reading.form


def test_one_day_above_twelve_tells_the_month_from_the_day_in_all(take: Take) -> None:
    american = take("bars/R2000/a.csv", BARS.format("03/04/2025", "03/14/2025").encode())
    european = take("bars/R2000/b.csv", BARS.format("03/04/2025", "14/03/2025").encode())
    assert american.frame["session_date"].to_list() == [date(2025, 3, 4), date(2025, 3, 14)]
    assert european.frame["session_date"].to_list() == [date(2025, 4, 3), date(2025, 3, 14)]
    assert "MM/DD/YYYY" in american.form
    assert "DD/MM/YYYY" in european.form


@pytest.mark.parametrize(("first", "second"), [("03/04/2026", "04/04/2026"), ("03/14/2025", "14/03/2025")])
def test_dates_that_cannot_be_told_are_refused_with_the_cure(take: Take, first: str, second: str) -> None:
    with pytest.raises(drop.DropRefused) as caught:
        take("bars/R2000/a.csv", BARS.format(first, second).encode())
    assert caught.value.problems["column"].unique().to_list() == ["session_date"]
    assert "YYYY-MM-DD" in caught.value.problems["reason"][0]


def test_utf_16_without_its_mark_and_bytes_of_no_encoding_are_refused(take: Take) -> None:
    for content in (BARS.format("2026-01-08", "2026-01-09").encode("utf-16-le"), b"Date,Symbol,Close\n2026-01-08,A\x81A,10\n"):
        with pytest.raises(drop.DropRefused, match="UTF-8"):
            take("bars/R2000/a.csv", content)


def test_the_same_bytes_elsewhere_or_of_another_day_are_another_file() -> None:
    one = drop.identity("bars/R2000/a.csv", "f00")
    assert one == drop.identity("bars/R2000/copy of a.csv", "f00")
    assert one != drop.identity("bars/SP500/a.csv", "f00")
    assert one != drop.identity("bars/R2000/a.csv", "f01")
    january, copy = (drop.identity(f"constituents/R2000/{n}_2026-01.csv", "f00") for n in ("members", "again"))
    assert january == copy
    assert january != drop.identity("constituents/R2000/members_2026-02.csv", "f00")
