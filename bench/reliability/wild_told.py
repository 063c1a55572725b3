"""A wild input as the small market's providers and vendors tell it, the day before and on the day. Not for which are told together (wild_runs)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import polars as pl

from bench.reliability.raw_ground import Frames, Line, pull_of
from bench.reliability.small import SmallMarket
from bench.reliability.wild_days import Wild
from pipelines.assets.landing import assets
from pipelines.assets.landing.batch import Pull
from pipelines.assets.landing.drops import as_series
from pipelines.catalog import Series, catalog
from pipelines.sample import wire_files

DAY = date(2026, 1, 9)  # where the sample market ends, and what the batches of the lists are of
PRICES = ("open", "high", "low", "close")
OF_PRICES = ("yahoo", "tiingo", "stooq", "alphavantage")
OF_THE_MARKET = (*OF_PRICES, "fred")  # whose answers are changed; of the others they are made
# A fund of no index, which may move by itself; the others move with the market.
BY_THEMSELVES = ("RSP", "IWN", "IWC", "IWO", "MDY")
RANGE = {"DFEDTARU": ("DFEDTARL", -0.25), "DFEDTARL": ("DFEDTARU", 0.25)}  # one is not told without the other
LIST, NEWEST_LIST = "drop_constituents", "constituents/R2000/simulated-2025.csv"
WEIGHT = 0.01  # of a wild stock in its index, in percent


@dataclass(frozen=True)
class Told:
    """What is told in one run: how far the large and the small moved in percent, wild inputs by the series they are told as, wild stocks, other files."""

    large: float
    small: float
    series: dict[str, Wild]
    stocks: list[Wild]
    files: list[Wild]

    def move(self, series: Series) -> float:
        is_small = "R2000" in (series.instrument_id, series.proxy_of) or series.size_segment in ("small", "micro")
        return self.small if is_small else self.large


@contextmanager
def telling(told: Told, market: SmallMarket, *, is_before: bool) -> Iterator[None]:
    """Between the readers and gate 1, answers are made wild; `is_before`: what the wild inputs continue is told, and they are not yet."""
    ask: Any = assets.pull_all
    look: Any = assets.drops.pulls

    def pull_all(connection: Any, scope: Any, provider: str, client: Any) -> list[Pull]:
        if provider in OF_THE_MARKET:
            only = None if provider in ("yahoo", "fred") else [s.series_id for s in catalog().of(provider) if s.series_id in told.series]
            return [_of_the_market(pull, told, market, is_before) for pull in ask(connection, scope, provider, client, only)]
        return [_alone(s, told.series.get(s.series_id), is_before) for s in catalog().of(provider)]

    def pulls(*given: Any) -> list[Pull]:
        found = [_members(pull, told, is_before) for pull in look(*given)]
        frames = [(wild.offer, wild.offer.held if is_before else wild.offer.now) for wild in told.files]
        found += [pull_of(offer, lines) for offer, lines in frames if any(lines.values())]
        stocks = [(_named(wild.offer.held if is_before else wild.offer.now, n), n) for n, wild in enumerate(told.stocks)]
        return found + [
            replace(pull_of(wild.offer, lines), series=as_series(f"bars/R2000/wild-{n}.csv"))
            for (lines, n), wild in zip(stocks, told.stocks, strict=True)
            if any(lines.values())
        ]

    with patch.object(assets, "pull_all", pull_all), patch.object(assets.drops, "pulls", pulls):
        yield


def symbol(n: int) -> str:
    return f"WILD{n:02}"


def _named(frames: Frames, n: int) -> dict[str, list[Line]]:
    return {table: [line | {"symbol": symbol(n)} for line in lines] for table, lines in frames.items()}


def _alone(series: Series, wild: Wild | None, is_before: bool) -> Pull:
    """A series nobody of the small market brings, or a wild input in its place."""
    if wild is None:
        return Pull(series, not_asked="nobody of the small market brings it")
    lines = wild.offer.held if is_before else wild.offer.now
    return pull_of(wild.offer, lines) if any(lines.values()) else Pull(series, not_asked="it comes tomorrow")


def _of_the_market(pull: Pull, told: Told, market: SmallMarket, is_before: bool) -> Pull:
    if pull.error or pull.not_asked:
        return pull
    name, wild = pull.series.series_id, told.series.get(pull.series.series_id)
    if pull.series.provider == "fred":
        if wild:
            return _rate(pull, wild, market, is_before)
        for other, (mine, apart) in RANGE.items():
            if name == mine and other in told.series:
                return _rate(pull, _shifted(told.series[other], apart), market, is_before)
        return pull if is_before or pull.series.kind != "witness" else _witness(pull, told)
    return replace(pull, frames=_prices(pull, told, wild, is_before))


def _shifted(wild: Wild, by: float) -> Wild:
    """The other end of a target range, of the same days."""

    def moved(frames: Frames) -> dict[str, list[Line]]:
        return {t: [line | {"value": str(max(0.0, float(str(line["value"])) + by))} for line in lines] for t, lines in frames.items()}

    return replace(wild, offer=replace(wild.offer, held=moved(wild.offer.held), now=moved(wild.offer.now)))


def _rate(pull: Pull, wild: Wild, market: SmallMarket, is_before: bool) -> Pull:
    """The values of a wild history on the last days the series has in the market, after those it had before; a history of these days keeps its own."""
    lines = wild.offer.now["fred_observations"]
    days = [str(line["observation_date"]) for line in lines]
    answer = wire_files.fred_csv(market, {"id": [pull.series.symbol]}, DAY)
    there = [row.split(",")[0] for row in (answer or b"").decode().splitlines()[1:] if not row.endswith(",")]
    on = dict(zip(days, days if days[-1] >= "2025-11-01" else there[-len(days) :], strict=True))
    said = wild.offer.held["fred_observations"] if is_before else lines
    told = [
        {"series_id": pull.series.symbol, "observation_date": on[str(line["observation_date"])], "value": line["value"]} for line in said
    ]
    wild_frame = pull_of(replace(wild.offer, series=pull.series), {"fred_observations": told}).frames["fred_observations"]
    text = pull.frames["fred_observations"].select(pl.col(wild_frame.columns).cast(pl.String))
    first = min(str(line["observation_date"]) for line in told)
    return replace(pull, frames={"fred_observations": pl.concat([text.filter(pl.col("observation_date") < first), wild_frame])})


def _witness(pull: Pull, told: Told) -> Pull:
    """FRED's closes of an index move as the index does, where it has the day already."""
    frame = pull.frames["fred_observations"]
    value = pl.col("value").cast(pl.Float64, strict=False)
    newest = pl.col("observation_date").cast(pl.String) == str(DAY)
    moved = (value.forward_fill().shift() * (1 + told.move(pull.series) / 100)).round(2).cast(frame.schema["value"])
    return replace(pull, frames={"fred_observations": frame.with_columns(value=pl.when(newest).then(moved).otherwise("value"))})


