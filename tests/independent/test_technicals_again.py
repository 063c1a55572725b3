"""Technicals and levels of the publication against TA-Lib and a plain loop over raw bars. Not for the SQL on made-up series (tests/unit/marts)."""

import csv
import itertools
from datetime import date

import numpy as np
import polars as pl
import pytest
import talib
from markets import SEEDS, Market, assert_close

pytestmark = pytest.mark.slow
GAP = 10


def _stretches(bars: pl.DataFrame, sessions: list[date]) -> list[pl.DataFrame]:
    """The bars of an instrument, cut where it had none for many sessions."""
    number = {day: n for n, day in enumerate(sessions)}
    numbers = np.array([number[day] for day in bars["session_date"]])
    cuts = [0, *(np.flatnonzero(np.diff(numbers) > GAP) + 1), bars.height]
    return [bars[a:b] for a, b in itertools.pairwise(cuts)]


@pytest.fixture(scope="module")
def sessions(market: Market) -> list[date]:
    return market.mart("select session_date from reference.sessions order by all")["session_date"].to_list()


@pytest.mark.independent("fct_technicals_daily", against="TA-Lib: RSI, SMA, MAX; numpy: records, gaps, volume against its mean")
def test_every_technical_is_what_ta_lib_gives(market: Market, sessions: list[date]) -> None:
    held = market.mart("select * from marts.fct_technicals_daily where not is_partial_session")
    proxies = dict(
        market.mart(
            "select proxy_of, min(instrument_id) from marts.dim_instrument where kind = 'fund' and proxy_of is not null group by 1"
        ).rows()
    )
    kinds = dict(market.mart("select instrument_id, kind from marts.dim_instrument").rows())
    for (name,), rows in held.group_by("instrument_id"):
        instrument, found = str(name), rows.sort("session_date")
        own = market.prices.filter(pl.col("instrument_id") == instrument)
        assert found["session_date"].to_list() == own["session_date"].to_list(), instrument
        wanted: dict[str, list[np.ndarray]] = {c: [] for c in ("rsi", "sma_50", "sma_200", "slope_50", "slope_200", "high")}
        for bars in _stretches(own, sessions):
            close, factor = bars["level"].to_numpy(), bars["factor"].to_numpy()
            stood_still = (bars["kind"] == "index") & (bars["high"] == bars["low"])
            high = np.where(stood_still.to_numpy(), np.nan, bars["high"].to_numpy() * factor)
            average = {n: talib.SMA(close, n) if len(close) >= n else np.full(len(close), np.nan) for n in (50, 200)}
            wanted["rsi"].append(talib.RSI(close, 14))
            wanted["high"].append(
                np.concatenate(
                    [
                        np.full(min(251, len(high)), np.nan),
                        *([np.lib.stride_tricks.sliding_window_view(high, 252).max(axis=1)] if len(high) >= 252 else []),
                    ]
                )
                / factor
            )
            for n in (50, 200):
                wanted[f"sma_{n}"].append(average[n] / factor)
                wanted[f"slope_{n}"].append((average[n] / np.concatenate([np.full(20, np.nan), average[n]])[: len(close)] - 1) * 100)
        series = {c: np.concatenate(parts) for c, parts in wanted.items()}
        assert_close(found["rsi_14"], series["rsi"], 5.1e-5, f"{instrument} rsi")
        for n in (50, 200):
            assert_close(found[f"sma_{n}"], series[f"sma_{n}"], 5.1e-5, f"{instrument} sma {n}")
            assert_close(found[f"slope_sma_{n}_20d_pct"], series[f"slope_{n}"], 5.1e-5, f"{instrument} slope {n}")
        assert_close(found["high_252d"], series["high"], 1e-6, f"{instrument} high")
        assert_close(
            found["gap_to_high_pct"],
            (own["level"].to_numpy() / own["factor"].to_numpy() / series["high"] - 1) * 100,
            1e-4,
            f"{instrument} gap",
        )
        best = np.maximum.accumulate(own["level"].to_numpy())
        is_record = [None] * 251 + [bool(own["level"][n] > best[n - 1]) for n in range(251, own.height)]
        assert found["is_record_high"].to_list() == is_record[: own.height], instrument
        _assert_turns(found, series)
        traded = proxies.get(instrument) if kinds[instrument] == "index" else instrument
        _assert_volume(market, found, traded, sessions)


