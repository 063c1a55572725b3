"""The simulated market as one object, each part made when first asked for. Not for wire forms (wire.py) or files (drops.py)."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import polars as pl

from pipelines.catalog import Series, catalog
from pipelines.sample import (
    bars,
    companies,
    composite,
    factors,
    filings,
    french,
    fundamentals,
    indices,
    member_bars,
    membership,
    outlook,
    rates,
    snapshots,
    valuations,
)
from pipelines.sample.calendar import SAMPLE_END, SampleError, calendar, month_ends
from pipelines.sample.chance import Floats

__all__ = ["SAMPLE_END", "SEED", "SampleError", "SampleMarket", "sample_market"]

SEED = 673


@dataclass(frozen=True)
class SampleMarket:
    """Simulated, all of it. The same seed gives the same values; a day's values do not depend on the day they are asked for."""

    seed: int = SEED

    @cached_property
    def factors(self) -> factors.Factors:
        return factors.factors(self.seed, tuple(sorted({s.sector for s in catalog() if s.sector})))

    @cached_property
    def paths(self) -> dict[str, Floats]:
        """Log closes by instrument over all sessions."""
        return indices.close_paths(self.seed, self.factors)

    @cached_property
    def _bars(self) -> dict[str, bars.Bars]:
        return {}

    def bars(self, series: Series) -> bars.Bars:
        """Raw daily bars of a price series; the same instrument from two providers has the same bars."""
        if series.instrument_id is None or series.instrument_id not in self.paths:
            raise SampleError(
                f"The sample market has no prices for {series.series_id}: no series of yahoo has its instrument. Add one to the catalogue."
            )
        if series.instrument_id not in self._bars:
            priced = next(s for s in catalog().of("yahoo") if s.instrument_id == series.instrument_id)
            self._bars[series.instrument_id] = bars.bars(self.seed, priced, self.paths[series.instrument_id], self.factors.volatility)
        return self._bars[series.instrument_id]

    def _closes(self, instrument_id: str) -> Floats:
        return np.asarray(np.round(np.exp(self.paths[instrument_id]), 2), dtype=np.float64)

    @cached_property
    def economy(self) -> rates.Economy:
        closes = {name: (calendar().days, self._closes(name)) for name in indices.PINNED}
        return rates.Economy(self.seed, self.factors.volatility, closes)

    @cached_property
    def french(self) -> french.Library:
        return french.library(self.seed, self._closes("SP500"), self._closes("R2000"))

    @cached_property
    def composite(self) -> composite.Composite:
        return composite.composite(self.seed, self._closes("SP500"), self.economy.known("CPIAUCSL"), self.economy.known("DGS10"))

    @cached_property
    def companies(self) -> companies.Companies:
        return companies.companies(self.seed, self.factors, self.paths["SP500"], self.paths["R2000"])

    @cached_property
    def accounts(self) -> fundamentals.Accounts:
        return fundamentals.accounts(self.seed, self.companies)

    @cached_property
    def fundamentals(self) -> pl.DataFrame:
        """The accounts as filed, one row a company and quarter, USD."""
        return fundamentals.frame(self.companies, self.accounts)

    @cached_property
    def filings(self) -> list[filings.Filing]:
        """What the companies file with the SEC, by company and day."""
        return filings.filings(self.companies, self.accounts, self.membership.members)

    @cached_property
    def true_accounts(self) -> pl.DataFrame:
        """What a reader of the filings must find: quarters and twelve months by company, as they truly are."""
        return filings.truth(self.companies, self.accounts, self.membership.members)

    @cached_property
    def caps(self) -> Floats:
        """Market caps, sessions x companies, USD."""
        firms = self.companies
        return self.accounts.shares_at(firms.days) * firms.first_price * firms.growth

    @cached_property
    def membership(self) -> membership.Membership:
        return membership.membership(self.companies, self.caps)

    @cached_property
    def member_bars(self) -> dict[str, pl.DataFrame]:
        """Bars of the companies by universe, as the vendor sends them."""
        firms = self.companies
        return member_bars.member_bars(self.seed, firms, self.factors.volatility[-len(firms.days) :], self.membership.covered)

    @cached_property
    def constituents(self) -> dict[str, pl.DataFrame]:
        """Monthly lists of members by universe, with weights and shares."""
        return snapshots.constituents(self.companies, self.accounts, self.membership.members)

    @cached_property
    def valuations(self) -> pl.DataFrame:
        """Multiples of both universes by month, as the vendor sends them."""
        months = month_ends(companies.COMPANIES_START, SAMPLE_END)
        return valuations.valuations(self.seed, self.companies, self.accounts, self.caps, self.membership.members, months)

    @cached_property
    def targets(self) -> pl.DataFrame:
        """Analysts' targets for a list of small companies, by month of capture, as the vendor sends them."""
        return outlook.targets(self.seed, self.companies, self.membership.members)

    @cached_property
    def consensus(self) -> pl.DataFrame:
        """Expected earnings of both universes by month of capture, as the vendor sends them."""
        return outlook.consensus(self.seed, self.companies, self.accounts, self.membership.members)

    @cached_property
    def series_of_members(self) -> pl.DataFrame:
        """Debt and revenue at home of both universes, in long form, as the vendor sends them."""
        return outlook.series(self.seed, self.companies, self.accounts, self.caps, self.membership.members)


@cache
def sample_market(seed: int = SEED) -> SampleMarket:
    """The market of this process, generated once."""
    return SampleMarket(seed)
