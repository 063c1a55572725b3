"""The drop folder: what is taken, what is refused, and how the refusal is said."""

import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from pipelines.contracts import contracts
from pipelines.sources import drop

NOW = datetime(2026, 1, 9, 22, tzinfo=UTC)
BARS = "Date,Symbol,Open,High,Low,Close,Volume\n2026-01-08,AAA,10,12,9,11,1000\n2026-01-09,AAA,11,13,10,12.5,1100\n"
VALUATION = {
    "month_end": "2025-12-31", "universe_id": "R2000", "metric": "pe", "basis": "ltm", "aggregation": "aggregate",
    "loss_treatment": "excluded",    "financials_treatment": "included", "earnings_definition": "as_reported", "value": "18.5",
    "value_status": "ok", "source_id": "desk",
}  # fmt: skip


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., drop.DropFile]:
    """Write a file into the folder and find it by scanning."""

    def putting(name: str, content: bytes | str) -> drop.DropFile:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return next(f for f in drop.scan(tmp_path) if f.path == path)

    return putting


def bars(file: drop.DropFile) -> pl.DataFrame:
    return drop.read(file).frame.drop(drop.LINE)


def refused(file: drop.DropFile) -> drop.DropRefused:
    with pytest.raises(drop.DropRefused) as caught:
        drop.read(file)
    return caught.value


def xlsx(rows: list[list[Any]], preamble: int = 0) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        for i, row in enumerate(rows, start=preamble):
            for j, cell in enumerate(row):
                if isinstance(cell, datetime):
                    page.write_datetime(i, j, cell, form)
                else:
                    page.write(i, j, cell)
    return file.getvalue()


def parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def test_bars_come_in_the_columns_of_their_table(put: Any) -> None:
    frame = bars(put("bars/R2000/a.csv", BARS))
    assert frame.columns == [c.name for c in contracts()["drop_bars"].columns]
    assert frame.rows()[1] == ("R2000", "AAA", date(2026, 1, 9), 11.0, 13.0, 10.0, 12.5, 1100, "split_adjusted")


def test_the_same_table_is_read_the_same_from_every_form(put: Any) -> None:
    due = bars(put("bars/R2000/a.csv", BARS))
    typed = due.select(Date="session_date", Symbol="symbol", Open="open", High="high", Low="low", Close="close", Volume="volume")
    cells = [list(typed.columns)] + [[datetime.combine(r[0], time()), *r[1:]] for r in typed.rows()]
    forms = {
        "a.parquet": parquet(typed),
        "b.parquet": parquet(typed.with_columns(pl.col("Date").cast(pl.String))),
        "c.parquet": parquet(typed.with_columns(pl.col("Date").cast(pl.Datetime("ns")))),
        "a.xlsx": xlsx(cells),
        "b.xlsx": xlsx(cells, preamble=4),
        "utf16.csv": BARS.encode("utf-16"),
        "bom.csv": BARS.encode("utf-8-sig"),
        "crlf.csv": BARS.replace("\n", "\r\n"),
        "tab.txt": BARS.replace(",", "\t"),
        "comma.csv": BARS.replace(",", ";").replace("12.5", "12,5"),
        "preamble.csv": "Vendor Inc.\nAs of,2026-01-09\n\n" + BARS,
        "quoted.csv": BARS.replace("1100", '"1,100"'),
        "german.csv": BARS.replace("2026-01-08", "08.01.2026").replace("2026-01-09", "09.01.2026"),
        "us.csv": BARS.replace("2026-01-08", "1/8/2026").replace("2026-01-09", "1/9/2026") + "1/13/2026,AAA,,,,,\n",
        "compact.csv": BARS.replace("2026-01-08", "20260108").replace("2026-01-09", "20260109"),
        "shuffled.csv": typed.select(reversed(typed.columns)).write_csv(),
        "more.csv": typed.with_columns(Note=pl.lit("x")).write_csv(),
        "shouting.csv": BARS.replace("Date,Symbol,Open", " DATE , Ticker,OPEN"),
    }
    for name, content in forms.items():
        assert bars(put(f"bars/R2000/{name}", content)).equals(due), name


def test_an_adjusted_close_alone_is_a_total_return(put: Any) -> None:
    frame = bars(put("bars/R2000/a.csv", "symbol,date,adj_close\nAAA,2026-01-09,12.5\n"))
    assert frame.select("close", "price_basis", "open").row(0) == (12.5, "total_return", None)


def test_beside_a_close_the_adjusted_one_is_left_out_and_a_stated_basis_holds(put: Any) -> None:
    frame = bars(put("bars/R2000/a.csv", "symbol,date,Close,Adj Close,price_basis\nAAA,2026-01-09,12.5,11,raw\n"))
    assert frame.select("close", "price_basis").row(0) == (12.5, "raw")


