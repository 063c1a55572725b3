"""Fund files in their wire forms: iShares' CSV, State Street's workbook. Each oddity is the smallest input that has it."""

import io
from datetime import date
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from pipelines.contracts import contracts
from pipelines.sources import ishares, ssga
from pipelines.sources.holdings import number, text
from pipelines.sources.interface import SourceError, Window

WINDOW = Window(None, date(2026, 1, 9))
PREAMBLE = ["iShares Test ETF", 'Fund Holdings as of,"Jan 08, 2026"', 'Stock,"-"', "\u00a0"]
HEADER = "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,Location,Exchange,Currency,FX Rate,Market Currency"
APPLE = '"AAPL","APPLE INC","Information Technology","Equity","1,200,000.50","60.00","1,200,000.50","10,000.00","120.00","United States","NASDAQ","USD","1.00","USD"'
CLASS_B = '"BRKB","BERKSHIRE CLASS B","Financials","Equity","600,000.00","30.00","600,000.00","2,000.00","300.00","United States","NYSE","USD","1.00","USD"'
CLASS_A = '"BRKA","BERKSHIRE CLASS A","Financials","Equity","196,000.00","9.80","196,000.00","1.00","196,000.00","United States","NYSE","USD","1.00","USD"'
CASH = '"USD","USD CASH","Cash and/or Derivatives","Cash","4,000.00","0.20","4,000.00","4,000.00","100.00","United States","-","USD","1.00","USD"'
FUTURE = '"ESH6","S&P500 EMINI MAR 26","Cash and/or Derivatives","Futures","0.00","0.00","9,000.00","3.00","3,000.00","-","CME","USD","1.00","USD"'
UNLISTED = (
    '"-","TEST INC WARRANTS","Health Care","Equity","0.40","0.00","0.40","10.00","0.04","United States","NO MARKET","USD","1.00","USD"'
)
BODY = [APPLE, CLASS_B, CLASS_A, CASH, FUTURE, UNLISTED]
DISCLAIMER = ["\u00a0", '"The content contained herein, with a', 'line that breaks, ""quotes"" and no end of line."']


def csv(*, preamble: list[str] = PREAMBLE, header: str = HEADER, body: list[str] = BODY, end: list[str] = DISCLAIMER) -> bytes:
    return "\n".join([*preamble, header, *body, *end]).encode("utf-8-sig")


def read(told: Any, series: Any, content: bytes) -> pl.DataFrame:
    frame: pl.DataFrame = ishares.read(series("IWM_HOLDINGS"), told(content).client, WINDOW)["ishares_holdings"]
    assert frame.columns == [c.name for c in contracts()["ishares_holdings"].columns]
    return frame


def test_a_list_is_read_at_its_own_date_with_cash_and_futures_apart(told: Any, series: Any) -> None:
    frame = read(told, series, csv())
    assert frame["holdings_date"].unique().to_list() == ["2026-01-08"]
    assert frame["fund"].unique().to_list() == ["IWM"]
    assert frame["asset_class"].to_list() == ["equity", "equity", "equity", "cash", "future", "equity"]
    assert frame.row(0, named=True) == {
        "fund": "IWM", "holdings_date": "2026-01-08", "line_no": 1, "ticker": "AAPL", "name": "APPLE INC", "cusip": None, "isin": None,
        "sedol": None, "lei": None, "asset_class": "equity", "sector": "Information Technology", "weight_pct": 60.0, "shares": 10_000.0,
        "market_value_usd": 1_200_000.5, "price": 120.0, "currency": "USD", "location": "United States",
    }  # fmt: skip
    assert (frame["ticker"][5], frame["location"][4]) == (None, None), "dashes are nothing"


def test_the_fund_is_asked_for_by_its_product_and_its_name(told: Any, series: Any) -> None:
    heard = told(csv())
    ishares.read(series("IWM_HOLDINGS"), heard.client, WINDOW)
    url = str(heard.wire.asked[0].url)
    assert url.startswith("https://www.ishares.com/us/products/239710/")
    assert "fileName=IWM_holdings" in url


def test_two_classes_of_one_company_are_two_lines(told: Any, series: Any) -> None:
    frame = read(told, series, csv())
    assert frame.filter(pl.col("name").str.starts_with("BERKSHIRE"))["ticker"].to_list() == ["BRKB", "BRKA"]


@pytest.mark.parametrize("lines", [[], ["another line"] * 7, ['Fund,"a, b"', "", "\u00a0"]])
def test_the_header_is_found_below_any_preamble(told: Any, series: Any, lines: list[str]) -> None:
    assert read(told, series, csv(preamble=[PREAMBLE[0], *lines, *PREAMBLE[1:]])).height == len(BODY)


@pytest.mark.parametrize("end", [["\u00a0"], [""], DISCLAIMER, ["\u00a0" * 3, "text"]])
def test_the_list_ends_at_the_first_empty_line(told: Any, series: Any, end: list[str]) -> None:
    assert read(told, series, csv(end=[*end, ""])).height == len(BODY)


@pytest.mark.parametrize(
    "changes",
    [
        {"Quantity": "Shares"},
        {"Market Value": "Market Value (USD)", "Weight (%)": "Weight", "Quantity": "Units Held"},
        {"Weight (%)": "% Weight", "Market Currency": "Local Currency", "Location": "Country", "Price": "Unit Price"},
        {"Ticker": "Issuer Ticker", "Name": "Security Name", "Weight (%)": "WEIGHT\u00a0(%)"},
    ],
)
def test_renamed_columns_are_the_same_columns(told: Any, series: Any, changes: dict[str, str]) -> None:
    header = ",".join(changes.get(name, name) for name in HEADER.split(","))
    assert read(told, series, csv(header=header)).equals(read(told, series, csv()))