def _assert_turns(found: pl.DataFrame, series: dict[str, np.ndarray]) -> None:
    """Rising now, and not at some time in the 60 sessions before; empty until 60 slopes say that it was rising all along."""
    for n in (50, 200):
        # TA-Lib's running sum leaves a last bit where an average stood still
        slope = np.where(np.abs(series[f"slope_{n}"]) < 1e-9, 0.0, series[f"slope_{n}"])
        wanted: list[bool | None] = []
        for at, now in enumerate(slope):
            before = slope[max(at - 60, 0) : at]
            flat = bool((before[~np.isnan(before)] <= 0).any())
            whole = len(before) == 60 and not np.isnan(before).any()
            wanted.append(None if np.isnan(now) else False if now <= 0 else True if flat else False if whole else None)
        assert found[f"is_fresh_turn_{n}"].to_list() == wanted, found["instrument_id"][0]


def _assert_volume(market: Market, found: pl.DataFrame, traded: str | None, sessions: list[date]) -> None:
    """Volume in shares of the day; its mean over the 63 full sessions before, in the same shares."""
    if traded is None:
        assert found["volume"].null_count() == found.height
        return
    ratios = []
    for bars in _stretches(market.prices.filter(pl.col("instrument_id") == traded), sessions):
        linked = bars["volume"].cast(pl.Float64) / bars["factor"]
        mean = linked.rolling_mean(63).shift(1)
        ratio = pl.when(pl.lit(mean) > 0).then(pl.lit(linked) / pl.lit(mean))
        ratios.append(bars.select("session_date", wanted_volume="volume", wanted=ratio))
    both = found.join(pl.concat(ratios), on="session_date", how="left", maintain_order="left")
    assert both.filter(pl.col("volume").ne_missing(pl.col("wanted_volume"))).is_empty(), traded
    assert_close(both["volume_ratio_63d"], both["wanted"], 5.1e-7, f"volume of {traded}")


def _state(closes: np.ndarray, level: float) -> list[tuple[str, int, int | None]]:
    """State, sessions held and the bar of the last break, told bar by bar as `docs/method/technicals.md` does."""
    told: list[tuple[str, int, int | None]] = []
    held, broke, failed = 0, None, False
    for n, close in enumerate(closes):
        if close > level:
            if n and closes[n - 1] <= level:
                broke = n
            held, failed = held + 1, False
        else:
            held = 0
            failed = failed or (
                broke is not None and close < level and n - broke <= 10 and not any(closes[k] < level for k in range(broke, n))
            )
        near = abs(close - level) <= 0.01 * level
        state = "failed" if failed else "above" if held >= 3 else "testing" if held or near else "below"
        told.append((state, held, broke))
    return told


@pytest.mark.independent("fct_levels_daily", against="a loop over raw closes that follows the definition bar by bar")
def test_levels_are_told_as_a_reader_would_follow_them(market: Market) -> None:
    held = market.mart("select * from marts.fct_levels_daily")
    ratios = dict(market.mart("select instrument_id || session_date, volume_ratio_63d from marts.fct_technicals_daily").rows())
    with (SEEDS / "levels.csv").open() as file:
        stated = [(row["instrument_id"], float(row["level"])) for row in csv.DictReader(file)]
    assert sorted(stated) == sorted(held.select("instrument_id", "level").unique().rows())
    for instrument, level in stated:
        own = market.prices.filter(pl.col("instrument_id") == instrument)
        assert own["factor"].unique().to_list() == [1.0]  # an index does not split
        found = held.filter((pl.col("instrument_id") == instrument) & (pl.col("level") == level)).sort("session_date")
        days = own["session_date"].to_list()
        assert found["session_date"].to_list() == days
        told = _state(own["level"].to_numpy(), level)
        broke = [days[b] if b is not None else None for *_, b in told]
        wanted = [(state, sessions_held, day) for (state, sessions_held, _), day in zip(told, broke, strict=True)]
        assert found.select("state", "sessions_held", "broke_on").rows() == wanted
        confirmed = [None if day is None or (r := ratios[f"{instrument}{day}"]) is None else r >= 1 for day in broke]
        assert found["is_volume_confirmed"].to_list() == confirmed
