"""What the simulated market truly is, recovered by the whole chain from its filings, lists and closes; worked out again from the generator's
books by Polars and NumPy. Not for the edge cases of single models (dbt unit tests, tests/unit/marts)."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from worlds import AT_ONCE, database, work_file

from pipelines.sample.filings import habits
from pipelines.sample.market import SampleMarket

pytestmark = pytest.mark.slow

# Twelve months by concept, as the generator's books have them.
CONCEPTS = {
    "revenue": "revenue_ltm", "operating_income": "ebit_ltm", "interest_expense": "interest_expense_ltm", "income_tax": "tax_ltm",
    "net_income": "net_income_ltm", "pretax_income": "pretax_ltm",
}  # fmt: skip
# From here on no filing is misstated any more: the last amendment of the sample was filed in April 2024.
ALL_AMENDED = date(2024, 6, 30)
STALE_DAYS = 200


@pytest.fixture(scope="module")
def market() -> SampleMarket:
    from pipelines.sample.market import sample_market

    return sample_market()


def session_after(market: SampleMarket, days: pl.Series) -> pl.Series:
    sessions = market.companies.days
    at = np.searchsorted(sessions, days.to_numpy().astype("datetime64[D]"), side="right")
    return pl.Series(sessions[np.minimum(at, len(sessions) - 1)].astype("datetime64[ms]")).cast(pl.Date)


@pytest.fixture(scope="module")
def books(market: SampleMarket) -> pl.DataFrame:
    """The true accounts with the session from which each quarter is known."""
    truth = market.true_accounts.with_columns(pretax_ltm=pl.col("ebit_ltm") - pl.col("interest_expense_ltm"))
    return truth.with_columns(known_on=session_after(market, truth["filed_on"])).filter(pl.col("known_on") <= AT_ONCE).sort("known_on")


def chain(file: Path, sql: str) -> pl.DataFrame:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.sql(sql).pl()


def test_every_twelve_months_of_every_company_and_month_is_exact(sample_at_once: Path, market: SampleMarket, books: pl.DataFrame) -> None:
    found = chain(
        work_file(sample_at_once),
        "select month_end, cik, concept, period_end, cast(value as double) as value from intermediate.int_company_ltm_monthly where value is not null",
    )
    due = books.unpivot(on=list(CONCEPTS.values()), index=["cik", "period_end"], variable_name="concept", value_name="due")
    due = due.with_columns(pl.col("concept").replace({v: k for k, v in CONCEPTS.items()}))
    # The data sets round the end of a 52-week quarter to the month's: a company's quarters are told apart by the nearest one.
    joined = (
        found.filter(pl.col("concept").is_in(list(CONCEPTS)))
        .sort("period_end")
        .join_asof(
            due.sort("period_end"), on="period_end", by=["cik", "concept"], strategy="nearest", tolerance="5d", check_sortedness=False
        )
    )
    wrong = joined.filter(pl.col("value").ne_missing(pl.col("due")))
    amending = {
        c for i, c in enumerate(market.companies.symbol.tolist()) if habits(market.companies, i).amends
    }  # their 10-K of 2023 was misstated until they amended it
    symbols = dict(books.select("cik", "symbol").unique().iter_rows())
    assert {symbols[c] for c in wrong["cik"]} <= amending
    assert wrong.filter(pl.col("month_end") >= ALL_AMENDED).is_empty()
    assert 0 < wrong.height < 250
    assert (wrong["value"] / wrong["due"] - 1).abs().max() < 0.021  # type: ignore[operator]
    assert joined.height > 90_000


def test_no_company_that_reported_a_year_is_missing(sample_at_once: Path, books: pl.DataFrame) -> None:
    """With four filings in a row, or any that holds a whole year, the twelve months are known from the session after the filing on."""
    months = pl.DataFrame({"month_end": pl.date_range(date(2022, 12, 1), AT_ONCE, "1mo", eager=True).dt.month_end()}).filter(
        pl.col("month_end") <= AT_ONCE
    )
    due = (
        months.join(books.select("cik").unique(), how="cross")
        .sort("month_end")
        .join_asof(
            books.select("cik", "known_on", "period_end", "filings_n"),
            left_on="month_end",
            right_on="known_on",
            by="cik",
            check_sortedness=False,
        )
        .filter((pl.col("filings_n") >= 4) & ((pl.col("month_end") - pl.col("period_end")).dt.total_days() <= STALE_DAYS))
    )
    found = chain(
        work_file(sample_at_once),
        "select month_end, cik from intermediate.int_company_fundamentals_monthly "
        "where net_income_to_common_usd is not null and ebit_usd is not null and revenue_usd is not null and book_equity_usd is not null",
    )
    assert due.join(found, on=["month_end", "cik"], how="anti").is_empty()
    assert due.height > 15_000


def members_of(market: SampleMarket, lists: pl.DataFrame) -> pl.DataFrame:
    """True members of each list on the day it describes."""
    firms, frames = market.companies, []
    for universe, day in lists.select("universe_id", "membership_date").unique().iter_rows():
        at = int(np.searchsorted(firms.days, np.datetime64(day), side="right")) - 1
        flags = market.membership.members["SP500" if universe == "R1000" else universe][at]
        frames.append(pl.DataFrame({"universe_id": universe, "membership_date": day, "company": np.flatnonzero(flags)}))
    return pl.concat(frames)


def test_every_list_holds_its_true_members(sample_at_once: Path, market: SampleMarket) -> None:
    lists = chain(
        work_file(sample_at_once),
        "select distinct universe_id, membership_date, cik from intermediate.int_memberships_monthly where month_end >= '2022-01-31'",
    )
    due = members_of(market, lists).with_columns(cik=pl.col("company") + 9_900_001)
    keys = ["universe_id", "membership_date", "cik"]
    assert lists.drop_nulls().join(due, on=keys, how="anti").is_empty(), "a company that is no member"
    missing = due.join(lists, on=keys, how="anti").group_by("universe_id", "membership_date").len()
    # The dropped lists are whole; a filing has no tickers, and the bridge finds by name all but those that have left the SEC's list since.
    assert set(missing["universe_id"]) <= {"R1000"}
    assert missing["len"].max() <= 14  # type: ignore[operator]


def of_a_month(cap: np.ndarray, base: np.ndarray, price: np.ndarray | None = None) -> dict[tuple[str, str], float]:
    """The forms of one multiple: all in, losses out, capped harmonic, median."""
    price = cap if price is None else price
    good = (base > 0) & (price > 0)
    multiple = price[good] / base[good]
    return {
        ("aggregate", "included"): price.sum() / base.sum() if base.sum() > 0 and price.sum() > 0 else np.nan,
        ("aggregate", "excluded"): price[good].sum() / base[good].sum(),
        ("harmonic_capped", "excluded"): price[good].sum() / (price[good] / np.minimum(multiple, 60)).sum(),
        ("median", "excluded"): float(np.median(multiple)),
    }


@pytest.mark.independent("fct_valuation_monthly", against="the generator's own books, in NumPy")
def test_every_value_of_every_index_is_what_the_books_say(sample_at_once: Path, market: SampleMarket, books: pl.DataFrame) -> None:
    """Caps are true shares by closes, as traded; flows and stocks are the books'; which companies have filed enough is the chain's word."""
    firms, days = market.companies, market.companies.days
    members = chain(
        work_file(sample_at_once),
        "select month_end, universe_id, cik, sector, cap_usd, net_income_to_common_usd is not null as has_income, revenue_usd is not null as has_sales, "
        "ebit_usd is not null as has_ebit, book_equity_usd is not null as has_book from intermediate.int_member_fundamentals_monthly "
        f"where month_end >= date '{ALL_AMENDED}' and cap_usd is not null and cik is not null and not is_foreign",
    )
    joined = members.sort("month_end").join_asof(
        books.select("cik", "known_on", *(f"{n}_ltm" for n in ("net_income", "ebit", "revenue")), "equity", "debt", "cash"),
        left_on="month_end",
        right_on="known_on",
        by="cik",
        check_sortedness=False,
    )
    at = np.searchsorted(days, joined["month_end"].to_numpy().astype("datetime64[D]"), side="right") - 1
    true_cap = (firms.close * market.accounts.shares_at(days) * firms.factor[-1])[at, (joined["cik"] - 9_900_001).to_numpy()]
    joined = joined.with_columns(cap=pl.Series(true_cap))
    assert (joined["cap_usd"] / joined["cap"] - 1).abs().max() < 2e-6, "shares are sent in millions of six decimals"  # type: ignore[operator]
    joined = joined.with_columns(is_financial=pl.col("sector").is_in(["Financials", "Real Estate"]))

    due: dict[tuple[date, str, str, str, str], float] = {}
    for (month, universe), group in joined.group_by("month_end", "universe_id"):
        month_end = month if isinstance(month, date) else date.fromisoformat(str(month))

        def filed(flag: str, base: str, of: pl.DataFrame = group) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            kept = of.filter(pl.col(flag))
            ev = kept["cap"] + kept["debt"] - kept["cash"]
            return kept["cap"].to_numpy(), kept[base].to_numpy(), ev.to_numpy()

        cap, income, _ = filed("has_income", "net_income_ltm")
        forms = {("pe", *k): v for k, v in of_a_month(cap, income).items()}
        forms["earnings_yield", "aggregate", "included"] = 100 * income.sum() / cap.sum()
        cap, ebit, ev = filed("has_ebit", "ebit_ltm", group.filter(~pl.col("is_financial")))
        by_ev = of_a_month(cap, ebit, ev)
        forms |= {("ev_ebit", *k): by_ev[k] for k in (("aggregate", "included"), ("median", "excluded"))}
        cap, book, _ = filed("has_book", "equity")
        forms["pb", "aggregate", "included"] = cap.sum() / book.sum()
        cap, sales, _ = filed("has_sales", "revenue_ltm")
        forms["ps", "aggregate", "included"] = cap.sum() / sales.sum()
        due |= {(month_end, str(universe), *k): v for k, v in forms.items()}

    published = chain(
        database(sample_at_once),
        "select month_end, universe_id, metric, aggregation, loss_treatment, cast(value as double) from marts.fct_valuation_monthly "
        f"where source_id = 'rotation_filings' and value_status = 'ok' and month_end >= date '{ALL_AMENDED}'",
    )
    assert published.height > 450
    found = {row[:5]: row[5] for row in published.iter_rows()}
    assert set(found) <= set(due)
    off = {k: (v, due[k]) for k, v in found.items() if abs(v - due[k]) > 5e-5 + 2e-6 * abs(due[k])}
    assert off == {}


def test_every_count_of_shares_is_the_true_one_of_its_day(sample_at_once: Path, market: SampleMarket) -> None:
    """All classes, in shares of the day they were counted; a period's average lies near its end's count and never replaces one of a cover."""
    firms, days = market.companies, market.companies.days
    found = chain(
        work_file(sample_at_once),
        "select cik, shares_date, cast(shares as double) as shares, shares_method from intermediate.int_company_shares_monthly",
    )
    who = (found["cik"] - 9_900_001).to_numpy()
    at = np.searchsorted(days, found["shares_date"].to_numpy().astype("datetime64[D]"), side="right") - 1
    off = np.abs(found["shares"].to_numpy() / (market.accounts.shares_at(days)[at, who] * firms.factor[at, who]) - 1)
    counted = (found["shares_method"] != "period_average").to_numpy()
    assert counted.sum() > 20_000
    assert off[counted].max() < 1e-6
    assert off[~counted].max() < 0.11


def test_what_earners_and_others_contribute_is_the_return_of_the_index(
    sample_at_once: Path, market: SampleMarket, books: pl.DataFrame
) -> None:
    """One month of the split, from true closes and incomes: the members of the last month that was over when it began, at their weights then."""
    firms, days = market.companies, market.companies.days
    session, base, listed = date(2025, 11, 28), date(2025, 10, 28), date(2025, 9, 30)
    held = chain(
        work_file(sample_at_once),
        "select cik, universe_id from intermediate.int_member_fundamentals_monthly "
        f"where month_end = date '{listed}' and universe_id = 'R2000' and cap_usd is not null",
    )
    known = books.filter(pl.col("known_on") <= listed).group_by("cik").agg(pl.all().last())
    held = held.join(known.select("cik", "net_income_ltm", "filings_n"), on="cik", how="left")
    counted, then, now = (int(np.searchsorted(days, np.datetime64(d), side="right")) - 1 for d in (listed, base, session))
    # One of the list had left the market by the first day: it was not there to be held.
    still = pl.Series(firms.delisted[(held["cik"] - 9_900_001).to_numpy()] > then)
    assert (~still).sum() == 1
    held = held.filter(still)
    who = (held["cik"] - 9_900_001).to_numpy()
    cap = market.accounts.shares_at(days)[counted, who] * firms.factor[-1, who] * firms.close[then, who]
    change = firms.close[now, who] / firms.close[then, who] - 1
    rows = chain(
        database(sample_at_once),
        "select cohort, cast(contribution_pp as double), cast(return_pct as double) from marts.fct_quality_split_daily "
        f"where session_date = date '{session}' and universe_id = 'R2000' and horizon = '1m' and source_id = 'rotation_filings'",
    )
    found = {cohort: (contribution, gain) for cohort, contribution, gain in rows.iter_rows()}
    # Of a company listed of late the filings do not yet make twelve months: no annual report, and fewer than four quarters.
    of_a_year = {
        c
        for c, end in books.filter(pl.col("known_on") <= listed).select("cik", "period_end").iter_rows()
        if end.month == habits(firms, c - 9_900_001).year_ends_in
    }
    has_year = held["cik"].is_in(list(of_a_year)) | (held["filings_n"] >= 4)
    earns = ((held["net_income_ltm"] > 0) & has_year).fill_null(False).to_numpy()
    whole = 100 * float((cap * change).sum() / cap.sum())
    assert found["members"][1] == pytest.approx(whole, abs=2e-3)
    assert found["earners"][0] == pytest.approx(100 * float((cap * change)[earns].sum() / cap.sum()), abs=2e-3)
    parts = [found[c][0] for c in ("earners", "non_earners", "earnings_unknown") if c in found]
    assert sum(parts) == pytest.approx(found["members"][1], abs=2e-4)
