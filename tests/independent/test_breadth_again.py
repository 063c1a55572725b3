"""Breadth of every session counted again from the companies' raw closes; its averages by TA-Lib. Not for the funds that measure breadth."""

from datetime import date

import numpy as np
import polars as pl
import pytest
import talib
from markets import Market, assert_close

pytestmark = pytest.mark.slow
GAP = 10


def _member_days(market: Market, universe: str) -> pl.DataFrame:
    """Every company's closes with the ones before, and where they stand in their own history."""
    sessions = (
        market.mart("select session_date from reference.sessions order by all").with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    )
    closes = market.raw("drop_bars", "collection", "symbol", "session_date").filter(pl.col("collection") == universe)
    days = closes.select("symbol", "session_date", "close").join(sessions, on="session_date").sort("symbol", "n")
    days = days.with_columns(since=pl.col("n").diff().over("symbol"), last=pl.col("close").shift().over("symbol"))
    days = days.with_columns(stretch=(pl.col("since").fill_null(0) > GAP).cum_sum().over("symbol"))
    of_company = ["symbol", "stretch"]
    close = pl.col("close")
    days = days.with_columns(
        previous=pl.when(pl.col("since") == 1).then(pl.col("last")),
        sma_50=close.rolling_mean(50).over(of_company),
        sma_200=close.rolling_mean(200).over(of_company),
        top=close.rolling_max(252).over(of_company),
        bottom=close.rolling_min(252).over(of_company),
    )
    spread = pl.col("top") > pl.col("bottom")
    return days.with_columns(
        above_50=close > pl.col("sma_50") * (1 + 1e-9),
        above_200=close > pl.col("sma_200") * (1 + 1e-9),
        is_high=(close == pl.col("top")) & spread,
        is_low=(close == pl.col("bottom")) & spread,
    )


def _listed(market: Market, universe: str, days: pl.DataFrame) -> pl.DataFrame:
    """Members of the day: of the newest list that was known, or all who traded; weights drift with prices since the list was written."""
    lists = market.raw("drop_constituents", "universe_id", "snapshot_date", "symbol").filter(pl.col("universe_id") == universe)
    if lists.is_empty():
        return days.with_columns(members_n=pl.len().over("session_date"), weight=pl.lit(None, pl.Float64), snapshot=pl.lit(None, pl.Date))
    periods = lists.group_by(snapshot="snapshot_date").agg(known=pl.col("known_on").min(), members_n=pl.col("symbol").n_unique())
    periods = periods.with_columns(valid=pl.max_horizontal("snapshot", "known")).sort("valid")
    days = days.sort("session_date").join_asof(periods, left_on="session_date", right_on="valid", strategy="backward")
    anchors = lists.select("symbol", "weight_pct", snapshot="snapshot_date").sort("snapshot")
    anchors = anchors.join_asof(
        days.select("symbol", "session_date", anchor="close").sort("session_date"),
        left_on="snapshot", right_on="session_date", by="symbol", strategy="backward", check_sortedness=False,
    )  # fmt: skip
    joined = days.join(anchors.select("symbol", "snapshot", "weight_pct", "anchor"), on=["symbol", "snapshot"], how="left")
    drifted = pl.when(pl.col("previous").is_not_null()).then(pl.col("weight_pct") * pl.col("previous") / pl.col("anchor"))
    member = pl.col("snapshot").is_null() | pl.col("weight_pct").is_not_null()
    everyone = pl.when(pl.col("snapshot").is_null()).then(pl.len().over("session_date")).otherwise("members_n")
    return joined.filter(member).with_columns(weight=drifted, members_n=everyone)


def _counted(members: pl.DataFrame) -> pl.DataFrame:
    up, down = pl.col("close") > pl.col("previous"), pl.col("close") < pl.col("previous")
    move, weight = pl.col("close") / pl.col("previous") - 1, pl.col("weight")
    return (
        members.group_by("session_date")
        .agg(
            members_n=pl.col("members_n").first(), priced_n=pl.len(), advances=up.sum(), declines=down.sum(),
            unchanged=(pl.col("close") == pl.col("previous")).sum(),
            eligible_50_n=pl.col("sma_50").count(), eligible_200_n=pl.col("sma_200").count(), eligible_252_n=pl.col("top").count(),
            above_50=pl.col("above_50").sum(), above_200=pl.col("above_200").sum(), highs=pl.col("is_high").sum(), lows=pl.col("is_low").sum(),
            equal=move.mean() * 100, weighted=pl.when(weight.sum() > 0).then((weight * move).sum() / weight.sum() * 100),
        )
        .sort("session_date")
    )  # fmt: skip