def _prices(pull: Pull, told: Told, wild: Wild | None, is_before: bool) -> dict[str, pl.DataFrame]:
    """Bars, adjusted closes and actions of a day of the market; of the series a wild input is told as, what it does besides."""
    provider, frames = pull.series.provider, dict(pull.frames)
    bars = frames[f"{provider}_bars"].sort("session_date")
    adjusted = frames.get(f"{provider}_adjusted_closes")
    new = _new(wild) if wild else 1
    if is_before:  # what is new tomorrow is not there today
        until = bars["session_date"].unique().sort()[-new]
        cut = {f"{provider}_bars": bars.filter(pl.col("session_date") <= until)}
        if adjusted is not None:
            cut[f"{provider}_adjusted_closes"] = adjusted.filter(pl.col("session_date") <= until)
        return frames | cut
    closes = bars["close"].cast(pl.Float64).to_list()
    factors = [1.0] * len(closes)
    moves = [told.move(pull.series)] if new == 1 else [closes[k] / closes[k - 1] * 100 - 100 for k in range(-new, 0)]
    split, dividend = _action(wild, "split"), _action(wild, "dividend")
    if wild and pull.series.symbol in BY_THEMSELVES and not split:
        moves = _own_moves(wild)
    at = closes[-new - 1]
    for k, move in zip(range(-new, 0), moves, strict=True):
        at *= 1 + move / 100
        factors[k] = at / closes[k] / split if split else at / closes[k]
    for back, factor in _corrected(wild):
        factors[-back] *= factor
    factor = pl.Series(factors)
    days = bars["session_date"]
    bars = bars.with_columns((pl.col(p).cast(pl.Float64) * factor).round(6).cast(bars.schema[p]) for p in PRICES)
    if wild and len(wild.offer.now[_bars(wild)]) < len(wild.offer.held[_bars(wild)]):
        bars = bars.tail(len(wild.offer.now[_bars(wild)]))
    if wild and wild.offer.now[_bars(wild)][-1]["volume"] == "0":
        bars = bars.with_columns(volume=pl.when(pl.col("session_date") == days[-1]).then(0).otherwise("volume"))
    told_now = {f"{provider}_bars": bars}
    if adjusted is not None:
        first = days[-new]
        by = pl.DataFrame({"session_date": days, "_factor": factor}).join(adjusted.select("session_date"), on="session_date", how="right")
        before = (1 / split if split else 1.0) * (1 - dividend)
        mine = by["_factor"].fill_null(1.0) * (pl.Series([before if d < first else 1.0 for d in by["session_date"]]))
        told_now[f"{provider}_adjusted_closes"] = adjusted.with_columns(
            adjusted_close=(pl.col("adjusted_close").cast(pl.Float64) * mine).round(6)
        )
    actions = frames.get(f"{provider}_actions")
    if actions is not None and wild and (split or dividend):
        value = split or round(dividend * closes[-new - 1], 4)
        row = pl.DataFrame(
            {
                "symbol": [pull.series.symbol],
                "action_date": [days[-new]],
                "kind": ["split" if split else "dividend"],
                "value": [value],
            }
        )
        told_now[f"{provider}_actions"] = pl.concat([actions, row], how="vertical_relaxed")
    return frames | told_now


