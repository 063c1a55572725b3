"""Indices and funds of the simulated market are coherent, and follow the catalogue."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pipelines.catalog import Series, catalog
from pipelines.sample import profiles
from pipelines.sample.bars import Bars, bars
from pipelines.sample.calendar import calendar
from pipelines.sample.market import SampleError, SampleMarket

PRICED = catalog().of("yahoo")


def _returns(of: Bars) -> np.ndarray:
    close = of.close * np.cumprod(of.split)
    return np.asarray(close[1:] / close[:-1] - 1)


@pytest.mark.parametrize("series", PRICED, ids=lambda s: s.series_id)
def test_bars_are_coherent_and_within_the_limits_of_the_catalogue(market: SampleMarket, series: Series) -> None:
    of = market.bars(series)
    assert (of.low > 0).all()
    assert (of.high >= np.maximum(of.open, of.close)).all()
    assert (of.low <= np.minimum(of.open, of.close)).all()
    assert np.isin(of.days, calendar().days).all()
    assert (np.diff(of.days) > np.timedelta64(0)).all()
    assert (of.volume >= 0).all()
    assert series.min_value is not None
    assert series.max_value is not None
    assert of.close.min() > series.min_value
    assert of.close.max() < series.max_value
    assert series.max_move_pct is not None
    assert np.abs(_returns(of)).max() * 100 < series.max_move_pct


def test_indices_have_forty_years(market: SampleMarket) -> None:
    for series in PRICED:
        if series.kind == "index":
            assert market.bars(series).days[0].item() == date(1986, 1, 2)


def test_a_proxy_fund_follows_its_index_closely(market: SampleMarket) -> None:
    for series in PRICED:
        if series.proxy_of:
            fund, index = market.bars(series), market.bars(catalog()[series.proxy_of])
            assert np.corrcoef(_returns(fund)[1:], _returns(index)[-len(fund.days) + 2 :])[0, 1] > 0.98, series.series_id


def test_sector_funds_share_the_market_and_differ(market: SampleMarket) -> None:
    large = market.bars(catalog()["SP500"])
    for series in PRICED:
        if series.sector:
            fund = market.bars(series)
            assert 0.6 < np.corrcoef(_returns(fund), _returns(large)[-len(fund.days) + 1 :])[0, 1] < 0.95, series.series_id


def test_funds_pay_dividends_and_some_split(market: SampleMarket) -> None:
    funds = [s for s in PRICED if s.kind == "fund"]
    assert all((market.bars(s).dividend > 0).sum() > 20 for s in funds)
    assert sum((market.bars(s).split != 1).any() for s in funds) >= 2
    assert all((market.bars(s).dividend == 0).all() for s in PRICED if s.kind == "index")


def test_profiles_are_about_series_of_the_catalogue_only() -> None:
    with profiles.PROFILES_FILE.open(newline="", encoding="utf-8") as handle:
        described = {row["series_id"] for row in csv.DictReader(handle)}
    assert described <= {s.series_id for s in PRICED}


def test_a_new_catalogue_row_needs_nothing_else(market: SampleMarket) -> None:
    fund = replace(catalog()["IJR"], series_id="NEW", symbol="NEW", instrument_id="NEW", proxy_of=None)
    of = bars(market.seed, fund, market.paths["IJR"], market.factors.volatility)
    assert len(of.days) > 5000
    for frequency in ("daily", "monthly", "quarterly"):
        rate = replace(catalog()["DGS10"], series_id="NEW", symbol=f"NEW {frequency}", frequency=frequency)
        values = market.economy.series(rate).values
        assert rate.min_value is not None
        assert rate.max_value is not None
        assert rate.min_value < np.nanmin(values) <= np.nanmax(values) < rate.max_value


def test_a_series_without_prices_is_refused_with_the_cure(market: SampleMarket) -> None:
    with pytest.raises(SampleError, match="Add one to the catalogue"):
        market.bars(catalog()["DGS10"])


def test_the_generator_names_no_ticker_outside_its_tables() -> None:
    folder = Path(profiles.__file__).parent
    funds = {s.symbol for s in PRICED if s.kind == "fund"}
    for path in folder.glob("*.py"):
        words = set(path.read_text(encoding="utf-8").replace('"', " ").replace("'", " ").split())
        assert not funds & words, path.name
