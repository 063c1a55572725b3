"""Adjusted closes whose past a dividend or split has rewritten: recognised by its factor, and the years not asked for again restated by it. Not for raw closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import exp, log, prod
from statistics import median
from typing import Any

import duckdb
import polars as pl

from pipelines.assets.landing.merge import NEW, REVISED, UNCHANGED
from pipelines.catalog import Series, catalog
from pipelines.checks.expectations import MOST_REVISED_PCT
from pipelines.contracts import TableContract, contracts
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

CHECK = "past_is_reanchored_whole"
# Vendors round adjusted closes to six or seven digits; the smallest dividends are ten times this.
NOISE = 5e-5
# Vendors take the dividend off the close before or add it to the close after, and correct it later: a factor is of its action's size.
SLACK = 1.25


@dataclass(frozen=True)
class Step:
    """One factor between what came and what was held, before a day on which the series had an action."""

    before: date
    factor: float
    last_pulled: datetime


@dataclass(frozen=True)
class Reanchored:
    """A series whose past moved: by which steps, or why it cannot be told."""

    series_id: str
    first_day: date
    last_day: date
    steps: tuple[Step, ...] = ()
    reason: str | None = None

    @property
    def factor(self) -> float:
        return prod(s.factor for s in self.steps)


def look_at_anchors(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    rows: pl.DataFrame,
    actions: pl.DataFrame | None,
    frames: Sequence[Mapping[str, pl.DataFrame]],
) -> tuple[pl.DataFrame, list[Reanchored]]:
    """What became of the past of every series that has revised adjusted closes; `frames` of the pull hold the raw closes beside them.

    The batch comes back without the days whose raw close is kept back: what stands there is restated like all that did not come.
    """
    revised = rows.filter(pl.col("_change") == REVISED)["_series"].unique(maintain_order=True).to_list()
    if CHECK not in contract.checks or not revised:
        return rows, []
    overlap = _overlap(connection, contract, rows.filter(pl.col("_series").is_in(revised)), frames)
    is_off = (pl.col("close_ratio") - 1).abs() * 100 > MOST_REVISED_PCT
    rows = rows.join(overlap.filter(is_off), on=["_series", "_date"], how="anti", maintain_order="left")
    found = []
    for (series_id,), pairs in overlap.filter(~is_off).group_by("_series", maintain_order=True):
        newest: Any = rows.filter(pl.col("_series") == series_id)["_date"].max()
        told = _told(str(series_id), pairs.sort("_date"), newest, _sizes(connection, contract, str(series_id), pairs["symbol"][0], actions))
        if told:
            found.append(told)
    return rows, found


def _overlap(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, frames: Sequence[Mapping[str, pl.DataFrame]]
) -> pl.DataFrame:
    """Days that came and were held: the ratios of the raw closes and of what adjusts them, and when ours was pulled."""
    bars = contracts()[f"{contract.provider}_bars"]
    closes = pl.concat(
        [
            f[bars.name].select(
                "symbol",
                pl.col("session_date").cast(pl.String).str.to_date("%Y-%m-%d", strict=False),
                pl.col("close").cast(pl.Float64, strict=False),
            )
            for f in frames
            if bars.name in f
        ]
        or [pl.DataFrame(schema={"symbol": pl.String, "session_date": pl.Date, "close": pl.Float64})]
    ).unique(["symbol", "session_date"])
    came = rows.filter(pl.col("_change").is_in([REVISED, UNCHANGED])).select("_series", *contract.schema)
    with lent(connection, came=came.join(closes, on=["symbol", "session_date"], how="left")):
        found: pl.DataFrame = connection.sql(
            f"""
            select came._series, came.symbol, came.session_date as _date, coalesce(came.close / bars.close, 1.0) as close_ratio,
                came.adjusted_close / held.adjusted_close / close_ratio as ratio, held.pulled_at
            from came
            join {latest(contract)} as held using (symbol, session_date)
            left join {latest(bars)} as bars using (symbol, session_date)
            """
        ).pl()
    return found


def _sizes(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, series_id: str, symbol: str, actions: pl.DataFrame | None
) -> dict[date, float]:
    """By how much the actions of a day move the closes before it, as a logarithm without a sign."""
    told, prices = _actions_of(connection, contract, series_id, symbol)
    came = [] if actions is None else actions.filter(pl.col("_series") == series_id).select("action_date", "kind", "value").rows()
    sizes: dict[date, float] = {}
    for (day, kind), value in {(day, kind): value for day, kind, value in [*told, *came]}.items():
        if kind == "split":
            size = abs(log(value))
        else:
            close = connection.execute(
                f"select close from ({prices}) where session_date < ? order by session_date desc limit 1", [day]
            ).fetchall()
            size = -log(1 - value / close[0][0]) if close and value < close[0][0] else 0.0
        sizes[day] = sizes.get(day, 0.0) + size
    return sizes


def _actions_of(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, series_id: str, symbol: str
) -> tuple[list[tuple[date, str, float]], str]:
    """The actions of a series held, and SQL of its raw closes; of a provider that tells no actions, those other providers tell of the instrument."""
    names = [(contract.provider, symbol)]
    if f"{contract.provider}_actions" not in contracts():
        instrument = catalog()[series_id].instrument_id
        others = (s for s in catalog() if s.instrument_id == instrument and f"{s.provider}_actions" in contracts())
        names = [(s.provider, s.symbol) for s in others]
    actions, prices = [], ["select null::date as session_date, null::double as close where false"]
    for provider, name in names[::-1]:  # the first of them has the last word
        of_actions, of_bars = contracts()[f"{provider}_actions"], contracts()[f"{provider}_bars"]
        actions += connection.execute(f"select action_date, kind, value from {latest(of_actions)} where symbol = ?", [name]).fetchall()
        prices.append(f"select session_date, close from {latest(of_bars)} where symbol = '{name}'")
    return actions, " union all ".join(prices)


def _told(series_id: str, pairs: pl.DataFrame, newest: date, sizes: Mapping[date, float]) -> Reanchored | None:
    """Steps between stretches of one ratio; each must fall on a day with an action, and be no larger than it."""
    days, ratios, pulled = pairs["_date"].to_list(), pairs["ratio"].to_list(), pairs["pulled_at"].to_list()
    stretches: list[list[int]] = [[0]]
    for i in range(1, len(days)):
        if abs(ratios[i] / ratios[stretches[-1][0]] - 1) <= NOISE:
            stretches[-1].append(i)
        else:
            stretches.append([i])
    levels = [median(ratios[i] for i in stretch) for stretch in stretches] + [1.0]
    ends = [days[stretch[-1]] for stretch in stretches]
    begins = [days[stretch[0]] for stretch in stretches[1:]] + [newest]
    steps = []
    for n, (last, first) in enumerate(zip(ends, begins, strict=True)):
        factor = levels[n] / levels[n + 1]
        if abs(factor - 1) <= NOISE:
            continue
        within = {day: size for day, size in sizes.items() if last < day <= first}
        if abs(log(factor)) > SLACK * sum(within.values()) + NOISE:
            known = ", ".join(f"{day} of {1 - exp(-size):.4%}" for day, size in sorted(within.items())) or "none"
            reason = f"before {first} closes moved by the factor {factor:.6f}; splits and dividends known after {last}: {known}"
            return Reanchored(series_id, days[0], last, reason=reason)
        steps.append(Step(max(within), factor, max(pulled[i] for stretch in stretches[: n + 1] for i in stretch)))
    return Reanchored(series_id, days[0], days[-1], tuple(steps)) if steps else None


def marked(rows: pl.DataFrame, moved: list[Reanchored]) -> pl.DataFrame:
    """`_anchor`: why the revised closes of a series cannot be taken; `_known_from`: the day from which the new anchor counts.

    The first new close is on the new anchor, so the past is known on it from then on: a return never spans two anchors.
    """
    unexplained = {m.series_id: m.reason for m in moved if m.reason}
    held_to = pl.DataFrame([(m.series_id, m.last_day) for m in moved], schema={"_series": pl.String, "_held_to": pl.Date}, orient="row")
    is_next = (pl.col("_change") == NEW) & (pl.col("_date") > pl.col("_held_to"))
    since = rows.join(held_to, on="_series").filter(is_next).group_by("_series").agg(_first_new=pl.col("known_on").min())
    is_revised = pl.col("_change") == REVISED
    return rows.join(since, on="_series", how="left", maintain_order="left").with_columns(
        _anchor=pl.when(is_revised).then(pl.col("_series").replace_strict(unexplained, default=None, return_dtype=pl.String)),
        _known_from=pl.when(is_revised).then("_first_new"),
    )


def with_restated(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    rows: pl.DataFrame,
    moved: list[Reanchored],
    series: Mapping[str, Series],
) -> pl.DataFrame:
    """The batch with the closes held of days that did not come, on the new anchor: revisions of the batch that showed it."""
    parts = [rows]
    for one in moved:
        mine = rows.filter(pl.col("_series") == one.series_id)
        if one.reason or mine.is_empty():
            continue
        steps = " * ".join(
            f"case when held.session_date < date '{s.before}' and (held.pulled_at <= timestamp '{s.last_pulled}' "
            f"or held.pulled_at::date < date '{s.before}') then {s.factor!r} else 1.0 end"
            for s in one.steps
        )
        with lent(connection, came=mine.select("session_date")):
            older: pl.DataFrame = connection.sql(
                f"select * exclude (adjusted_close), adjusted_close * {steps} as restated, adjusted_close from {latest(contract)} as held "
                "where symbol = $symbol and session_date not in (select session_date from came)",
                params={"symbol": series[one.series_id].symbol},
            ).pl()
        like = mine.row(0, named=True)
        parts.append(
            older.filter((pl.col("restated") / pl.col("adjusted_close") - 1).abs() > NOISE).select(
                *(pl.col(k) for k in contract.key),
                "known_on",
                adjusted_close=pl.col("restated"),
                _series=pl.lit(one.series_id),
                _date=pl.col("session_date"),
                _change=pl.lit(REVISED),
                _known_from=pl.lit(like["_first_new"], pl.Date),
                pulled_at=pl.lit(like["pulled_at"], pl.Datetime("us")),
                payload_sha256=pl.lit(like["payload_sha256"], pl.String),
            )
        )
    return pl.concat(parts, how="diagonal")