def _bars(wild: Wild) -> str:
    return next(t for t in wild.offer.now if t.endswith("_bars"))


def _new(wild: Wild) -> int:
    held = {line["session_date"] for line in wild.offer.held[_bars(wild)]}
    return sum(line["session_date"] not in held for line in wild.offer.now[_bars(wild)]) or 1


def _own_moves(wild: Wild) -> list[float]:
    closes = [float(str(line["close"])) for line in wild.offer.now[_bars(wild)]]
    return [(later / earlier - 1) * 100 for earlier, later in pairwise(closes)][-_new(wild) :]


def _action(wild: Wild | None, kind: str) -> float:
    """A split's ratio, or the part of the close before that a dividend is; 0 where there is none."""
    told = [line for t, lines in wild.offer.now.items() if t.endswith("_actions") for line in lines] if wild else []
    value = next((float(str(line["value"])) for line in told if line["kind"] == kind), 0.0)
    return value / float(str(wild.offer.held[_bars(wild)][-1]["close"])) if wild and kind == "dividend" else value


def _corrected(wild: Wild | None) -> list[tuple[int, float]]:
    """How far back a close was corrected, and by how much."""
    if wild is None:
        return []
    now = wild.offer.now[_bars(wild)]
    held = {line["session_date"]: float(str(line["close"])) for line in wild.offer.held[_bars(wild)]}
    found = [
        (len(now) - n, float(str(line["close"])) / held.get(line["session_date"], float(str(line["close"])))) for n, line in enumerate(now)
    ]
    return [(back, factor) for back, factor in found if factor != 1]


def _members(pull: Pull, told: Told, is_before: bool) -> Pull:
    """The vendor's files: members move with their index, and wild stocks are members of the small one."""
    name = pull.series.series_id
    if LIST in pull.frames:
        lists = _whole(pull.frames[LIST])
        return replace(pull, frames={LIST: _listed(lists, told) if name == NEWEST_LIST else lists})
    if is_before or "drop_bars" not in pull.frames:
        return pull
    bars, move = pull.frames["drop_bars"], told.small if "/R2000/" in name else told.large
    close = pl.col("close").cast(pl.Float64)
    moved = (close.shift().over("symbol", order_by="session_date") * (1 + move / 100) / close).fill_null(1.0)
    newest = pl.col("session_date").cast(pl.String) == str(DAY)
    factor = pl.when(newest).then(moved).otherwise(1.0)
    return replace(
        pull, frames={"drop_bars": bars.with_columns((pl.col(p).cast(pl.Float64) * factor).cast(bars.schema[p]) for p in PRICES)}
    )


def _whole(lists: pl.DataFrame) -> pl.DataFrame:
    """The small market has a few members of each universe: here they are all of it, for gate 1 lets no list in whose weights make less."""
    weight = pl.col("weight_pct").cast(pl.Float64)
    return lists.with_columns(weight_pct=(100 * weight / weight.sum().over("snapshot_date")).round(6).cast(lists.schema["weight_pct"]))


def _listed(lists: pl.DataFrame, told: Told) -> pl.DataFrame:
    """The newest list with wild stocks on it, each of hardly any weight; without it where another one is told of its day."""
    newest, wild_n = pl.col("snapshot_date") == pl.col("snapshot_date").max(), len(told.stocks)
    if any(LIST in wild.offer.now for wild in told.files):
        return lists.filter(~newest)
    if not wild_n:
        return lists
    weight, kind = pl.col("weight_pct").cast(pl.Float64), lists.schema["weight_pct"]
    scaled = lists.with_columns(weight_pct=pl.when(newest).then(weight * (1 - wild_n * WEIGHT / 100)).otherwise(weight).cast(kind))
    more = pl.concat([lists.filter(newest).head(1)] * wild_n).with_columns(
        symbol=pl.Series([symbol(n) for n in range(wild_n)]),
        name=pl.Series([f"Wild {n}" for n in range(wild_n)]),
        weight_pct=pl.lit(WEIGHT).cast(kind),
        _line=pl.int_range(90_000, 90_000 + wild_n, dtype=pl.Int64).cast(lists.schema["_line"]),
    )
    return pl.concat([scaled, more])
