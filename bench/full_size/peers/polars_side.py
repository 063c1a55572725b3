"""Breadth in Polars: lazy frames, `over` and rolling expressions, as its users write it. Not for pandas (pandas_side.py)."""

from pathlib import Path

import polars as pl

from bench.full_size.bars import glob, lists

COMPANY = ["universe_id", "symbol"]
CHANGE = pl.col("close") - pl.col("previous_close")
RETURN = pl.col("close") / pl.col("previous_close") - 1
DRIFTED = pl.col("weight_pct") * pl.col("previous_close") / pl.col("anchor_close")


def work(data: str, out: str) -> None:
    """Read the bars, measure each company's days, count them by session, store the table."""
    bars = measured(pl.scan_parquet(glob(Path(data))).select(pl.col("collection").alias("universe_id"), "symbol", "session_date", "close"))
    published(counted(bars.collect(), pl.read_parquet(lists(Path(data))))).write_parquet(out)


def measured(bars: pl.LazyFrame) -> pl.LazyFrame:
    """Where each close stands against its averages and its year; empty until the window is full."""
    sessions = bars.select(pl.col("session_date").unique().sort()).with_row_index("number").cast({"number": pl.Int64})
    bars = bars.join(sessions, on="session_date").sort(*COMPANY, "session_date")
    bars = bars.with_columns(since=pl.col("number").diff().over(COMPANY), last_close=pl.col("close").shift().over(COMPANY))
    bars = bars.with_columns(
        previous_close=pl.when(pl.col("since") == 1).then("last_close"),
        stretch=(pl.col("since") > 10).fill_null(False).cum_sum().over(COMPANY),
    )
    stretch, close = [*COMPANY, "stretch"], pl.col("close")
    bars = bars.with_columns(
        sma_50=close.rolling_mean(50).over(stretch),
        sma_200=close.rolling_mean(200).over(stretch),
        highest=close.rolling_max(252).over(stretch),
        lowest=close.rolling_min(252).over(stretch),
    )
    moves = pl.col("highest") > pl.col("lowest")
    return bars.select(
        *COMPANY,
        "session_date",
        "close",
        "previous_close",
        above_50=close > pl.col("sma_50") * (1 + 1e-9),
        above_200=close > pl.col("sma_200") * (1 + 1e-9),
        high=(close == pl.col("highest")) & moves,
        low=(close == pl.col("lowest")) & moves,
    )


def counted(bars: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """The members by the list of the day, summed by universe and session."""
    by_day = bars.select(*COMPANY, "session_date", anchor_close="close").sort("session_date")
    listed = listed.sort("snapshot_date").join_asof(
        by_day, left_on="snapshot_date", right_on="session_date", by=COMPANY, check_sortedness=False
    )
    day_lists = listed.group_by("universe_id", "snapshot_date").agg(members_n=pl.len()).sort("snapshot_date")
    days = bars.select("universe_id", "session_date").unique().sort("session_date")
    days = days.join_asof(
        day_lists,
        left_on="session_date",
        right_on="snapshot_date",
        by="universe_id",
        check_sortedness=False,
        coalesce=False,
    )
    rows = bars.lazy().join(days.lazy(), on=["universe_id", "session_date"])
    rows = rows.join(listed.lazy().select(*COMPANY, "snapshot_date", "weight_pct", "anchor_close"), on=[*COMPANY, "snapshot_date"])
    return (
        rows.group_by("universe_id", "session_date")
        .agg(
            pl.col("members_n").first(),
            priced_n=pl.len(),
            eligible_50_n=pl.col("above_50").count(),
            eligible_200_n=pl.col("above_200").count(),
            eligible_252_n=pl.col("high").count(),
            advances=(CHANGE > 0).sum(),
            declines=(CHANGE < 0).sum(),
            unchanged=(CHANGE == 0).sum(),
            above_50_n=pl.col("above_50").sum(),
            above_200_n=pl.col("above_200").sum(),
            new_highs_252d=pl.col("high").sum(),
            new_lows_252d=pl.col("low").sum(),
            returned_n=RETURN.count(),
            equal_weight_return_pct=100 * RETURN.mean(),
            cap_weight_return_pct=100 * (DRIFTED * RETURN).sum() / DRIFTED.sum(),
            weight_covered_pct=pl.col("weight_pct").filter(DRIFTED.is_not_null()).sum(),
        )
        .collect()
    )


def published(days: pl.DataFrame) -> pl.DataFrame:
    """From the sums of each session to the published columns."""
    days = days.sort("universe_id", "session_date").with_columns(pl.exclude(pl.Float64, pl.String, pl.Date).cast(pl.Int64))
    net, moved = pl.col("advances") - pl.col("declines"), pl.col("advances") + pl.col("declines")
    extremes = pl.col("new_highs_252d") + pl.col("new_lows_252d")
    is_priced = pl.col("returned_n") > 0
    days = days.with_columns(
        advance_decline_line=net.cum_sum().over("universe_id"),
        pct_above_sma_50=pl.when(pl.col("eligible_50_n") > 0).then(100.0 * pl.col("above_50_n") / pl.col("eligible_50_n")),
        pct_above_sma_200=pl.when(pl.col("eligible_200_n") > 0).then(100.0 * pl.col("above_200_n") / pl.col("eligible_200_n")),
        record_high_pct=pl.when(extremes > 0).then(100.0 * pl.col("new_highs_252d") / extremes),
        cap_weight_return_pct=pl.when(is_priced).then("cap_weight_return_pct"),
        weight_covered_pct=pl.when(is_priced).then("weight_covered_pct"),
    )
    moving = days.filter(moved > 0).select("universe_id", "session_date", rana=1000.0 * net / moved, share=pl.col("advances") / moved)
    oscillator = _seeded("rana", 19, 0.10) - _seeded("rana", 39, 0.05)
    moving = moving.with_columns(mcclellan_oscillator=oscillator, zweig_ema_10=_seeded("share", 10, 2 / 11)).drop("share")
    moving = moving.with_columns(mcclellan_summation=pl.col("mcclellan_oscillator").cum_sum().over("universe_id"))
    average = pl.col("zweig_ema_10").round(6)
    before = average.shift().over("universe_id")
    lowest = before.rolling_min(10).over("universe_id")
    is_thrust = (average > 0.615) & (before <= 0.615) & (lowest < 0.40)
    moving = moving.with_columns(is_zweig_thrust=pl.when(lowest.is_not_null()).then(is_thrust))
    extreme = days.filter(pl.col("record_high_pct").is_not_null()).select(
        "universe_id", "session_date", high_low_index=pl.col("record_high_pct").rolling_mean(10).over("universe_id")
    )
    is_eligible = pl.col("eligible_252_n") > 0
    return (
        days.join(moving, on=["universe_id", "session_date"], how="left")
        .join(extreme, on=["universe_id", "session_date"], how="left")
        .with_columns(
            new_highs_252d=pl.when(is_eligible).then("new_highs_252d"),
            new_lows_252d=pl.when(is_eligible).then("new_lows_252d"),
            equal_minus_cap_pp=pl.col("equal_weight_return_pct") - pl.col("cap_weight_return_pct"),
        )
    )


def _seeded(column: str, length: int, alpha: float) -> pl.Expr:
    """An exponential average that begins with the mean of its first values."""
    place, value = pl.int_range(pl.len()).over("universe_id"), pl.col(column)
    seed = value.head(length).mean().over("universe_id")
    begun = pl.when(place >= length).then(value).when(place == length - 1).then(seed)
    return begun.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True).over("universe_id")
