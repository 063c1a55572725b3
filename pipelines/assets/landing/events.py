"""What a provider did to a history it once gave: cut it short, blanked days, told it anew. Named and listed; what we have stays. Not for deciding what may be merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.assets.landing.anchor import Reanchored
from pipelines.assets.landing.merge import FIRST_DAY
from pipelines.checks.expectations import MOST_RESCALED
from pipelines.contracts import TableContract
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

SHORTENED, BLANKED, REBASED, RESCALED, CLOSES, REANCHORED, UNEXPLAINED = (
    "shortened", "blanked", "rebased", "rescaled", "closes_changed", "reanchored", "rewritten",
)  # fmt: skip
DONE = {
    SHORTENED: "what we hold stays",
    BLANKED: "what we hold stays",
    REBASED: "set aside: the series stays on the base held",
    RESCALED: "set aside: the series stays in the unit held",
    CLOSES: "kept in quarantine: the closes held stay",
    REANCHORED: "restated: the whole past stands on the new anchor",
    UNEXPLAINED: "set aside: the adjusted closes held stay",
}
# What a reader of the answer should know; an anchor moves with every dividend.
TOLD = tuple(kind for kind in DONE if kind != REANCHORED)


@dataclass(frozen=True)
class HistoryEvent:
    """One thing that happened to the history of one series in one table."""

    series_id: str
    table_name: str
    kind: str
    from_date: date
    to_date: date
    rows_n: int
    factor: float | None = None
    reason: str | None = None

    @property
    def sentence(self) -> str:
        factor = f" by the factor {self.factor:.6g}" if self.factor is not None else ""
        reason = f" ({self.reason})" if self.reason else ""
        days = f"{self.from_date}" if self.from_date == self.to_date else f"{self.from_date} to {self.to_date}"
        return f"{self.series_id}: {self.kind}{factor}, {self.rows_n:,} rows, {days}{reason}; {DONE[self.kind]}"

    def row(self) -> dict[str, object]:
        """As a row of quality.history_events."""
        return asdict(self) | {"what_was_done": DONE[self.kind]}


def history_events(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    rows: pl.DataFrame,
    asked_from: Mapping[str, date | None],
    moved: Sequence[Reanchored],
    apart: pl.DataFrame,
) -> tuple[HistoryEvent, ...]:
    """Everything that happened to the histories of a compared batch, beyond what was said before."""
    found = [*_lost(connection, contract, rows, asked_from), *_told_anew(contract, rows)]
    for one in moved:
        kind, n = (
            (UNEXPLAINED if one.reason else REANCHORED),
            rows.filter((pl.col("_series") == one.series_id) & (pl.col("_change") == "revised")),
        )
        factor = None if one.reason else one.factor
        found.append(HistoryEvent(one.series_id, f"raw.{contract.name}", kind, one.first_day, one.last_day, n.height, factor, one.reason))
    for (series_id,), some in apart.group_by("_series", maintain_order=True):
        days = some["_date"].sort().to_list()
        new = [d for d in days if not _was_said(connection, str(series_id), contract, CLOSES, d)]
        if new:
            found.append(HistoryEvent(str(series_id), f"raw.{contract.name}", CLOSES, new[0], new[-1], len(new)))
    return tuple(found)


def _lost(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, asked_from: Mapping[str, date | None]
) -> Iterator[HistoryEvent]:
    """Days we hold within the span asked for that did not come: before the first that came the history was cut, among them days were blanked."""
    if "dates_increase" not in contract.checks or contract.symbol_column is None or rows.is_empty():
        return
    day, symbol = contract.date_column, contract.symbol_column
    asked = pl.DataFrame(
        [(s, d or FIRST_DAY) for s, d in asked_from.items()], schema={"_series": pl.String, "_asked_from": pl.Date}, orient="row"
    )
    with lent(connection, came=rows.select("_series", *contract.key).join(asked, on="_series", how="left")):
        lost = connection.execute(
            f"""
            with spans as (
                select {symbol}, any_value(_series) as _series, any_value(_asked_from) as asked_from, min({day}) as first_day, max({day}) as last_day
                from came group by all),
            lost as (
                select spans._series, held.{day} as day,
                    case when held.{day} < spans.first_day then '{SHORTENED}' else '{BLANKED}' end as kind
                from {latest(contract)} as held
                join spans on spans.{symbol} = held.{symbol} and held.{day} between spans.asked_from and spans.last_day
                anti join came on {" and ".join(f"came.{k} = held.{k}" for k in contract.key)})
            select _series, kind, min(day), max(day), count(*)
            from lost
            anti join quality.history_events as said on said.series_id = lost._series and said.table_name = 'raw.{contract.name}'
                and said.kind = lost.kind and lost.day between said.from_date and said.to_date
            group by all order by all
            """
        ).fetchall()
    for series_id, kind, first, last, n in lost:
        yield HistoryEvent(series_id, f"raw.{contract.name}", kind, first, last, n)


def _told_anew(contract: TableContract, rows: pl.DataFrame) -> Iterator[HistoryEvent]:
    """Series whose history came on another base or in another unit."""
    for column, kind in (("_rebased_by", REBASED), ("_rescaled_by", RESCALED)):
        if column in rows.columns:
            least = 0 if kind == REBASED else MOST_RESCALED
            of = rows.filter((pl.col(column) > least) & (pl.col("_change") != "unchanged")).group_by("_series", maintain_order=True)
            for (series_id,), some in of:
                first, last, factor = some["_date"].min(), some["_date"].max(), some[column].max()
                yield HistoryEvent(str(series_id), f"raw.{contract.name}", kind, first, last, some.height, factor)  # type: ignore[arg-type]


def _was_said(connection: duckdb.DuckDBPyConnection, series_id: str, contract: TableContract, kind: str, day: date) -> bool:
    return bool(
        connection.execute(
            "select 1 from quality.history_events where series_id = ? and table_name = ? and kind = ? and ? between from_date and to_date limit 1",
            [series_id, f"raw.{contract.name}", kind, day],
        ).fetchall()
    )
