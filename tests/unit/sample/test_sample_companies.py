"""The simulated companies: how many, what happens to them, whether they make up their indices."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipelines.sample.calendar import calendar
from pipelines.sample.market import SampleMarket
from pipelines.sample.membership import LARGE, MEMBERS, SMALL, membership


def test_two_universes_hold_four_hundred_companies_on_every_day_of_twelve_years(market: SampleMarket) -> None:
    members = market.membership.members
    assert (members[SMALL].sum(axis=1) + members[LARGE].sum(axis=1)).min() >= 400
    assert not (members[SMALL] & members[LARGE]).any()
    assert (market.companies.days[-1] - market.companies.days[0]).astype(int) > 12 * 365


def test_companies_come_and_go_in_every_way(market: SampleMarket) -> None:
    changes = pl.DataFrame(market.membership.changes, schema=["session", "universe", "company", "what"], orient="row")
    count = {(universe, what): n for universe, what, n in changes.group_by("universe", "what").len().iter_rows()}
    assert all(count.get((SMALL, what), 0) >= 20 for what in ("joined", "left", "acquired", "failed"))
    assert all(count.get((LARGE, what), 0) >= 20 for what in ("joined", "left", "acquired"))
    joined = {(s, c) for s, u, c, what in market.membership.changes if what == "joined" and u == LARGE and s > 0}
    left = {(s, c) for s, u, c, what in market.membership.changes if what == "left" and u == SMALL}
    assert len(joined & left) >= 20, "promotions"


def test_most_of_the_turnover_is_on_the_session_after_the_fourth_friday_of_june(market: SampleMarket) -> None:
    june = [s for s, u, _, what in market.membership.changes if s > 0 and u == SMALL and what == "left"]
    assert np.mean([market.companies.days[s].astype("datetime64[M]").astype(int) % 12 == 5 for s in june]) > 0.6
    friday = np.datetime64("2024-06-28")
    session = int(np.searchsorted(market.companies.days, friday, side="right"))
    assert any(s == session for s, *_ in market.membership.changes)


def test_decisions_do_not_depend_on_what_came_later(market: SampleMarket) -> None:
    firms, cut = market.companies, 1200
    early = replace(
        firms,
        days=firms.days[:cut],
        growth=firms.growth[:cut],
        factor=firms.factor[:cut],
        delisted=np.minimum(firms.delisted, cut),
    )
    seen = membership(early, market.caps[:cut])
    for universe in MEMBERS:
        np.testing.assert_array_equal(seen.members[universe], market.membership.members[universe][:cut])
        np.testing.assert_array_equal(seen.covered[universe], market.membership.covered[universe][:cut])


def test_shares_are_split_both_ways_and_raw_prices_say_so(market: SampleMarket) -> None:
    firms = market.companies
    ratios = np.array([ratio for *_, ratio in firms.splits])
    assert (ratios > 1).sum() >= 20
    assert (ratios < 1).sum() >= 20
    for who, session, ratio in firms.splits[:10]:
        raw = firms.raw_close[session, who] / firms.raw_close[session - 1, who]
        adjusted = firms.close[session, who] / firms.close[session - 1, who]
        assert raw * ratio == pytest.approx(adjusted, rel=1e-9)


def test_failed_companies_lose_nearly_everything_and_acquired_ones_end_at_the_bid(market: SampleMarket) -> None:
    firms = market.companies
    last = np.minimum(firms.delisted, len(firms.days)) - 1
    for reason, low, high in (("failed", 0.0, 0.5), ("acquired", 0.95, 1.05)):
        gone = np.flatnonzero((firms.reason == reason) & (firms.delisted - firms.listed > 120))
        change = firms.growth[last[gone], gone] / firms.growth[last[gone] - 30, gone]
        if reason == "failed":
            change = firms.growth[last[gone], gone] / firms.growth[np.maximum(last[gone] - 140, 0), gone]
        assert low < np.median(change) < high, reason


def test_members_weighted_by_cap_track_their_index(market: SampleMarket) -> None:
    firms = market.companies
    for universe in MEMBERS:
        inside = market.membership.members[universe][:-1] & firms.is_listed[1:]
        weight = np.where(inside, market.caps[:-1], 0)
        change = firms.growth[1:] / firms.growth[:-1] - 1
        own = (weight * change).sum(axis=1) / weight.sum(axis=1)
        index = np.exp(np.diff(market.paths[universe][-len(firms.days) :])) - 1
        assert np.corrcoef(own, index)[0, 1] > 0.93
        assert abs(np.log1p(own).sum() - np.log1p(index).sum()) / 12.6 < 0.03


def test_returns_have_fat_tails_and_volatility_comes_in_clusters(market: SampleMarket) -> None:
    moves = np.diff(market.paths["SP500"])
    size = np.abs(moves)
    assert ((moves - moves.mean()) ** 4).mean() / moves.var() ** 2 > 5
    assert np.corrcoef(size[:-10], size[10:])[0, 1] > 0.1


def test_vendor_bars_are_coherent_on_sessions_and_cover_every_member(market: SampleMarket) -> None:
    firms = market.companies
    for universe, bars in market.member_bars.items():
        incoherent = (pl.col("high") < pl.max_horizontal("open", "close")) | (pl.col("low") > pl.min_horizontal("open", "close"))
        assert bars.filter(incoherent).is_empty()
        assert bars.filter(pl.col("low") <= 0).is_empty()
        assert bars.select(pl.struct("symbol", "date").is_duplicated().any()).item() is False
        assert set(bars["date"].unique().to_list()) <= set(calendar().days.tolist())
        held = market.membership.members[universe]
        assert (market.membership.covered[universe] | ~held).all()
        assert bars.height == market.membership.covered[universe].sum()
    assert set(firms.symbol.tolist()) >= set(market.member_bars[SMALL]["symbol"].unique().to_list())
    assert all("Simulated" in name for name in firms.name.tolist())


def test_weights_sum_to_one_hundred_and_follow_shares_and_bars(market: SampleMarket) -> None:
    for universe, list_ in market.constituents.items():
        sums = list_.group_by("snapshot_date").agg(pl.col("weight_pct").sum())
        assert (sums["weight_pct"] - 100).abs().max() < 1e-3
        bars = market.member_bars[universe].select("symbol", pl.col("date").alias("snapshot_date"), "close")
        priced = list_.join(bars, on=["symbol", "snapshot_date"], how="left")
        assert priced["close"].null_count() == 0
        cap = pl.col("shares") * pl.col("close")
        again = priced.with_columns(again=100 * cap / cap.sum().over("snapshot_date"))
        assert (again["again"] - again["weight_pct"]).abs().max() < 1e-3
