"""What the simulated companies file, with the slips and habits of real filers. Not for the true accounts (fundamentals.py) or wire forms (wire_sec.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.sample.companies import Companies, Flags
from pipelines.sample.fundamentals import Accounts

FIRST_PERIOD = np.datetime64("2021-12-31")
FIRST_CIK = 9_900_000
SIC = {
    "Materials": 2810, "Communication Services": 4841, "Energy": 1311, "Financials": 6020, "Industrials": 3560, "Technology": 7372,
    "Consumer Staples": 2000, "Real Estate": 6798, "Utilities": 4911, "Health Care": 2834, "Consumer Discretionary": 5651,
}  # fmt: skip
OLD_REVENUE, NEW_REVENUE = "Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax"
PRETAX = "IncomeLossFromContinuingOperationsBeforeIncomeTaxesExtraordinaryItemsNoncontrollingInterest"
AMENDED_YEAR, NEW_TAG_SINCE = 2023, np.datetime64("2024-01-01")
HOME = "Geographical=US;"
ABROAD = "Geographical=NonUs;"
CLASSES = ("ClassOfStock=CommonClassA;", "ClassOfStock=CommonClassB;")


class Fact(NamedTuple):
    """One fact of a filing; an instant has no start, a fact of the whole company no segment."""

    taxonomy: str
    tag: str
    unit: str
    start: date | None
    end: date
    value: float
    segment: str = ""


@dataclass(frozen=True)
class Filing:
    """One filing as EDGAR keeps it."""

    company: int
    accession: str
    form: str
    period: date
    fiscal_year: int
    fiscal_period: str
    filed: date
    accepted: datetime
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Habits:
    """How one company files, by its number: most file plainly, some as the few do that spoil naive readers."""

    number: int
    is_small: bool

    @property
    def year_ends_in(self) -> int:
        return {4: 6, 7: 9}.get(self.number % 9, 12)

    @property
    def weeks(self) -> bool:
        """A 52- or 53-week year, ending on the Saturday nearest to the month's end."""
        return self.number % 17 == 5

    @property
    def is_foreign(self) -> bool:
        return self.is_small and self.number % 97 == 50

    @property
    def changes_revenue_tag(self) -> bool:
        return self.number % 5 == 1

    @property
    def amends(self) -> bool:
        return self.number % 13 == 3

    @property
    def has_two_classes(self) -> bool:
        return self.number % 11 == 2

    @property
    def no_operating_income(self) -> bool:
        return self.number % 7 == 6

    @property
    def slip(self) -> str | None:
        """What goes wrong in one of its filings: all of it must be set aside on the way in."""
        return {7: "thousands", 20: "placeholder", 33: "sign"}.get(self.number % 41)

    @property
    def home_share(self) -> float:
        return 0.30 + 0.05 * (self.number % 13) + (0.10 if self.is_small else 0.0)


def cik(company: int) -> int:
    """A central index key nobody has."""
    return FIRST_CIK + company + 1


def habits(firms: Companies, company: int) -> Habits:
    """The habits of a company."""
    return Habits(company + 1, bool(firms.is_small[company]))


def filers(firms: Companies, members: dict[str, Flags]) -> list[int]:
    """Companies that were a member of a universe since the filings begin."""
    since = int(np.searchsorted(firms.days, FIRST_PERIOD))
    ever = np.logical_or.reduce([flags[since:].any(axis=0) for flags in members.values()])
    return [int(i) for i in np.flatnonzero(ever)]


def filings(firms: Companies, books: Accounts, members: dict[str, Flags]) -> list[Filing]:
    """Every filing of every filer, by company and day."""
    return [f for i in filers(firms, members) for f in _of(firms, books, i)]


