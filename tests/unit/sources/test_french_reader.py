"""The French library's zips, in their wire form."""

import io
import zipfile
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.sources import french
from pipelines.sources.interface import SourceError, Window

WINDOW = Window(None, date(2026, 1, 9))
FACTORS = """This file was created by CMPT_ME_BEME_RETS using the 202412 CRSP database.
The 1-month TBill return is made up for this test.

,Mkt-RF,SMB,HML,RF
192607,    2.00,   -2.50,   -2.40,    0.20
192608,    2.60,  -99.99,    3.80,    0.25

 Annual Factors: January-December
,Mkt-RF,SMB,HML,RF
  1927,   29.00,   -2.00,   -999,    3.10

Copyright 2024
"""
SIZES = """This file was created by CMPT_ME_RETS using the 202302 CRSP database.  It contains
value- and equal-weighted returns for size portfolios.

Missing data are indicated by -99.99 or -999.


  Value Weight Returns -- Monthly
,<= 0,Lo 30,Hi 10
192607,  -99.99,    0.10,    3.70


  Equal Weight Returns -- Monthly
,<= 0,Lo 30,Hi 10
192607,  -99.99,    0.30,    2.10


  Value Weight Returns -- Annual from January to December
,<= 0,Lo 30,Hi 10
1927,  -99.99,   31.00,   35.00


  Equal Weight Returns -- Annual from January to December
,<= 0,Lo 30,Hi 10
1927,  -99.99,   33.00,   36.00


  Number of Firms in Portfolios
,<= 0,Lo 30,Hi 10
192607,       0,     140,      49


  Average Firm Size
,<= 0,Lo 30,Hi 10
192607,  -99.99,    2.10,  270.00

Copyright 2023
"""


def packed(text: str, newline: str = "\r\n", members: int = 1) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(members):
            archive.writestr(f"file{i}.csv", text.replace("\n", newline))
    return file.getvalue()


def read(told: Any, series: Any, text: str, series_id: str = "FF_FACTORS", **settings: Any) -> pl.DataFrame:
    frame: pl.DataFrame = french.read(series(series_id), told(packed(text, **settings)).client, WINDOW)["french_returns"]
    return frame


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_short_tables_of_both_frequencies_are_read_whatever_ends_the_lines(told: Any, series: Any, newline: str) -> None:
    frame = read(told, series, FACTORS, newline=newline)
    assert frame.height == 10
    first = ("F-F_Research_Data_Factors", "202412", date(2024, 12, 31), "monthly", "none", date(1926, 7, 31), "Mkt-RF", 2.0)
    assert frame.rows()[0] == first
    annual = frame.filter(pl.col("frequency") == "annual")
    assert annual.select("period_end", "portfolio", "value").rows()[1] == (date(1927, 12, 31), "SMB", -2.0)


def test_signs_for_missing_are_no_rows(told: Any, series: Any) -> None:
    frame = read(told, series, FACTORS)
    assert frame.filter((pl.col("portfolio") == "SMB") & (pl.col("frequency") == "monthly")).height == 1
    assert frame["value"].min() == -2.5


def test_size_portfolios_come_by_weighting_and_without_counts(told: Any, series: Any) -> None:
    frame = read(told, series, SIZES, "FF_SIZE_PORTFOLIOS")
    assert frame.filter(pl.col("portfolio") == "Lo 30").select("frequency", "weighting", "value").rows() == [
        ("monthly", "value", 0.1),
        ("monthly", "equal", 0.3),
        ("annual", "value", 31.0),
        ("annual", "equal", 33.0),
    ]
    assert frame["portfolio"].unique().sort().to_list() == ["Hi 10", "Lo 30"]
    assert frame["vintage"].unique().to_list() == ["202302"]


def test_the_vintage_is_read_in_the_words_of_now(told: Any, series: Any) -> None:
    text = FACTORS.replace("by CMPT_ME_BEME_RETS using the 202412 CRSP", "using the 202509 CRSP")
    assert read(told, series, text)["vintage_end"][0] == date(2025, 9, 30)


def test_the_library_is_asked_over_https_and_once(told: Any, series: Any) -> None:
    here = told(packed(FACTORS))
    french.read(series("FF_FACTORS"), here.client, WINDOW)
    assert [r.url for r in here.wire.asked] == [
        "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/F-F_Research_Data_Factors_CSV.zip"
    ]


def test_text_in_numbers_stays_text(told: Any, series: Any) -> None:
    assert "x6" in read(told, series, FACTORS.replace("2.60", "x6"))["value"].to_list()


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ("202412 CRSP database", "newest database", "the vintage"),
        ("202412 CRSP", "202413 CRSP", "the vintage"),
        (",Mkt-RF", "Mkt-RF", "begins with a comma, found 0"),
        ("192608,    2.60,", "192608,", "fields in every row"),
        ("192608,", "192613,", "no month or year"),
        ("192608,", "1926,", "one frequency"),
        ("192608,", "August,", "period at the start"),
    ],
)
def test_another_form_is_refused(told: Any, series: Any, was: str, now: str, found: str) -> None:
    assert was in FACTORS
    with pytest.raises(SourceError, match=found):
        read(told, series, FACTORS.replace(was, now))
