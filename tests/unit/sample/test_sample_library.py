"""A century of factors and a composite since 1871, simulated: what must hold in them."""

import numpy as np

from pipelines.sample.french import MISSING, PORTFOLIO_COLUMNS
from pipelines.sample.market import SampleMarket


def test_deciles_and_groups_agree(market: SampleMarket) -> None:
    library = market.french
    firms = dict(zip(PORTFOLIO_COLUMNS, library.firms.T, strict=True))
    np.testing.assert_allclose(firms["Lo 30"] + firms["Med 40"] + firms["Hi 30"], sum(firms[c] for c in PORTFOLIO_COLUMNS[9:]))
    value = dict(zip(PORTFOLIO_COLUMNS, library.value_weighted.T, strict=True))
    low, high = np.minimum.reduce([value["Lo 10"], value["Dec 2"]]), np.maximum.reduce([value["Lo 10"], value["Dec 2"]])
    assert ((value["Lo 20"] >= low - 1e-9) & (value["Lo 20"] <= high + 1e-9)).all()
    assert (value["<= 0"] == MISSING).all()
    assert (library.value_weighted[:, 1:] > -100).all()


def test_annual_market_compounds_the_months_and_annual_smb_does_not(market: SampleMarket) -> None:
    library = market.french
    year = library.months.astype("datetime64[Y]").astype(int) + 1970 == 2010
    months = library.factors[year] / 100
    at = library.years.tolist().index(2010)
    total = 100 * (np.prod(1 + months[:, 0] + months[:, 3]) - np.prod(1 + months[:, 3]))
    assert abs(total - library.factors_annual[at, 0]) < 1e-9
    assert abs(100 * (np.prod(1 + months[:, 1]) - 1) - library.factors_annual[at, 1]) > 0.01


def test_small_companies_earn_a_premium_that_comes_and_goes(market: SampleMarket) -> None:
    smb = market.french.factors_annual[:, 1]
    assert 0.5 < smb.mean() < 6
    assert 0.3 < (smb > 0).mean() < 0.75


def test_the_composite_is_the_monthly_mean_of_the_index(market: SampleMarket) -> None:
    composite, firms = market.composite, market.economy.closes["SP500"]
    month = firms[0].astype("datetime64[M]") == np.datetime64("2024-02")
    at = composite.months.tolist().index(np.datetime64("2024-02-29").item())
    assert abs(composite.price[at] - firms[1][month].mean()) < 1e-6


def test_multiples_of_the_composite_are_plausible(market: SampleMarket) -> None:
    composite = market.composite
    assert (composite.earnings > composite.dividend).all()
    assert np.percentile(composite.price / composite.earnings, 2) > 8
    assert np.percentile(composite.price / composite.earnings, 98) < 45
    assert np.isnan(composite.cape[:120]).all()
    assert not np.isnan(composite.cape[120:]).any()