def test_a_column_that_is_gone_is_named(told: Any, series: Any) -> None:
    with pytest.raises(SourceError, match=r"weight_pct.*mend the reader"):
        read(told, series, csv(header=HEADER.replace("Weight (%)", "Heft")))


def test_a_body_given_twice_counts_once(told: Any, series: Any) -> None:
    once = read(told, series, csv())
    assert read(told, series, csv(body=BODY * 2)).equals(once)
    assert read(told, series, csv() + b"\n" + csv()).equals(once), "with its preamble and header"


def test_two_lists_that_differ_are_refused(told: Any, series: Any) -> None:
    with pytest.raises(SourceError, match="2 that differ"):
        read(told, series, csv() + b"\n" + csv(body=BODY[1:]))
    many = [APPLE.replace("AAPL", f"A{i}") for i in range(40)]
    with pytest.raises(SourceError, match="lines twice"):
        read(told, series, csv(body=[*many, *many[:30]]))


@pytest.mark.parametrize("keep", range(40, 95, 6))
def test_half_a_list_is_refused(told: Any, series: Any, keep: int) -> None:
    whole = csv(end=[])
    with pytest.raises(SourceError):
        read(told, series, whole[: len(whole) * keep // 100])


@pytest.mark.parametrize("said", ['Fund Holdings as of,"-"', "Something else", 'Fund Holdings as of,"soon"'])
def test_a_list_without_its_day_is_refused(told: Any, series: Any, said: str) -> None:
    with pytest.raises(SourceError, match="the day the list describes"):
        read(told, series, csv(preamble=[PREAMBLE[0], said, "\u00a0"]))


def test_numbers_as_funds_write_them() -> None:
    assert [number(c) for c in ("1,234.50", "-", "\u00a0", "$5", "12%", "(3.5)", "-2", "n/a", "1.234,5")] == [
        1234.5, None, None, 5.0, 12.0, -3.5, -2.0, None, 1.2345
    ]  # fmt: skip
    assert number("twelve") == "twelve", "for the cast to reject"
    assert [text(c) for c in (" a \u00a0 b ", "--", None)] == ["a b", None, None]


SHEET_HEADER = ["Name", "Ticker", "Identifier", "SEDOL", "Weight", "Sector", "Shares Held", "Local Currency"]
SHEET = [
    ["Apple Inc.", "AAPL", "03783310", "2046251", "60.250000", "Information Technology", "100.000", "USD"],
    ["DUMMY", "DUMMY", "-", "-", "-", "DUMMY", "-", "-"],
    ["Berkshire Hathaway Inc. Class B", "BRK.B", "08467070", "2073390", "39.500000", "Financials", "50.000", "USD"],
    ["U.S. Dollar", "CASH_USD", "CASH_USD", "Unassigned", "0.250000", "Unassigned", "4.000", "USD"],
]


def workbook(rows: list[list[str]] = SHEET, *, day: str = "As of 08-Jan-2026", before: int = 1, header: list[str] = SHEET_HEADER) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("holdings")
        lines = [["Fund Name:", "Test"], ["Holdings:", day], *[[]] * before, header, *rows, [], ["Past performance"], ["More", "words"]]
        for i, line in enumerate(lines):
            for j, cell in enumerate(line):
                sheet.write_string(i, j, cell)
    return file.getvalue()


@pytest.mark.parametrize("before", [0, 1, 9])
def test_a_workbook_is_read_with_cash_apart_and_the_filler_left_out(told: Any, series: Any, before: int) -> None:
    frame = ssga.read(series("SPY_HOLDINGS"), told(workbook(before=before)).client, WINDOW)["ssga_holdings"]
    assert frame.columns == [c.name for c in contracts()["ssga_holdings"].columns]
    shown = frame.select("holdings_date", "line_no", "ticker", "cusip", "sedol", "asset_class", "weight_pct", "shares").rows()
    assert shown == [
        ("2026-01-08", 1, "AAPL", "03783310", "2046251", "equity", 60.25, 100.0),
        ("2026-01-08", 2, "BRK.B", "08467070", "2073390", "equity", 39.5, 50.0),
        ("2026-01-08", 3, "CASH_USD", None, None, "cash", 0.25, 4.0),
    ]


def test_a_workbook_given_twice_counts_once(told: Any, series: Any) -> None:
    once, twice = (
        ssga.read(series("SPY_HOLDINGS"), told(workbook(rows)).client, WINDOW)["ssga_holdings"] for rows in (SHEET, SHEET + SHEET)
    )
    assert twice.equals(once)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (workbook(day="As of someday"), "As of DD-Mon-YYYY"),
        (workbook(day="As of 31-Foo-2026"), "As of DD-Mon-YYYY"),
        (workbook(header=["Heft" if h == "Weight" else h for h in SHEET_HEADER]), "a sheet with the header"),
        (workbook([]), "none"),
    ],
)
def test_a_workbook_of_another_form_is_refused(told: Any, series: Any, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        ssga.read(series("SPY_HOLDINGS"), told(content).client, WINDOW)