@pytest.mark.independent("fct_breadth_daily", against="a count of raw closes with Polars; TA-Lib: EMA 19, 39 and 10")
def test_breadth_is_a_count_of_raw_closes_and_averages_of_ta_lib(market: Market) -> None:
    held = market.mart("select * from marts.fct_breadth_daily")
    assert held.height > 5_000
    for (name,), rows in held.group_by("universe_id"):
        universe, found = str(name), rows.sort("session_date")
        wanted = _counted(_listed(market, universe, _member_days(market, universe)))
        assert found["session_date"].to_list() == wanted["session_date"].to_list(), universe
        for column in ("members_n", "priced_n", "advances", "declines", "unchanged", "eligible_50_n", "eligible_200_n", "eligible_252_n"):
            assert found[column].to_list() == wanted[column].to_list(), f"{universe} {column}"
        for n in (50, 200):
            eligible = wanted[f"eligible_{n}_n"].to_numpy().astype(float)
            share = 100 * wanted[f"above_{n}"].to_numpy() / np.where(eligible > 0, eligible, np.nan)
            assert_close(found[f"pct_above_sma_{n}"], share, 5.1e-5, f"{universe} above {n}")
        told = wanted["eligible_252_n"] > 0
        for column, counted in (("new_highs_252d", "highs"), ("new_lows_252d", "lows")):
            assert found[column].filter(told).to_list() == wanted[counted].filter(told).to_list(), f"{universe} {column}"
        assert_close(found["equal_weight_return_pct"], wanted["equal"], 5.1e-5, f"{universe} equal weight")
        assert_close(found["cap_weight_return_pct"], wanted["weighted"], 5.1e-5, f"{universe} cap weight")
        _assert_averages(found, wanted, universe)


def _assert_averages(found: pl.DataFrame, wanted: pl.DataFrame, universe: str) -> None:
    up, down = (wanted[c].to_numpy().astype(float) for c in ("advances", "declines"))
    assert found["advance_decline_line"].to_list() == np.cumsum(up - down).astype(int).tolist()
    moving = up + down > 0
    moved, share = (up - down)[moving] / (up + down)[moving], up[moving] / (up + down)[moving]
    oscillator = talib.EMA(1000 * moved, 19) - talib.EMA(1000 * moved, 39)
    told = found.filter(pl.Series(moving))
    assert found.filter(pl.Series(~moving))["rana"].null_count() == int((~moving).sum())
    assert_close(told["rana"], 1000 * moved, 5.1e-5, f"{universe} RANA")
    assert_close(told["mcclellan_oscillator"], oscillator, 5.1e-5, f"{universe} oscillator")
    summation = np.where(np.isnan(oscillator), np.nan, np.nancumsum(oscillator))
    assert_close(told["mcclellan_summation"], summation, 5.1e-5, f"{universe} summation")
    assert_close(told["zweig_ema_10"], talib.EMA(share, 10), 5.1e-7, f"{universe} Zweig")
    highs, lows = (wanted[c].cast(pl.Float64) for c in ("highs", "lows"))
    some = (highs + lows) > 0
    record = (100 * highs / (highs + lows)).filter(some)
    new = found.filter(some)
    assert_close(new["record_high_pct"], record, 5.1e-5, f"{universe} record highs")
    assert_close(new["high_low_index"], record.rolling_mean(10), 5.1e-5, f"{universe} High-Low Index")
    assert found.filter(~some)["record_high_pct"].null_count() == int((~some).sum())


@pytest.mark.independent("fct_breadth_daily", against="the share above an average is a share of those that have one")
def test_no_share_is_of_companies_that_have_no_average(market: Market) -> None:
    early = market.mart("select * from marts.fct_breadth_daily where eligible_200_n = 0")
    assert early.height >= 199
    assert early["pct_above_sma_200"].null_count() == early.height
    assert early["session_date"].min() < date(2020, 1, 1)  # type: ignore[operator]
