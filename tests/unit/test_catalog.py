"""The catalogue is read whole or refused with line, column and cure; what it says holds together."""

from dataclasses import fields
from pathlib import Path

import pytest

from pipelines.catalog import CATALOG_FILE, CatalogError, Series, catalog, read_catalog

HEADER = ",".join(f.name for f in fields(Series))
ROW = "A,yahoo,^A,A,Name,index,small,,,points,daily,0,0,true,1,,1,100,25,5"


@pytest.fixture
def written(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "catalog.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_a_row_becomes_a_series_with_types(written) -> None:
    (one,) = read_catalog(written(HEADER, ROW))
    assert (one.series_id, one.is_required, one.lag_days, one.max_value, one.sector, one.witness_series_id) == (
        "A",
        True,
        0,
        100.0,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW.replace("true", "yes"), r"line 2, column is_required: expected .*bool.*found 'yes'.*Correct the cell"),
        (ROW.replace(",0,0,", ",zero,0,"), r"line 2, column lag_days: .*found 'zero'"),
        (ROW.replace("100,25", "much,25"), r"line 2, column max_value: .*found 'much'"),
        (ROW.replace("Name", ""), r"line 2, column name: empty.*Fill the cell"),
        (f"{ROW}\n{ROW}", r"\['A'\] are named twice"),
        (f"{ROW}\n{ROW.replace('A,yahoo', 'A.two,tiingo')}", r"series of A share a place in its chain \(A 1, A.two 1\)"),
        (ROW.replace(",1,,1,", ",1,B,1,"), r"witnesses \['B'\] are not series"),
    ],
)
def test_what_cannot_be_used_is_refused_with_line_column_and_cure(written, row: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read_catalog(written(HEADER, row))


def test_a_missing_column_is_named(written) -> None:
    with pytest.raises(CatalogError, match=r"columns \['max_move_pct'\] are missing"):
        read_catalog(written(HEADER.replace(",max_move_pct", ""), ROW))


def test_a_series_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(CatalogError, match=r"has no series 'IWX'.*Add a row"):
        catalog()["IWX"]


def test_the_required_are_the_four_prices_and_the_target_range() -> None:
    assert {s.series_id for s in catalog().required} == {"R2000", "SP500", "NASDAQ_COMP", "IWM", "DFEDTARU", "DFEDTARL"}


def test_limits_proxies_and_witnesses_make_sense() -> None:
    instruments = {s.instrument_id for s in catalog() if s.instrument_id}
    for one in catalog():
        assert one.min_value is None or one.max_value is None or one.min_value < one.max_value, one.series_id
        assert one.proxy_of is None or one.proxy_of in instruments, one.series_id
        if one.witness_series_id:
            assert catalog()[one.witness_series_id].provider != one.provider, one.series_id
    assert len([s for s in catalog() if s.sector]) == 11
    assert CATALOG_FILE.name == "series_catalog.csv"


def test_a_chain_is_the_prices_of_an_instrument_in_their_order() -> None:
    assert [s.series_id for s in catalog().chain("IWM")] == ["IWM", "IWM.tiingo", "IWM.alphavantage", "IWM.stooq", "IWM.drop"]
    assert [s.series_id for s in catalog().chain("SP500")] == ["SP500", "SP500.stooq", "SP500.drop"]


def test_where_two_speak_of_a_required_price_they_are_compared() -> None:
    compared = {s.series_id for s in catalog() if s.tolerance_bp}
    assert compared == {"SP500", "NASDAQ_COMP", "IWM", "SPY"}
    for one in (catalog()[name] for name in compared):
        assert one.witness_series_id or len(catalog().chain(str(one.instrument_id))) > 1