def truth(firms: Companies, books: Accounts, members: dict[str, Flags]) -> pl.DataFrame:
    """What the accounts truly are, by company and quarter: the quarter's and the last twelve months' flows, and the stocks at its end.

    `filings_n` counts the filings up to this one; the twelve months can be known from the first 10-K and four quarters on.
    """
    rows = []
    for i in filers(firms, members):
        who = habits(firms, i)
        quarters = [k for k in _quarters(books, i) if not who.is_foreign]
        for n, k in enumerate(quarters, start=1):
            row: dict[str, object] = {
                "cik": cik(i),
                "symbol": str(firms.symbol[i]),
                "period_end": _end(books, who, k),
                "filed_on": _day(books.filed[k, i]),
            }
            for name, values in books.flows.items():
                row |= {name: float(values[k, i]), f"{name}_ltm": float(values[k - 3 : k + 1, i].sum())}
            rows.append(row | {name: float(values[k, i]) for name, values in books.stocks.items()} | {"filings_n": n})
    return pl.DataFrame(rows)


def _quarters(books: Accounts, company: int) -> list[int]:
    return [k for k in range(4, len(books.quarter_ends)) if books.quarter_ends[k] >= FIRST_PERIOD and books.reports[k, company]]


def _day(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found


def _end(books: Accounts, who: Habits, quarter: int) -> date:
    end = _day(books.quarter_ends[quarter])
    return end + timedelta(days=(5 - end.weekday() + 3) % 7 - 3) if who.weeks else end


def _of(firms: Companies, books: Accounts, i: int) -> Iterator[Filing]:
    who = habits(firms, i)
    quarters = _quarters(books, i)
    for n, k in enumerate(quarters):
        month = int(books.quarter_ends[k].astype("datetime64[M]").astype(np.int64)) % 12 + 1
        of_year = (month - who.year_ends_in - 1) % 12 // 3 + 1
        year_end = books.quarter_ends[min(k + 4 - of_year, len(books.quarter_ends) - 1)]
        year = int(year_end.astype("datetime64[Y]").astype(np.int64)) + 1970 + (1 if k + 4 - of_year >= len(books.quarter_ends) else 0)
        filed = _day(books.filed[k, i])
        period = "FY" if of_year == 4 else f"Q{of_year}"
        if who.is_foreign:
            if of_year == 4:
                yield _filing(i, k, 0, "20-F", _end(books, who, k), year, period, filed, _ifrs(books, who, i, k))
            continue
        restates = who.amends and of_year == 4 and year == AMENDED_YEAR
        slip = who.slip if n == 9 else None
        facts = _facts(firms, books, who, i, k, of_year, filed, misstated=restates, slip=slip)
        yield _filing(i, k, 0, "10-K" if of_year == 4 else "10-Q", _end(books, who, k), year, period, filed, facts)
        if restates:
            later = _day(np.busday_offset(np.datetime64(filed + timedelta(days=45)), 0, roll="forward"))
            facts = _facts(firms, books, who, i, k, of_year, filed, misstated=False, slip=None)
            yield _filing(i, k, 1, "10-K/A", _end(books, who, k), year, period, later, facts)


def _filing(
    i: int, k: int, version: int, form: str, period: date, year: int, of_year: str, filed: date, facts: list[Fact]
) -> Filing:  # fmt: skip
    """Every third filing is accepted after the close; EDGAR dates it the same day until half past five."""
    accepted = datetime.combine(filed, time(17, 12) if (i + k) % 3 == 0 else time(8, 5))
    accession = f"{cik(i):010d}-{filed:%y}-{k:05d}{version}"
    return Filing(i, accession, form, period, year, of_year, filed, accepted, tuple(facts))


def _facts(
    firms: Companies, books: Accounts, who: Habits, i: int, k: int, of_year: int, filed: date, *, misstated: bool, slip: str | None
) -> list[Fact]:  # fmt: skip
    """Flows of the quarter and the year to date with those of the year before; a 10-K has the year alone, so its last quarter is only implied."""
    found: list[Fact] = []
    changed = who.changes_revenue_tag and books.quarter_ends[k] < NEW_TAG_SINCE
    revenue = OLD_REVENUE if changed else NEW_REVENUE
    flows = {revenue: "revenue", "InterestExpense": "interest_expense", "IncomeTaxExpenseBenefit": "tax", "NetIncomeLoss": "net_income"}
    flows |= {PRETAX: "pretax"} if who.no_operating_income else {"OperatingIncomeLoss": "ebit"}
    end, before = _end(books, who, k), _end(books, who, k - 4)
    spans = [of_year] if of_year == 4 else [1, of_year] if of_year > 1 else [1]
    for tag, name in flows.items():
        values = books.flows["ebit"] - books.flows["interest_expense"] if name == "pretax" else books.flows[name]
        for n in spans:
            for last, to in ((k, end), (k - 4, before)):
                if last - n < 0:
                    continue
                value = float(values[last - n + 1 : last + 1, i].sum())
                if misstated and last == k and name in ("revenue", "ebit", "net_income"):
                    value = float(np.rint(value * 0.98))
                if slip == "sign" and last != k and name == "revenue":
                    value = -value
                start = _end(books, who, last - n) + timedelta(days=1)
                found.append(Fact("us-gaap", tag, "USD", start, to, value))
                if name == "revenue":
                    home = float(np.rint(value * who.home_share))
                    found += [
                        Fact("us-gaap", tag, "USD", start, to, home, HOME),
                        Fact("us-gaap", tag, "USD", start, to, value - home, ABROAD),
                    ]
    debt, equity, cash = (float(books.stocks[name][k, i]) for name in ("debt", "equity", "cash"))
    soon = float(np.rint(0.12 * debt))
    total = max(debt + equity, cash, 1.0)  # what lenders and owners gave, and where losses ate it, other liabilities
    assets = total * (1000 if slip == "thousands" else 1)
    for tag, value in (
        ("Assets", assets), ("LiabilitiesAndStockholdersEquity", total), ("StockholdersEquity", equity),
        ("CashAndCashEquivalentsAtCarryingValue", cash), ("LongTermDebtCurrent", soon), ("LongTermDebtNoncurrent", debt - soon),
    ):  # fmt: skip
        found.append(Fact("us-gaap", tag, "USD", None, end, value))
    return found + list(_shares(firms, books, who, i, k, filed, slip))


def _shares(firms: Companies, books: Accounts, who: Habits, i: int, k: int, filed: date, slip: str | None) -> Iterator[Fact]:
    """The cover counts on a day shortly before the filing, splits done by then; two classes are counted one by one."""
    end, counted = _end(books, who, k), filed - timedelta(days=5)
    first = float(books.stocks["shares"][k, i])
    on_end, on_cover = (
        float(np.rint(first * firms.factor[max(int(np.searchsorted(firms.days, np.datetime64(day), side="right")) - 1, 0), i]))
        for day in (end, counted)
    )
    yield Fact(
        "us-gaap", "WeightedAverageNumberOfSharesOutstandingBasic", "shares", _end(books, who, k - 1) + timedelta(days=1), end, on_end
    )
    if who.has_two_classes:
        other = float(np.rint(0.2 * on_cover))
        for segment, value in zip(CLASSES, (on_cover - other, other), strict=True):
            yield Fact("dei", "EntityCommonStockSharesOutstanding", "shares", None, counted, value, segment)
        return
    yield Fact("us-gaap", "CommonStockSharesOutstanding", "shares", None, end, on_end)
    yield Fact("dei", "EntityCommonStockSharesOutstanding", "shares", None, counted, 100.0 if slip == "placeholder" else on_cover)


def _ifrs(books: Accounts, who: Habits, i: int, k: int) -> list[Fact]:
    """A foreign filer: a year at a time, in IFRS and a currency of its own."""
    start, end = _end(books, who, k - 4) + timedelta(days=1), _end(books, who, k)
    revenue, income = (float(np.rint(books.flows[name][k - 3 : k + 1, i].sum() / 1.1)) for name in ("revenue", "net_income"))
    return [
        Fact("ifrs-full", "Revenue", "EUR", start, end, revenue),
        Fact("ifrs-full", "ProfitLoss", "EUR", start, end, income),
        Fact("ifrs-full", "Assets", "EUR", None, end, float(max(books.stocks["debt"][k, i] + books.stocks["equity"][k, i], 1.0))),
    ]