def test_the_cells_of_a_windows_vendor_are_read(put: Any) -> None:
    content = "ticker,company,sector,weight\nAAA,Société,Energy,1.5\n".encode("cp1252")
    frame = drop.read(put("constituents/SP500/members_2026-01-09.csv", content)).frame.drop(drop.LINE)
    assert frame.rows() == [("SP500", date(2026, 1, 9), "AAA", "Société", "Energy", 1.5, None)]


@pytest.mark.parametrize(
    ("name", "day"), [("m_2026-08.csv", date(2026, 8, 31)), ("m_20260110.csv", date(2026, 1, 10)), ("sp500_2024_02.csv", date(2024, 2, 29))]
)
def test_a_list_without_a_date_column_is_of_the_day_in_its_name(put: Any, name: str, day: date) -> None:
    frame = drop.read(put(f"constituents/SP500/{name}", "ticker,company\nAAA,A\n")).frame
    assert frame["snapshot_date"].to_list() == [day]


def test_a_list_without_any_date_is_refused(put: Any) -> None:
    assert "snapshot_date" in str(refused(put("constituents/SP500/members.csv", "ticker,company\nAAA,A\n")))


def test_valuations_need_every_column_that_says_what_they_are(put: Any) -> None:
    text = ",".join(VALUATION) + "\n" + ",".join(VALUATION.values()) + "\n"
    frame = drop.read(put("valuations/v.csv", text)).frame
    assert frame.select("month_end", "value", "published_on").row(0) == (date(2025, 12, 31), 18.5, None)
    assert "header" in str(refused(put("valuations/w.csv", text.replace("basis", "bases"))))


def test_words_outside_the_contract_are_refused_with_the_allowed_ones(put: Any) -> None:
    text = ",".join(VALUATION) + "\n" + ",".join((VALUATION | {"metric": "p/e"}).values()) + "\n"
    problem = refused(put("valuations/v.csv", text))
    assert problem.problems.rows() == [(2, "metric", "p/e", "is none of pe, ev_ebit, pb, ps, earnings_yield")]


def test_a_bad_file_is_refused_whole_with_every_line_listed(put: Any) -> None:
    text = BARS + "2026-01-12,AAA,1,2,x,1.5,10.5\nsoon,,1,2,1,1.5,10\n"
    problem = refused(put("bars/R2000/a.csv", text))
    assert problem.problems.rows() == [
        (4, "low", "x", "is not a number"),
        (4, "volume", "10.5", "is not a whole number"),
        (5, "session_date", "soon", "is not a date like the others (best: YYYY-MM-DD)"),
    ]
    assert "line 4" in str(problem)


def test_a_needed_cell_that_is_empty_is_a_problem(put: Any) -> None:
    problem = refused(put("bars/R2000/a.csv", BARS + "2026-01-12,,1,2,1,1.5,10\n2026-01-13,AAA,1,2,1,,10\n"))
    assert problem.problems.select("line", "column").rows() == [(4, "symbol"), (5, "close")]


def test_a_line_of_a_panel_without_any_price_is_no_bar(put: Any) -> None:
    assert bars(put("bars/R2000/a.csv", BARS + "2026-01-12,AAA,,,,,\n2026-01-13,AAA,-,NaN,n/a,null,\n")).height == 2


def test_na_is_a_ticker_and_not_nothing(put: Any) -> None:
    assert bars(put("bars/R2000/a.csv", BARS.replace("AAA", "NA")))["symbol"].unique().to_list() == ["NA"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "none"),
        ("a,b\n1,2\n", "none"),
        ("Date,Symbol,Close\n", "none below the header"),
        (BARS + "2026-01-12,AAA,1\n", "3 in line 4"),
        (BARS.replace("Open", "Closing").replace("Low", "close"), "mean the same"),
        (BARS.replace(",", ";").replace("12.5", "12,5") + "2026-01-12;AAA;1.25;2;1;1.5;10\n", "decimal comma"),
        (BARS.replace("2026-01-08", "1/8/2026").replace("2026-01-09", "1/9/2026"), "month/day or day/month"),
        (BARS.replace("12.5", "Infinity"), "not a number"),
        (b"\x00\x01\x02" * 100, "other bytes"),
        ("<html>Date,Symbol,Close</html>", "none"),
        ('Date,Symbol,Close\n2026-01-09,"AAA,1\n', "quotes|CSV"),
    ],
)
def test_what_is_no_such_table_is_refused(put: Any, content: Any, found: str) -> None:
    with pytest.raises(drop.DropRefused, match=found):
        drop.read(put("bars/R2000/a.csv", content))


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PK\x03\x04", BARS.encode(), b"PAR1" + b"\x00" * 64 + b"PAR1"])
def test_an_ending_that_lies_is_refused(put: Any, ending: str, content: bytes) -> None:
    refused(put(f"bars/R2000/a.{ending}", content))


