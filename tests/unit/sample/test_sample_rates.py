"""FRED's series of the simulated market: identities, rhythms, limits."""

import numpy as np
import pytest

from pipelines.catalog import Series, catalog
from pipelines.sample.market import SampleMarket


@pytest.mark.parametrize("series", catalog().of("fred"), ids=lambda s: s.series_id)
def test_values_keep_the_limits_of_the_catalogue(market: SampleMarket, series: Series) -> None:
    seen = market.economy.series(series)
    assert len(seen.values) == len(seen.days) > 50
    assert (np.diff(seen.days) > np.timedelta64(0)).all()
    assert series.min_value is not None
    assert series.max_value is not None
    assert series.min_value <= np.nanmin(seen.values) <= np.nanmax(seen.values) <= series.max_value


def test_spreads_are_the_difference_of_their_rates(market: SampleMarket) -> None:
    known = market.economy.known
    for spread, long, short in (("T10Y2Y", "DGS10", "DGS2"), ("T10Y3M", "DGS10", "DGS3MO")):
        np.testing.assert_allclose(known(spread).values, known(long).values - known(short).values, atol=1e-9)


def test_the_range_is_a_quarter_point_wide(market: SampleMarket) -> None:
    known = market.economy.known
    assert set(np.round(known("DFEDTARU").values - known("DFEDTARL").values, 6).tolist()) == {0.25}
    assert known("DFEDTAR").days[-1] + 1 == known("DFEDTARU").days[0]


def test_holidays_are_blank_and_the_unpublished_month_too(market: SampleMarket) -> None:
    known = market.economy.known
    assert np.isnan(known("DGS10").values[known("DGS10").days == np.datetime64("2025-12-25")]).all()
    for name in ("CPIAUCSL", "UNRATE"):
        assert known(name).days[np.isnan(known(name).values)].astype(str).tolist() == ["2025-10-01"]


def test_each_series_has_its_own_rhythm(market: SampleMarket) -> None:
    known = market.economy.known
    assert set(np.diff(known("NFCI").days).astype(int).tolist()) == {7}
    assert set(np.diff(known("DFF").days).astype(int).tolist()) == {1}
    assert set(np.diff(known("DRTSCIS").days.astype("datetime64[M]")).astype(int).tolist()) == {3}
    assert (np.diff(known("PRIME").values) != 0).all()


def test_the_witnesses_repeat_the_index(market: SampleMarket) -> None:
    for witness, index in (("SP500.fred", "SP500"), ("NASDAQCOM", "NASDAQ_COMP")):
        seen, bars = market.economy.series(catalog()[witness]), market.bars(catalog()[index])
        there = ~np.isnan(seen.values)
        at = np.searchsorted(bars.days, seen.days[there])
        assert np.abs(seen.values[there] / bars.close[at] - 1).max() < 1e-6
