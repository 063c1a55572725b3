"""Marts that pass on what vendors say of a universe, held against the vendors' own files. Not for refused files (tests/gates)."""

from pathlib import Path

import polars as pl
import pytest
from worlds import database, rows

pytestmark = pytest.mark.slow

REFINANCING = ["interest_cover_below_1_pct", "debt_due_1y_pct", "median_interest_cover", "cover_change_per_100bp", "floating_share_pct"]
DOMESTIC = ["domestic_revenue_pct", "median_domestic_revenue_pct"]


def said_by_vendors(folder: Path, measures: list[str]) -> pl.DataFrame:
    """The files as they lie in the drop folder, a column a measure."""
    files = sorted((folder / "work" / "sample" / "drop" / "fundamentals").glob("*.csv"))
    said = pl.concat([pl.read_csv(f, try_parse_dates=True) for f in files]).filter(pl.col("measure").is_in(measures))
    return said.pivot("measure", index=["period_end", "universe_id", "source_id"], values="value").sort(
        "period_end", "universe_id", "source_id"
    )


@pytest.mark.parametrize(
    ("mart", "day", "measures"),
    [
        pytest.param(
            "fct_refinancing_monthly",
            "month_end",
            REFINANCING,
            marks=pytest.mark.independent("fct_refinancing_monthly", against="the vendors' files, turned by Polars"),
        ),
        pytest.param(
            "fct_domestic_exposure_quarterly",
            "quarter_end",
            DOMESTIC,
            marks=pytest.mark.independent("fct_domestic_exposure_quarterly", against="the vendors' files, turned by Polars"),
        ),
    ],
)
def test_what_vendors_say_of_a_universe_is_passed_on_as_said(sample_at_once: Path, mart: str, day: str, measures: list[str]) -> None:
    columns = ", ".join(f"cast({m} as double)" for m in measures)
    found = rows(
        database(sample_at_once),
        f"select {day}, universe_id, source_id, {columns} from marts.{mart} where source_id <> 'rotation_filings' order by 1, 2, 3",
    )
    due = said_by_vendors(sample_at_once, measures).select("period_end", "universe_id", "source_id", *measures)
    assert len(found) == due.height > 20
    for row, (period, universe, source, *values) in zip(found, due.iter_rows(), strict=True):
        assert row[:3] == (period, universe, source)
        assert row[3:] == pytest.approx(tuple(values), abs=5.1e-5)


@pytest.mark.independent("fct_quality_split_daily", against="closes of the index and the screened index, divided by hand")
def test_the_quality_split_is_the_return_of_either_series(sample_at_once: Path) -> None:
    file = database(sample_at_once)
    closes = {
        (series, day): close
        for series, day, close in rows(
            file,
            "select instrument_id, session_date, cast(close as double) from marts.fct_performance_daily "
            "where instrument_id in ('R2000', 'SP600') and horizon = '1d' and close is not null",
        )
    }
    days = sorted({day for _, day in closes})
    before = dict(zip(days[1:], days, strict=False))
    found = rows(
        file,
        "select cohort, session_date, cast(return_pct as double), contribution_pp, composition_reason from marts.fct_quality_split_daily "
        "where universe_id = 'R2000' and horizon = '1d' and instrument_kind = 'index' and return_pct is not null and session_date >= '2015-01-01'",
    )
    assert {cohort for cohort, *_ in found} == {"all", "profit_screened"}
    assert len(found) > 4000
    for cohort, day, value, contribution, reason in found:
        series = {"all": "R2000", "profit_screened": "SP600"}[cohort]
        assert value == pytest.approx(100 * (closes[series, day] / closes[series, before[day]] - 1), abs=5.1e-5)
        assert contribution is None
        assert reason == "no_members_in_a_series"