def test_half_a_workbook_and_half_a_parquet_are_refused(put: Any) -> None:
    for ending, whole in (("xlsx", xlsx([["Date", "Symbol", "Close"]] * 50)), ("parquet", parquet(pl.DataFrame({"Date": ["2026-01-09"]})))):
        refused(put(f"bars/R2000/a.{ending}", whole[: len(whole) // 2]))


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(put: Any) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (40 << 20))
    assert "packed more than" in str(refused(put("bars/R2000/a.xlsx", file.getvalue())))


def test_a_formula_is_not_evaluated(put: Any) -> None:
    text = BARS.replace("12.5", '"=1+1"')
    assert refused(put("bars/R2000/a.csv", text)).problems["value"].to_list() == ["=1+1"]


@pytest.mark.parametrize(
    "symbol", ["../../etc/passwd", "A'; drop table x; --", "=cmd|'/c calc'!A0", "<b>", "A$(id)`id`;", "\u202eAAA", "Ä", "A" * 41]
)
def test_what_no_symbol_looks_like_is_refused_by_its_line(put: Any, tmp_path: Path, symbol: str) -> None:
    said = refused(put("bars/R2000/a.csv", BARS.replace("AAA", symbol)))
    assert "line 2, symbol" in str(said)
    assert {p.name for p in tmp_path.rglob("*")} == {"bars", "R2000", "a.csv"}


@pytest.mark.parametrize(
    "symbol", ["BRK.B", "BRK/B", "BRK B US", "^RUT", "$SPX", "ES=F", "0700.HK", "ACME^D20", "AT&T", "CASH(USD)", "*US0378331005", "--"]
)
def test_what_vendors_call_a_symbol_is_kept_as_it_is(put: Any, symbol: str) -> None:
    assert bars(put("bars/R2000/a.csv", BARS.replace("AAA", symbol)))["symbol"][0] == symbol


def test_formulas_of_a_workbook_are_not_evaluated(put: Any, tmp_path: Path) -> None:
    path = tmp_path / "bars" / "R2000" / "a.xlsx"
    path.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Date", "Symbol", "Close"])
        page.write_row(1, 0, ["2026-01-08", "AAA", None])
        page.write_formula(1, 2, "=10+1", None, 99)
    (file,) = drop.scan(tmp_path)
    assert drop.read(file).frame["close"].to_list() == [99], "what the vendor's program saved, and not 11"


def test_links_are_not_followed(put: Any, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "a.csv").write_text(BARS)
    (tmp_path / "bars" / "R2000").mkdir(parents=True)
    (tmp_path / "bars" / "R2000" / "link.csv").symlink_to(outside / "a.csv")
    (tmp_path / "bars" / "SP500").symlink_to(outside)
    os.mkfifo(tmp_path / "bars" / "R2000" / "pipe.csv")
    found = drop.scan(tmp_path)
    assert [f.name for f in found] == ["bars/R2000/link.csv", "bars/R2000/pipe.csv", "bars/SP500"]
    for file in found:
        assert "link or device" in str(refused(file))
        assert file.sha256 == ""


def test_a_file_out_of_place_or_of_another_kind_is_found_and_refused(put: Any) -> None:
    for name in ("a.csv", "bars/a.csv", "bars/R2000/x/a.csv", "other/R2000/a.csv", "bars/R 2000/a.csv", "bars/R2000/a.pdf"):
        refused(put(name, BARS))


def test_hidden_unfinished_and_readme_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bars" / "R2000").mkdir(parents=True)
    for name in (".a.csv", "a.csv.part", "~$a.xlsx", "README.md"):
        (tmp_path / "bars" / "R2000" / name).write_text(BARS)
    assert drop.scan(tmp_path) == []


def test_a_file_written_to_after_the_scan_is_refused(put: Any) -> None:
    file = put("bars/R2000/a.csv", BARS)
    file.path.write_text(BARS + "2026-01-12,AAA,1,2,1,1.5,10\n")
    assert "written to" in str(refused(file))


def test_a_receipt_names_the_file_and_the_hash_of_its_content(put: Any) -> None:
    first, again = put("bars/R2000/a.csv", BARS), put("bars/R2000/b.csv", BARS)
    receipt = first.receipt(NOW)
    assert receipt.request == "FILE bars/R2000/a.csv"
    assert receipt.sha256 == again.sha256
    assert receipt.size_bytes == len(BARS)
