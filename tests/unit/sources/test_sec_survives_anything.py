"""Fuzz of the SEC's documents and data sets: frames of the contract, or the reader's own error."""

import io
import json
import zipfile
from typing import Any

import pytest
from fuzz import changed, check, days, many, numbers, spoiled, words
from hypothesis import given
from hypothesis import strategies as st

FACT = {"start": "2024-01-01", "end": "2024-12-31", "val": 10, "accn": "a", "fy": 2024, "fp": "FY", "form": "10-K", "filed": "2025-02-20"}
SEC = {
    "SEC_COMPANY_FACTS": {"cik": 7, "facts": {"us-gaap": {"Revenues": {"units": {"USD": [FACT, FACT]}}}}},
    "SEC_TICKERS": {"0": {"cik_str": 7, "ticker": "A", "title": "A"}, "1": {"cik_str": 8, "ticker": "B", "title": "B"}},
    "SEC_SUBMISSIONS": {
        "cik": "7", "name": "A", "sic": "1", "fiscalYearEnd": "1231",
        "filings": {"files": [], "recent": {
            "accessionNumber": ["a"], "filingDate": ["2025-02-20"], "reportDate": ["2024-12-31"],
            "acceptanceDateTime": ["2025-02-20T17:40:00.000Z"], "form": ["10-K"],
        }},
    },
}  # fmt: skip
NUM = (
    "adsh\ttag\tversion\tddate\tqtrs\tuom\tsegments\tcoreg\tvalue\tfootnote\n1-10-1\tRevenues\tus-gaap/2009\t20100331\t1\tUSD\t\t\t5.0\t\n"
)
DATA_SET = {
    "sub.txt": "adsh\tcik\tname\tsic\tfye\tform\tperiod\tfy\tfp\tfiled\taccepted\tprevrpt\n"
    "1-10-1\t7\tA\t3711\t1231\t10-Q\t20100331\t2010\tQ1\t20100507\t2010-05-07 17:14:00.0\t0\n",
    "num.txt": NUM,
    "tag.txt": "tag\tversion\tcustom\nRevenues\tus-gaap/2009\t0\n",
    "pre.txt": "adsh\n",
}  # fmt: skip


@many
@given(data=st.data())
@pytest.mark.parametrize("series_id", sorted(SEC))
def test_a_document_of_the_sec_with_one_place_changed(told: Any, series_id: str, data: st.DataObject) -> None:
    check(series_id, told, json.dumps(data.draw(changed(SEC[series_id]))).encode())


@many
@given(data=st.data())
@pytest.mark.parametrize("member", sorted(DATA_SET))
def test_a_data_set_with_bytes_lost(told: Any, member: str, data: st.DataObject) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in DATA_SET.items():
            archive.writestr(name, data.draw(spoiled(text.encode())) if name == member else text)
    check("SEC_DATA_SETS", told, file.getvalue())


@many
@given(line=st.lists(st.one_of(days, words, numbers.map(str)), min_size=10, max_size=10))
def test_any_line_of_values(told: Any, line: list[str]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (DATA_SET | {"num.txt": NUM + "\t".join(line) + "\n"}).items():
            archive.writestr(name, text.encode("utf-8", "replace"))
    check("SEC_DATA_SETS", told, file.getvalue())
