"""Funds of the simulated market through the real readers: what they hold comes back exactly, oddities and all."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.catalog import Series, catalog
from pipelines.contracts import contracts
from pipelines.sample import holdings, wire_holdings
from pipelines.sample.calendar import SAMPLE_END
from pipelines.sample.market import SampleMarket
from pipelines.sample.wire import Answer, SampleTransport
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client
from pipelines.sources.interface import Window
from pipelines.sources.readers import READERS

FUNDS = [s for s in catalog() if s.kind == "holdings"]
FILES = [s for s in FUNDS if s.provider != "nport"]
FILINGS = [s for s in FUNDS if s.provider == "nport"]
DAYS = (date(2025, 6, 30), SAMPLE_END)
Read = Callable[[Series, date], Any]  # a frame; Any, so that its values can be compared


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(fund: Series, as_of: date) -> pl.DataFrame:
        evening = datetime(as_of.year, as_of.month, as_of.day, 23, tzinfo=UTC) + timedelta(hours=3)
        transport = SampleTransport(as_of)
        client = Client(Archive(tmp_path), None, "simulated@example.org", 5, 60, 0, transport, now=lambda: evening)
        (frame,) = READERS[fund.provider].read(fund, client, Window(None, as_of)).values()
        assert frame.columns == [c.name for c in contracts()[READERS[fund.provider].TABLES[0]].columns]
        return frame

    return reading


@pytest.mark.parametrize("as_of", DAYS)
@pytest.mark.parametrize("fund", FILES, ids=lambda s: s.series_id)
def test_members_and_weights_of_the_file_are_the_generators(market: SampleMarket, read: Read, fund: Series, as_of: date) -> None:
    frame = read(fund, as_of)
    day = date.fromisoformat(frame["holdings_date"][0])
    assert day == holdings.session_before(market.companies, as_of, 1)
    assert day < as_of
    at = int(np.flatnonzero(market.companies.days == np.datetime64(day))[0])
    true = set(market.companies.symbol[market.membership.members[holdings.universe_of(fund)][at]].tolist())
    equities = frame.filter(pl.col("asset_class") == "equity")
    assert set(equities["ticker"].to_list()) == true
    assert equities.height == len(true)
    truth: Any = wire_holdings.of_fund(market, fund, day)
    both: Any = equities.join(truth, left_on="ticker", right_on="symbol", suffix="_true")
    assert both["shares"].to_list() == both["shares_true"].to_list()
    weight = 100 * both["value"] / both["value"].sum() * (equities["weight_pct"].sum() / 100)
    assert (both["weight_pct"] - weight).abs().max() < (0.011 if fund.provider == "ishares" else 0.0001)
    if fund.provider == "ishares":
        assert both["market_value_usd"].to_list() == both["value"].to_list()
    assert abs(frame["weight_pct"].sum() - 100) < 0.2
    assert set(frame["asset_class"].to_list()) == ({"equity", "cash", "future"} if fund.provider == "ishares" else {"equity", "cash"})


@pytest.mark.parametrize("fund", FILINGS, ids=lambda s: s.series_id)
def test_filings_hold_what_the_fund_held_at_each_quarters_end(market: SampleMarket, read: Read, fund: Series) -> None:
    frame = read(fund, SAMPLE_END)
    filed = frame.select("holdings_date", "filed_on").unique(maintain_order=True).rows()
    assert filed == [(str(end), str(day)) for end, day in holdings.filings(SAMPLE_END)]
    assert all(45 < (date.fromisoformat(day) - date.fromisoformat(end)).days < 65 for end, day in filed)
    for end, _ in filed:
        truth: Any = wire_holdings.of_fund(market, fund, date.fromisoformat(end))
        held = frame.filter((pl.col("holdings_date") == end) & (pl.col("asset_class") == "equity"))
        assert held.select("cusip", "name", "shares", "market_value_usd").rows() == truth.select("cusip", "name", "shares", "value").rows()
        assert held["ticker"].null_count() == held.height, "filings of index funds mostly give none"
        assert 99 < held["weight_pct"].sum() < 100


@pytest.mark.parametrize("fund", FUNDS, ids=lambda s: s.series_id)
def test_an_earlier_day_knows_no_later_list(read: Read, fund: Series) -> None:
    then, now = (read(fund, day) for day in (date(2025, 3, 14), SAMPLE_END))
    day = "filed_on" if fund.provider == "nport" else "holdings_date"
    assert then[day].max() < "2025-03-15"
    if fund.provider == "nport":
        assert then.equals(now.filter(pl.col(day) < "2025-03-15"))


def test_two_classes_of_one_company_in_one_fund_come_back_as_two(market: SampleMarket, tmp_path: Path) -> None:
    fund = catalog()["IVV_HOLDINGS"]
    lines = wire_holdings.of_fund(market, fund, SAMPLE_END)
    twin = lines.head(1).with_columns(symbol=pl.col("symbol") + ".B", cusip=pl.lit("SM0001209"), shares=pl.lit(7.0), value=pl.lit(700.0))
    text = wire_holdings.ishares_text("Two", SAMPLE_END, pl.concat([lines, twin])).encode("utf-8-sig")

    class OneFund(SampleTransport):
        def _answer(self, *_: Any) -> Answer:
            return Answer(200, "text/csv", text)

    client = Client(Archive(tmp_path), None, None, 5, 60, 0, OneFund(SAMPLE_END), now=lambda: datetime(2026, 1, 9, 23, tzinfo=UTC))
    frame = READERS["ishares"].read(fund, client, Window(None, SAMPLE_END))["ishares_holdings"]
    name, symbol = lines["name"][0].upper(), lines["symbol"][0]
    assert frame.filter(pl.col("name") == name).select("ticker", "shares").rows() == [(symbol, lines["shares"][0]), (f"{symbol}.B", 7.0)]


def test_cusips_have_their_check_digit_and_are_nobodys() -> None:
    made = [holdings.cusip(i) for i in range(700)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"SM\d{7}", c) for c in made)
    assert holdings.cusip(0)[:8] == "SM000010"


def test_every_list_says_that_it_is_simulated(market: SampleMarket) -> None:
    assert b"SIMULATED" in wire_holdings.ishares_csv(market, catalog()["IWM_HOLDINGS"], SAMPLE_END)
    assert b"SIMULATED" in wire_holdings.nport_document(market, catalog()["IWM_NPORT"], date(2024, 12, 31))
