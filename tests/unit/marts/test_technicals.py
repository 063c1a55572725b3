"""The SQL of the technicals against TA-Lib, on series made here. Not for whole builds of the models, nor for their edge cases (dbt unit tests)."""

import duckdb
import jinja2
import numpy as np
import polars as pl
import pytest
import talib

from pipelines.settings import ROOT

DBT = ROOT / "dbt_project"


def _model(name: str) -> str:
    """A model's SQL as it would run where its inputs are tables of their own names."""
    macros = (DBT / "macros" / "exact_sum.sql").read_text()
    template = macros + (DBT / "models" / "intermediate" / f"{name}.sql").read_text()
    return jinja2.Environment(autoescape=False).from_string(template).render(ref=lambda model: model)


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    """Series long and short, in small and large numbers, one of them with a stretch in which nothing moves."""
    random = np.random.default_rng(14)
    frames = []
    for number, (bars_n, price, cents) in enumerate(
        [(25_000, 20.0, 2), (2_000, 4_000.0, 2), (257, 50.0, 2), (14, 10.0, 2), (900, 0.05, 6)]
    ):
        closes = (price * np.exp(np.cumsum(random.normal(0, 0.01, bars_n)))).round(cents)
        if number == 1:
            closes[600:900] = closes[600]
        frames.append(
            pl.DataFrame(
                {
                    "instrument_id": f"series_{number}",
                    "stretch_no": 0,
                    "bar_no": np.arange(1, bars_n + 1),
                    "session_no": np.arange(1, bars_n + 1),
                    "close": closes,
                    "high": closes * (1 + random.uniform(0, 0.02, bars_n)),
                    "split_factor": 1.0,
                }
            ).with_columns(session_date=pl.date(1950, 1, 1) + pl.duration(days="bar_no"))
        )
    return pl.concat(frames)


def _built(bars: pl.DataFrame, name: str) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("int_full_bars_daily", bars.to_arrow())
        built = connection.sql(_model(name)).pl()
    return bars.select("instrument_id", "session_date").join(built, on=["instrument_id", "session_date"], how="left")


def _assert_equal(built: pl.DataFrame, column: str, expected: dict[str, np.ndarray], tolerance: float) -> None:
    for (instrument_id,), rows in built.group_by("instrument_id", maintain_order=True):
        values = rows[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        np.testing.assert_allclose(values, expected[str(instrument_id)], rtol=0, atol=tolerance, err_msg=f"{column} of {instrument_id}")


def _by_instrument(bars: pl.DataFrame, column: str) -> dict[str, np.ndarray]:
    return {str(key[0]): rows[column].to_numpy() for key, rows in bars.group_by("instrument_id", maintain_order=True)}


def test_rsi_is_wilders_as_ta_lib_computes_it(bars: pl.DataFrame) -> None:
    expected = {name: talib.RSI(closes, 14) for name, closes in _by_instrument(bars, "close").items()}
    _assert_equal(_built(bars, "int_rsi_daily"), "rsi_14", expected, 0.0000501)


@pytest.mark.parametrize("bars_n", [50, 200])
def test_moving_averages_are_those_of_ta_lib(bars: pl.DataFrame, bars_n: int) -> None:
    expected = {
        name: talib.SMA(closes, bars_n) if len(closes) >= bars_n else np.full(len(closes), np.nan)
        for name, closes in _by_instrument(bars, "close").items()
    }
    _assert_equal(_built(bars, "int_technicals_daily"), f"sma_{bars_n}", expected, 1e-8)


def test_the_high_of_a_year_is_that_of_ta_lib(bars: pl.DataFrame) -> None:
    expected = {
        name: talib.MAX(highs, 252) if len(highs) >= 252 else np.full(len(highs), np.nan)
        for name, highs in _by_instrument(bars, "high").items()
    }
    _assert_equal(_built(bars, "int_technicals_daily"), "high_252d", expected, 0.0)


def test_the_order_of_rows_moves_no_digit(bars: pl.DataFrame) -> None:
    shuffled = bars.sample(fraction=1, shuffle=True, seed=7)
    keys = ["instrument_id", "session_date"]
    for name in ("int_rsi_daily", "int_technicals_daily"):
        assert _built(bars, name).sort(keys).equals(_built(shuffled, name).sort(keys))
