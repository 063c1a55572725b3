"""Accounts of the simulated companies balance, and multiples follow from what was filed by the day."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipelines.sample.calendar import SAMPLE_END, month_ends
from pipelines.sample.companies import COMPANIES_START
from pipelines.sample.fundamentals import TAX
from pipelines.sample.market import SampleMarket
from pipelines.sample.valuations import CAP_ON_MULTIPLE, valuations

KEY = ("month_end", "universe_id", "metric", "basis", "aggregation", "loss_treatment")


def test_income_is_what_is_left_of_ebit(market: SampleMarket) -> None:
    flows = market.accounts.flows
    pretax = flows["ebit"] - flows["interest_expense"]
    np.testing.assert_array_equal(flows["net_income"], pretax - flows["tax"])
    np.testing.assert_array_equal(flows["tax"], np.rint(TAX * np.maximum(pretax, 0)))


def test_what_is_owned_equals_what_is_owed_to_the_dollar(market: SampleMarket) -> None:
    stocks = market.accounts.stocks
    np.testing.assert_array_equal(stocks["cash"] + stocks["net_operating_assets"], stocks["debt"] + stocks["equity"])


def test_equity_cash_and_operating_assets_roll_forward(market: SampleMarket) -> None:
    flows, stocks = market.accounts.flows, market.accounts.stocks
    moves = {name: np.diff(table, axis=0) for name, table in stocks.items()}
    later = {name: table[1:] for name, table in flows.items()}
    kept = later["net_income"] - later["dividends"] - later["buybacks"] + later["issuance"]
    np.testing.assert_array_equal(moves["equity"], kept)
    np.testing.assert_array_equal(moves["net_operating_assets"], later["investment"])
    np.testing.assert_array_equal(moves["cash"], kept + moves["debt"] - later["investment"])
    assert (stocks["cash"] >= 0).all()
    assert (stocks["debt"] >= 0).all()
    assert (flows["revenue"] > 0).all()


def test_filings_come_after_their_quarter_on_weekdays_and_in_order(market: SampleMarket) -> None:
    filed = market.fundamentals
    waited = (filed["filed_on"] - filed["period_end"]).dt.total_days()
    assert 25 <= waited.min() <= waited.max() <= 80
    assert filed["filed_on"].dt.weekday().max() <= 5
    assert filed["filed_on"].max() <= SAMPLE_END
    assert filed.filter(pl.col("filed_on").diff().over("symbol") <= pl.duration(days=0)).is_empty()
    assert not filed.select(pl.struct("symbol", "period_end").is_duplicated().any()).item()


def test_shares_on_the_day_of_filing_have_the_splits_done(market: SampleMarket) -> None:
    firms = market.companies
    who, session, ratio = next((w, s, r) for w, s, r in firms.splits if 400 < s < 2800 and firms.delisted[w] > s + 200)
    own = market.fundamentals.filter(pl.col("symbol") == firms.symbol[who]).sort("period_end")
    day = firms.days[session].item()
    before = own.filter(pl.col("period_end") < day)["shares"][-1]
    after = own.filter(pl.col("period_end") >= day)["shares"][0]
    assert after / before == pytest.approx(ratio, rel=0.5)


def test_about_forty_percent_of_small_companies_lose_money(market: SampleMarket) -> None:
    counts = market.valuations.filter(
        (pl.col("metric") == "pe") & (pl.col("basis") == "ltm") & (pl.col("aggregation") == "median")
    ).with_columns(share=pl.col("n_loss") / (pl.col("n_loss") + pl.col("n_used")))
    share = dict(counts.group_by("universe_id").agg(pl.col("share").median()).iter_rows())
    assert 0.30 < share["R2000"] < 0.45
    assert share["SP500"] < 0.2


def test_each_measure_is_there_once_a_month_with_its_status(market: SampleMarket) -> None:
    sent = market.valuations
    assert not sent.select(pl.struct(KEY).is_duplicated().any()).item()
    per_month = sent.group_by("month_end", "universe_id").len()["len"]
    assert per_month.min() == per_month.max()
    assert (sent["value"].is_null() == (sent["value_status"] != "ok")).all()
    assert {"ok", "not_meaningful"} <= set(sent["value_status"].unique())
    assert (sent["published_on"] > sent["month_end"]).all()
    assert sent["published_on"].max() <= SAMPLE_END
    assert sent.filter((pl.col("metric") != "earnings_yield") & (pl.col("value") <= 0)).is_empty()


def test_small_is_cheaper_without_losses_and_dearer_with_them(market: SampleMarket) -> None:
    keys = list(KEY[2:])
    wide = market.valuations.pivot(on="universe_id", index=["month_end", *keys], values="value")
    wide = wide.with_columns(discount=1 - pl.col("R2000") / pl.col("SP500"))
    cheap = {tuple(key): (part["discount"] > 0).mean() for key, part in wide.group_by(*keys)}
    assert cheap["pe", "ltm", "aggregate", "excluded"] > 0.8
    assert cheap["pe", "ltm", "harmonic_capped", "excluded"] > 0.8
    assert cheap["ev_ebit", "ltm", "median", "excluded"] > 0.8
    assert cheap["pb", "ltm", "aggregate", "included"] > 0.8
    assert cheap["pe", "ltm", "aggregate", "included"] < 0.3


def test_one_month_worked_by_hand_from_the_filed_accounts(market: SampleMarket) -> None:
    """The same numbers, the long way: join, sum, divide; no code of the generator's valuation."""
    month_end, universe = date(2022, 9, 30), "R2000"
    members = market.constituents[universe].filter(pl.col("snapshot_date") == month_end)
    firms = market.companies
    session = int(np.searchsorted(firms.days, np.datetime64(month_end), side="right")) - 1
    caps = pl.DataFrame({"symbol": firms.symbol, "cap": market.caps[session]})
    filed = market.fundamentals.filter(pl.col("filed_on") < month_end).sort("symbol", "period_end")
    year = filed.group_by("symbol").tail(4).group_by("symbol").agg(pl.len().alias("quarters"), pl.col("net_income").sum())
    table = members.join(caps, on="symbol").join(year.filter(pl.col("quarters") == 4), on="symbol", how="left")
    there = table.drop_nulls("net_income")
    earning = there.filter(pl.col("net_income") > 0)
    multiples = (earning["cap"] / earning["net_income"]).clip(upper_bound=CAP_ON_MULTIPLE)
    by_hand = {
        ("pe", "aggregate", "included"): there["cap"].sum() / there["net_income"].sum(),
        ("pe", "aggregate", "excluded"): earning["cap"].sum() / earning["net_income"].sum(),
        ("pe", "median", "excluded"): (earning["cap"] / earning["net_income"]).median(),
        ("pe", "harmonic_capped", "excluded"): earning["cap"].sum() / (earning["cap"] / multiples).sum(),
        ("earnings_yield", "aggregate", "included"): 100 * there["net_income"].sum() / there["cap"].sum(),
    }
    sent = market.valuations.filter((pl.col("month_end") == month_end) & (pl.col("universe_id") == universe) & (pl.col("basis") == "ltm"))
    for (metric, aggregation, losses), value in by_hand.items():
        same = (pl.col("metric") == metric) & (pl.col("aggregation") == aggregation) & (pl.col("loss_treatment") == losses)
        row = sent.row(by_predicate=same, named=True)
        assert row["value"] == pytest.approx(value, abs=6e-5), (metric, aggregation, losses)
        assert row["n_missing"] == table.height - there.height


def test_filing_later_changes_no_month_before_the_filing(market: SampleMarket) -> None:
    firms, books = market.companies, market.accounts
    rng = np.random.default_rng(7)
    moved = books.filed + np.where(books.quarter_ends[:, None] >= np.datetime64("2020-01-01"), rng.integers(0, 90, books.filed.shape), 0)
    months = month_ends(COMPANIES_START, date(2021, 12, 31))
    late = valuations(market.seed, firms, replace(books, filed=moved), market.caps, market.membership.members, months)
    same = market.valuations.filter(pl.col("month_end") <= date(2020, 4, 30))
    assert late.filter(pl.col("month_end") <= date(2020, 4, 30)).equals(same)
    assert not late.equals(market.valuations.filter(pl.col("month_end") <= date(2021, 12, 31)))
