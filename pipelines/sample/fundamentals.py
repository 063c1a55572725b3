"""Quarterly accounts of the simulated companies with their filing dates. Not for multiples (valuations.py)."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import policy
from pipelines.sample.calendar import SAMPLE_END, Days, days_before
from pipelines.sample.chance import Floats, stream, unit_ar1
from pipelines.sample.companies import Companies, Flags, trades

FIRST_QUARTER, LAST_QUARTER = np.datetime64("2012-01", "M"), np.datetime64("2025-10", "M")
TAX = 0.21

FLOWS = ("revenue", "ebit", "interest_expense", "tax", "net_income", "dividends", "buybacks", "issuance", "investment")
STOCKS = ("cash", "net_operating_assets", "debt", "equity", "shares")


@dataclass(frozen=True)
class Accounts:
    """Quarters x companies, USD; `shares` in first shares (splits undone). Rows before `reports` is true are not there."""

    quarter_ends: Days
    filed: Days  # quarters x companies
    reports: Flags
    flows: dict[str, Floats]
    stocks: dict[str, Floats]

    def shares_at(self, days: Days) -> Floats:
        """First shares outstanding on days: those of the last quarter that is over."""
        at = np.maximum(np.searchsorted(self.quarter_ends, days, side="right") - 1, 0)
        return np.asarray(self.stocks["shares"][at])


def accounts(seed: int, firms: Companies) -> Accounts:
    """Business follows the slow part of market cap, with news of its own; every dollar that moves is booked on both sides."""
    random = stream(seed, "accounts")
    n, starts = len(firms), np.arange(FIRST_QUARTER, LAST_QUARTER + 1, 3)
    ends = days_before((starts + 3).astype("datetime64[D]"))
    q = len(ends)
    sectors = tuple(sorted(set(firms.sector.tolist())))
    shape = dict(zip(sectors, trades(sectors), strict=True))
    is_small, of = firms.is_small, firms.sector.tolist()
    loss_share = np.array([shape[s].loss_pct for s in of]) / 100 * np.where(is_small, 1.12, 0.12)
    loses = random.random(n) < loss_share
    usual = np.where(is_small, 0.068, 0.055) * np.exp(0.25 * random.standard_normal(n))
    earns = np.where(loses, -random.uniform(0.015, 0.10, n), usual)
    to_sales = np.array([shape[s].price_to_sales for s in of]) * np.exp(0.35 * random.standard_normal(n)) * np.where(loses, 1.6, 1.0)
    owes = np.array([shape[s].debt_pct for s in of]) / 100 * np.exp(0.4 * random.standard_normal(n)) * np.where(is_small, 1.15, 0.85)
    holds = np.where(loses, 0.16, 0.07) * np.exp(0.3 * random.standard_normal(n))
    news = unit_ar1(random, (q, n), 0.75)
    cycle = 0.6 * unit_ar1(random, q, 0.85)
    spread = np.where(is_small, 0.032, 0.014) * np.exp(0.2 * random.standard_normal(n))
    money = policy.target(ends) / 100
    at = np.searchsorted(firms.days, ends, side="right") - 1
    price = firms.first_price * np.where(at[:, None] < 0, 1.0, firms.growth[np.maximum(at, 0)])
    flows, stocks = ({name: np.zeros((q, n)) for name in names} for names in (FLOWS, STOCKS))

    shares = np.rint(firms.first_cap / firms.first_price)
    slow = np.log(firms.first_cap)
    debt, cash = np.rint(owes * firms.first_cap), np.rint(holds * firms.first_cap)
    equity = np.rint(firms.first_cap / np.where(is_small, 2.4, 3.4) * np.exp(0.35 * random.standard_normal(n)))
    assets = debt + equity - cash
    for k in range(q):
        slow += 0.17 * (np.log(shares * price[k]) - slow)
        size = np.exp(slow)
        revenue = np.rint(size / to_sales / 4 * np.exp(0.04 * news[k]))
        interest = np.rint(debt * (0.5 * money[k] + 0.014 + spread) / 4)
        swing = np.where(loses, 0.03, 0.018 + 0.25 * usual) * np.where(is_small, 1.15, 0.7)
        result = size / 4 * (earns + swing * (0.8 * news[k] + cycle[k]))
        ebit = np.rint(np.where(result > 0, result / (1 - TAX), result) + interest)
        pretax = ebit - interest
        tax = np.rint(TAX * np.maximum(pretax, 0))
        income = pretax - tax
        paid = np.rint(np.where(loses, 0.0, 0.3) * np.maximum(income, 0))
        bought = np.rint(np.where(loses, 0.0, np.where(is_small, 0.3, 0.45)) * np.maximum(income, 0))
        borrowed = np.rint(0.15 * (owes * size - debt))
        before = cash + income - paid - bought + borrowed
        spent = np.rint(np.clip(0.5 * (before - holds * size), -0.02 * size, 0.06 * size))
        short = np.maximum(0.5 * holds * size - (before - spent), 0)
        raised = np.rint(np.minimum(short, 0.2 * shares * price[k]))
        rescue = np.rint(np.maximum(-(before - spent + raised), 0))  # what shareholders no longer give, lenders do
        cash, debt = before - spent + raised + rescue, debt + borrowed + rescue
        assets, equity = assets + spent, equity + income - paid - bought + raised
        shares = np.maximum(np.rint(shares + (raised - bought) / price[k]), 1)
        row = (revenue, ebit, interest, tax, income, paid, bought, raised, spent)
        for name, values in zip(FLOWS, row, strict=True):
            flows[name][k] = values
        for name, values in zip(STOCKS, (cash, assets, debt, equity, shares), strict=True):
            stocks[name][k] = values
    lag = np.where(np.arange(q)[:, None] % 4 == 3, np.where(is_small, 58, 44), np.where(is_small, 38, 30)) + random.integers(0, 12, (q, n))
    filed = np.busday_offset(np.asarray(ends[:, None] + lag, dtype="datetime64[D]"), 0, roll="forward")
    listed_on = firms.days[firms.listed]
    gone_on = np.append(firms.days, np.datetime64("2999-01-01"))[firms.delisted]
    reports = ((ends[:, None] >= days_before(listed_on, 240)) | (firms.listed == 0)) & (ends[:, None] < gone_on)
    return Accounts(ends, filed, reports, flows, stocks)


def frame(firms: Companies, books: Accounts) -> pl.DataFrame:
    """The accounts as filed: one row a company and quarter, `shares` as outstanding on the day (splits done by then)."""
    quarter, who = np.nonzero(books.reports & (books.filed <= np.datetime64(SAMPLE_END)))
    order = np.lexsort((quarter, who))
    quarter, who = quarter[order], who[order]
    ends = books.quarter_ends[quarter]
    at = np.maximum(np.searchsorted(firms.days, ends, side="right") - 1, 0)
    columns = {
        "symbol": firms.symbol[who],
        "period_start": (ends.astype("datetime64[M]") - 2).astype("datetime64[D]"),
        "period_end": ends,
        "filed_on": books.filed[quarter, who],
    }
    values = {name: table[quarter, who] for name, table in (books.flows | books.stocks).items()}
    values["shares"] = values["shares"] * firms.factor[at, who]
    return pl.DataFrame(columns | values)
