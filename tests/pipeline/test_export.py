"""`rotation export`: what is in the files is what is in the marts. Not for the form of CSV (unit/report/test_safe_csv.py)."""

import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import polars as pl
import pytest
import typer
import xlsxwriter
from worlds import database, published, working_in

from pipelines.report import workbook
from pipelines.report.export import export
from pipelines.report.workbook_sheets import SHEETS
from pipelines.resources.warehouse import WarehouseError

pytestmark = pytest.mark.slow
FIRST_EXCEL_DAY = date(1900, 3, 1)


@pytest.fixture(scope="module")
def book(sample_at_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("book") / "day.xlsx"
    with working_in(sample_at_once):
        export("xlsx", None, file, "sample")
    return file


def shown(value: Any) -> Any:
    """A value of the mart as a spreadsheet holds it: numbers are doubles."""
    if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        return float(value)
    return value.date() if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0) else value


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda s: s.name)
def test_every_sheet_read_back_is_its_mart(sheet: Any, book: Path, sample_at_once: Path) -> None:
    with duckdb.connect(str(database(sample_at_once)), read_only=True) as connection:
        found = connection.execute(sheet.sql)
        names, expected = [d[0] for d in found.description], found.fetchall()
        days = [d for (d,) in connection.execute(f"select distinct {sheet.day} from ({sheet.sql})").fetchall()] if sheet.day else []
        newest = connection.execute(f"select max({sheet.day}) from {sheet.table}").fetchone() if sheet.day else None
    read = fastexcel.read_excel(book).load_sheet(sheet.name, header_row=2, dtypes="string" if not expected else None).to_polars()
    assert read.columns == names
    assert read.height == len(expected) > 0
    assert not days or newest[0] in days
    for name, column in zip(names, zip(*expected, strict=True), strict=True):
        wanted = [shown(v) for v in column]
        got = [shown(v) for v in read[name].to_list()]
        if all(v is None or v == "" for v in wanted):
            wanted = got if all(v is None for v in got) else wanted
        assert got == [None if v == "" else v for v in wanted], name


def test_simulated_cannot_be_overlooked(book: Path) -> None:
    read = fastexcel.read_excel(book)
    assert read.sheet_names == ["About", *(s.name for s in SHEETS)]
    about = read.load_sheet("About", header_row=None).to_polars()
    assert about.item(1, 0).startswith("SIMULATED: generated prices, not the real market")
    for name in read.sheet_names[1:]:
        assert read.load_sheet(name, header_row=None, n_rows=2).to_polars().item(1, 0).startswith("SIMULATED"), name
    with zipfile.ZipFile(book) as inside:
        sheets = [n for n in inside.namelist() if n.startswith("xl/worksheets/sheet")]
        text = {n: inside.read(n).decode() for n in sheets}
    assert all("SIMULATED - not the real market" in t for t in text.values()), "on paper too"
    assert all("<f>" not in t for t in text.values()), "no cell is a formula"
    assert sum('state="frozen"' in t for t in text.values()) == len(SHEETS)


def test_numbers_carry_their_unit_and_stay_numbers(book: Path) -> None:
    with zipfile.ZipFile(book) as inside:
        styles = inside.read("xl/styles.xml").decode()
    for form in ("#,##0.00&quot; %&quot;", "&quot; pp&quot;", "&quot; bp&quot;", "yyyy-mm-dd"):
        assert form in styles


def test_a_text_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    file = tmp_path / "odd.xlsx"
    texts = ["=1+1", "{=1}", "http://example.org", "+1", "@x", "12", "x" * 40_000]
    with xlsxwriter.Workbook(str(file), {"strings_to_numbers": True}) as book:
        page = book.add_worksheet("odd")
        for line, text in enumerate([*texts, date(1871, 1, 31), None, True]):
            workbook._put(page, line, 0, text)
    read = fastexcel.read_excel(file).load_sheet("odd", header_row=None, dtypes="string").to_polars().to_series().to_list()
    assert read[:6] == texts[:6]
    assert read[6].endswith("(cut: whole in the published file)")
    assert read[7] == "1871-01-31"
    with zipfile.ZipFile(file) as inside:
        assert "<f>" not in inside.read("xl/worksheets/sheet1.xml").decode()


def test_parquet_and_csv_hold_whole_tables(sample_at_once: Path, tmp_path: Path) -> None:
    names = ["marts.fct_policy_moves", "quality.freshness"]
    with working_in(sample_at_once):
        export("parquet", names, tmp_path / "p", "sample")
        export("csv", names, tmp_path / "c", "sample")
    release = published(sample_at_once)
    assert (tmp_path / "p" / "manifest.json").read_text() == (release.folder / "manifest.json").read_text()
    with duckdb.connect(str(database(sample_at_once)), read_only=True) as connection:
        for name in names:
            file = f"{name.replace('.', '/')}"
            expected = connection.sql(f"from {name} order by all").pl()
            assert pl.read_parquet(tmp_path / "p" / f"{file}.parquet").sort(expected.columns).equals(expected.sort(expected.columns))
            read = pl.read_csv(tmp_path / "c" / f"{file}.csv", schema=expected.schema)
            assert read.sort(expected.columns).equals(expected.sort(expected.columns)), name
    assert {p.relative_to(tmp_path / "c").as_posix() for p in (tmp_path / "c").rglob("*.*")} == {
        "manifest.json", "marts/fct_policy_moves.csv", "quality/freshness.csv",
    }  # fmt: skip


def test_what_cannot_be_exported_is_said_with_the_cure(sample_at_once: Path, tmp_path: Path) -> None:
    with working_in(sample_at_once):
        with pytest.raises(WarehouseError, match=r"no published table marts\.nothing.*rotation status"):
            export("csv", ["marts.nothing"], tmp_path, "sample")
        with pytest.raises(WarehouseError, match=r"ends in \.xlsx"):
            export("xlsx", None, tmp_path, "sample")
        with pytest.raises(typer.BadParameter, match="the workbook has sheets of its own"):
            export("xlsx", ["marts.dim_metric"], None, "sample")
        blocked = tmp_path / "file"
        blocked.touch()
        with pytest.raises(WarehouseError, match=r"cannot be written.*--to"):
            export("parquet", ["marts.dim_metric"], blocked, "sample")
