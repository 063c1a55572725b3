"""The size premium of the recorded vintages of French's file, read here by hand, against the values that were published. Not for made-up years."""

import calendar
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

ARITHMETIC = "select premium_pct from fct_size_premium where span = 'full' and excludes = 'none' and averaging = '{}' and end_year = {}"
RATE = "select win_rate_pct, windows_n from fct_size_premium_win_rate where last_window_end = date '{}-12-31'"


def _smb(file: Path) -> pl.DataFrame:
    """Monthly and annual SMB of a zip of the library."""
    with zipfile.ZipFile(file) as archive:
        lines = archive.read(archive.namelist()[0]).decode("latin-1").splitlines()
    rows = []
    for cells in ([c.strip() for c in line.split(",")] for line in lines):
        if len(cells) == 5 and cells[0].isdigit():
            year, month = int(cells[0][:4]), int(cells[0][4:] or 12)
            end = date(year, month, calendar.monthrange(year, month)[1])
            rows.append(("smb", "monthly" if len(cells[0]) == 6 else "annual", end, None, None, float(cells[2])))
    schema = {"definition": pl.String, "frequency": pl.String, "period_end": pl.Date}
    frame = pl.DataFrame(
        rows, schema=schema | dict.fromkeys(("small_pct", "large_pct", "premium_pct"), pl.Float64), orient="row", infer_schema_length=None
    )
    return frame.with_columns(vintage=pl.lit(file.parent.name), known_on=date(2026, 2, 1), provenance=pl.lit("observed"))


@pytest.fixture
def cube(model_sql: Callable[[str], str], replay_world: Path) -> Callable[[str], duckdb.DuckDBPyConnection]:
    def made(vintage: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.register("int_size_returns", _smb(replay_world / "french" / vintage / "F-F_Research_Data_Factors_CSV.zip").to_arrow())
        connection.register("stg_clock__day", pl.DataFrame({"as_of_date": [date(2026, 2, 1)]}).to_arrow())
        for name in ("int_size_premium_years", "fct_size_premium", "fct_size_premium_windows", "fct_size_premium_win_rate"):
            connection.execute(f"create table {name} as {model_sql(name)}")
        return connection

    return made


@pytest.mark.replay
@pytest.mark.independent("fct_size_premium", against="2.846 % (1927-2023), 2.503 % and 1.68 % geometric (1927-2025): published values")
@pytest.mark.independent("fct_size_premium_windows", against="1,051 and 1,075 windows of ten years: published counts")
@pytest.mark.independent("fct_size_premium_win_rate", against="66.98 % and 65.30 % of the windows: published values")
@pytest.mark.parametrize(
    ("vintage", "end_year", "premiums", "win_rate"),
    [
        ("2025-02-15", 2023, {"arithmetic": "2.846"}, ("66.98", 1051)),
        ("2026-01-20", 2025, {"arithmetic": "2.503", "geometric": "1.68"}, ("65.30", 1075)),
    ],
)
def test_the_premium_is_the_published_one_of_its_vintage(
    cube: Callable[[str], duckdb.DuckDBPyConnection], vintage: str, end_year: int, premiums: dict[str, str], win_rate: tuple[str, int]
) -> None:
    connection = cube(vintage)
    for averaging, published in premiums.items():
        ((found,),) = connection.execute(ARITHMETIC.format(averaging, end_year)).fetchall()
        assert f"{found:.{len(published.split('.')[1])}f}" == published
    ((share, windows_n),) = connection.execute(RATE.format(end_year)).fetchall()
    assert (f"{share:.2f}", windows_n) == win_rate
