"""Recorded bars of 60 names, failures and squeezes included: no real move is called a missed split, and most splits put into them are seen."""

import random
from pathlib import Path

import polars as pl
import pytest

from pipelines.assets.landing.derive import Surroundings, derive
from pipelines.contracts import contracts
from pipelines.sources.exchange import to_sessions

pytestmark = pytest.mark.replay
NOTHING = pl.DataFrame()
SPLITS = pl.DataFrame(schema={"_series": pl.String, "action_date": pl.Date, "value": pl.Float64})
KNOWN = 30  # bars before the planted split


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    from recorded import REPLAY

    file: Path = REPLAY / "world" / "drops" / "ohlcv_large_sample_60.parquet"
    if not file.exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")
    return pl.read_parquet(file).select(
        _series=pl.lit("file"),
        collection=pl.lit("SP500"),
        symbol="Symbol",
        session_date=pl.col("Date").str.to_date(),
        open="Open",
        high="High",
        low="Low",
        close="Close",
        volume=pl.col("Volume").cast(pl.Int64, strict=False),
        price_basis=pl.lit("split_adjusted"),
    )


def judged(rows: pl.DataFrame) -> pl.DataFrame:
    return derive(rows, contracts()["drop_bars"], Surroundings({}, NOTHING, NOTHING, SPLITS, NOTHING, to_sessions))


def test_no_real_move_is_called_a_missed_split(bars: pl.DataFrame) -> None:
    found = judged(bars)
    assert found.height > 300_000
    assert found.filter(~pl.col("_is_traded_move")).is_empty()
    assert found.filter((pl.col("close") / pl.col("close").shift().over("symbol")).is_between(0.67, 1.5).not_()).height > 10


@pytest.mark.parametrize("factor", [10, 2, 1 / 3])
def test_four_of_five_splits_put_into_them_are_seen(bars: pl.DataFrame, factor: float) -> None:
    chance, spans = random.Random(1), []
    for symbol in bars["symbol"].unique().sort():
        own = bars.filter(pl.col("symbol") == symbol)
        for n in range(5):
            span = own.slice(chance.randrange(KNOWN, own.height) - KNOWN, KNOWN + 1).with_columns(symbol=pl.lit(f"{symbol} {n}"))
            last = pl.int_range(pl.len()) == KNOWN
            spans.append(
                span.with_columns(
                    close=pl.when(last).then(pl.col("close") * factor).otherwise("close"),
                    volume=pl.when(last).then((pl.col("volume") / factor).cast(pl.Int64)).otherwise("volume"),
                )
            )
    last_bars = judged(pl.concat(spans)).group_by("symbol").last()
    seen = last_bars.filter(~pl.col("_is_traded_move")).height
    assert seen / last_bars.height > 0.8
