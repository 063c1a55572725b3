"""Fuzz: whatever a provider or a vendor sends, a reader gives frames of its contract or raises its own error."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz import anything, cells, changed, check, days, many, numbers, spoiled, tried, words
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import contracts
from pipelines.sources import drop

CHART = {
    "meta": {
        "symbol": "IWM",
        "currency": "USD",
        "exchangeTimezoneName": "America/New_York",
        "dataGranularity": "1d",
        "regularMarketTime": 1767992400,
    },
    "timestamp": [1767796200, 1767882600],
    "events": {
        "splits": {"a": {"date": 1767882600, "numerator": 2, "denominator": 1}},
        "dividends": {"b": {"date": 1767796200, "amount": 0.1}},
    },
    "indicators": {
        "quote": [{n: [10.5, 11.5] for n in ("open", "high", "low", "close", "volume")}],
        "adjclose": [{"adjclose": [10.5, 11.5]}],
    },
}
QUOTES = {
    "date": "2026-01-08T00:00:00.000Z", "open": 1.5, "high": 2.5, "low": 1.0, "close": 2.0, "volume": 10,
    "adjClose": 2.0, "divCash": 0.0, "splitFactor": 1.0,
}  # fmt: skip
DAILY = {
    "Meta Data": {"2. Symbol": "IWM", "5. Time Zone": "US/Eastern"},
    "Time Series (Daily)": {
        day: {"1. open": "1.5", "2. high": "2.5", "3. low": "1.0", "4. close": "2.0", "5. volume": "10"}
        for day in ("2026-01-09", "2026-01-08")
    },
}
STOOQ = b"Date,Open,High,Low,Close,Volume\r\n2026-01-08,1.5,2.5,1,2,10\r\n2026-01-09,1.5,2.5,1,2.5,12\r\n"
FRED = b"observation_date,DGS2\n2026-01-07,3.5\n2026-01-08,\n2026-01-09,3.75\n"
FRENCH = (
    "This file was created using the 202412 CRSP database.\r\n\r\n,Mkt-RF,SMB\r\n192607,2.0,-2.5\r\n\r\n"
    " Annual Factors\r\n,Mkt-RF,SMB\r\n1927,2.0,1.0\r\n"
)


@many
@given(data=st.data())
@pytest.mark.parametrize(
    "series_id",
    [
        "IWM",
        "IWM.tiingo",
        "SP500.stooq",
        "IWM.alphavantage",
        "DGS2",
        "FF_FACTORS",
        "SHILLER_SP500",
        "IWM_HOLDINGS",
        "SPY_HOLDINGS",
        "IWM_NPORT",
    ],
)
def test_any_bytes_at_all(told: Any, series_id: str, data: st.DataObject) -> None:
    start = data.draw(
        st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{", b"[", FRED[:22], b"\xef\xbb\xbf", b"\xff\xfe"])
    )
    check(series_id, told, start + data.draw(st.binary(max_size=200)))


@many
@given(result=changed(CHART))
def test_a_chart_with_one_place_changed(told: Any, result: Any) -> None:
    check("IWM", told, json.dumps({"chart": {"result": [result], "error": None}}).encode())


@many
@given(document=anything)
@pytest.mark.parametrize("series_id", ["IWM", "IWM.tiingo", "IWM.alphavantage"])
def test_any_json_at_all(told: Any, series_id: str, document: Any) -> None:
    check(series_id, told, json.dumps(document).encode())
    check(series_id, told, json.dumps({"chart": document}).encode())


@many
@given(document=changed([QUOTES, QUOTES]))
def test_tiingos_days_with_one_place_changed(told: Any, document: Any) -> None:
    check("IWM.tiingo", told, json.dumps(document).encode())


@many
@given(document=changed(DAILY))
def test_alphavantages_days_with_one_place_changed(told: Any, document: Any) -> None:
    check("IWM.alphavantage", told, json.dumps(document).encode())


@many
@given(content=spoiled(STOOQ))
@pytest.mark.parametrize("series_id", ["SP500.stooq", "IWM.stooq"])
def test_stooqs_csv_with_bytes_lost(told: Any, series_id: str, content: bytes) -> None:
    check(series_id, told, content)


@many
@given(rows=st.lists(st.tuples(days, st.one_of(words, numbers.map(str), st.text(max_size=5))), max_size=6))
def test_any_csv_under_freds_header(told: Any, rows: list[tuple[str, str]]) -> None:
    body = "".join(f"{day},{value}\n" for day, value in rows)
    check("DGS2", told, b"observation_date,DGS2\n" + body.encode("utf-8", "replace"))


@many
@given(content=spoiled(FRED))
def test_freds_csv_with_bytes_lost(told: Any, content: bytes) -> None:
    check("DGS2", told, content)


@many
@given(
    text=st.one_of(
        spoiled(FRENCH.encode()),
        st.lists(st.one_of(days, words, cells.map(str)), max_size=8).map(
            lambda c: FRENCH.encode() + ",".join(c).encode("utf-8", "replace")
        ),
    )
)
def test_a_french_file_with_bytes_lost(told: Any, text: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.csv", text)
    check("FF_FACTORS", told, file.getvalue())


@many
@given(data=st.data())
@pytest.mark.parametrize("series_id", ["FF_FACTORS", "SHILLER_SP500"])
def test_a_zip_with_bytes_lost(told: Any, series_id: str, data: st.DataObject) -> None:
    check(series_id, told, data.draw(spoiled(_zipped())))


HOLDINGS = (
    'iShares Test ETF\nFund Holdings as of,"Jan 08, 2026"\n\u00a0\n'
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Quantity,Price\n"
    '"AAA","A INC","Energy","Equity","1,000.00","99.80","10.00","100.00"\n"USD","CASH","-","Cash","2.00","0.20","2.00","1.00"\n\u00a0\n"End"'
)


@many
@given(content=spoiled(HOLDINGS.encode("utf-8-sig")))
def test_a_funds_file_with_bytes_lost(told: Any, content: bytes) -> None:
    check("IWM_HOLDINGS", told, content)


@many
@given(cells=st.lists(st.lists(cells.map(str), min_size=8, max_size=8), max_size=4))
def test_any_cells_under_the_header_of_a_fund(told: Any, cells: list[list[str]]) -> None:
    body = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells)
    head = HOLDINGS.split('"AAA"')[0]
    check("IWM_HOLDINGS", told, f"{head}{body}\n\u00a0\n".encode("utf-8", "replace"))


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/x.csv", FRENCH)
    return file.getvalue()


@many
@given(
    rows=st.lists(st.lists(cells, min_size=7, max_size=7), max_size=5),
    header=st.permutations(["Date", "P", "D", "E", "CPI", "Rate GS10", "CAPE"]),
)
def test_any_workbook_under_shillers_header(told: Any, rows: list[list[Any]], header: list[str]) -> None:
    frame = pl.DataFrame({name: [_cell(row[i]) for row in rows] for i, name in enumerate(header)}, schema=dict.fromkeys(header, pl.String))
    file = io.BytesIO()
    frame.write_excel(file, worksheet="Data")
    check("SHILLER_SP500", told, file.getvalue())


def _cell(value: Any) -> str | None:
    text = None if value is None else str(value).encode("utf-8", "ignore").decode()
    return None if text is None else "".join(c for c in text if c.isprintable())


def check_drop(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    (file,) = drop.scan(path.parents[2])
    tried["drop"] += 1
    problem: drop.DropRefused | None
    try:
        reading = drop.read(file)
    except drop.DropRefused as raised:
        problem = raised
    else:
        problem = None
        frame = reading.frame.drop(drop.LINE)
        assert dict(frame.schema) == dict(contracts()[reading.table].schema)
        assert frame.height
        assert reading.form
    path.unlink()
    assert problem is None or (problem.cure and problem.problems.columns == ["line", "column", "value", "reason"])


@many
@given(
    rows=st.lists(st.tuples(days, st.one_of(words, st.text(max_size=4)), cells, cells), max_size=5),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    ending=st.sampled_from([".csv", ".txt", ".parquet", ".xlsx"]),
)
def test_any_dropped_text(tmp_path: Path, rows: list[Any], delimiter: str, encoding: str, ending: str) -> None:
    lines = [["Date", "Symbol", "Close", "Volume"], *[[str(c) for c in row] for row in rows]]
    text = "\n".join(delimiter.join(line) for line in lines)
    check_drop(tmp_path / "bars" / "R2000" / f"a{ending}", text.encode(encoding, "replace"))


@many
@given(content=st.one_of(st.binary(max_size=300), spoiled(b"Date,Symbol,Close\n2026-01-08,AAA,10.5\n2026-01-09,AAA,11.5\n")))
@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_any_dropped_bytes(tmp_path: Path, content: bytes, ending: str) -> None:
    check_drop(tmp_path / "bars" / "R2000" / f"a{ending}", content)


@many
@given(data=st.data())
def test_any_dropped_parquet(tmp_path: Path, data: st.DataObject) -> None:
    kinds = [
        pl.String,
        pl.Float32,
        pl.Float64,
        pl.Int64,
        pl.UInt8,
        pl.Boolean,
        pl.Date,
        pl.Datetime("ns"),
        pl.Time,
        pl.Duration,
        pl.Binary,
        pl.Categorical,
    ]
    height = data.draw(st.integers(0, 4))
    columns = {}
    for name in ("Date", "Symbol", "Close", "Volume"):
        kind = data.draw(st.sampled_from([*kinds, pl.List(pl.Int8), pl.Null, pl.Decimal(10, 2)]))
        texts = data.draw(st.lists(st.sampled_from(["1", "20260109", "2026-01-09", "", "x", None]), min_size=height, max_size=height))
        columns[name] = _as(pl.Series(texts, dtype=pl.String), kind)
    file = io.BytesIO()
    pl.DataFrame(columns).write_parquet(file)
    check_drop(tmp_path / "bars" / "R2000" / "a.parquet", file.getvalue())


def _as(texts: pl.Series, kind: Any) -> pl.Series:
    if kind in (pl.String, pl.Categorical, pl.Binary):
        return texts.cast(kind)
    if kind == pl.List(pl.Int8):
        return pl.Series([[1]] * len(texts), dtype=kind)
    if kind == pl.Null:
        return pl.Series([None] * len(texts))
    whole = texts.cast(pl.Int64, strict=False).clip(0, 200)
    return whole.cast(pl.Float64).cast(kind, strict=False) if isinstance(kind, pl.Decimal) else whole.cast(kind, strict=False)


def test_a_chart_far_in_time_is_refused_or_read(told: Any) -> None:
    for seconds in (-(2**62), -1, 0, 2**31, 10**11 - 1, 10**11, 2**62):
        result = CHART | {"timestamp": [seconds, seconds + 86400]}
        check("IWM", told, json.dumps({"chart": {"result": [result], "error": None}}).encode())
