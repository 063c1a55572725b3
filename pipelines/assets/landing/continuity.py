"""A compared batch against the history it continues: its unit, the days it is dated by, zeros that mean nothing, a vintage that lacks the past.

Not for what a row says by itself (expectations), nor for its neighbours within the batch (derive).
"""

from collections.abc import Callable, Mapping

import duckdb
import polars as pl

from pipelines.assets.landing.merge import REVISED, UNCHANGED
from pipelines.assets.landing.restated import moved_closes, rebased
from pipelines.catalog import Series
from pipelines.contracts import TableContract
from pipelines.resources.lent import lent
from pipelines.resources.warehouse import latest

FEWEST_REVISED = 5
# A series with so many days behind it is not dated on another kind of day tomorrow.
FEWEST_DAYS = 250
RHYTHMS = {"daily": "isodow({day})", "weekly": "isodow({day})", "monthly": "day({day})", "quarterly": "day({day}) + 100 * month({day})"}
# Surveys reach zero from anywhere.
NOT_JUDGED_BY_ZERO = ("survey",)

Held = Callable[[duckdb.DuckDBPyConnection, TableContract, pl.DataFrame, Mapping[str, Series]], pl.DataFrame]


def continued(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, series: Mapping[str, Series]
) -> pl.DataFrame:
    """The compared rows beside the columns of the contract's checks on continuity."""
    for check, judge in JUDGES.items():
        if check in contract.checks:
            rows = judge(connection, contract, rows, series)
    return rows


def _asked(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, sql: str) -> pl.DataFrame:
    with lent(connection, came=rows):
        found: pl.DataFrame = connection.sql(sql).pl()
    return found


def _unit(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, _: Mapping[str, Series]) -> pl.DataFrame:
    """`_rescaled_by`: the median factor between the revised values of a series and those held, where most of them are revised."""
    overlap = rows.filter(pl.col("_change").is_in([REVISED, UNCHANGED])).group_by("_series").agg(_overlap=pl.len())
    revised = rows.filter(pl.col("_change") == REVISED).select("_series", *contract.key, *contract.number_columns)
    same = " and ".join(f"held.{k} = came.{k}" for k in contract.key)
    factors = [f"median(abs(came.{c} / held.{c})) filter (came.{c} <> 0 and held.{c} <> 0) as {c}" for c in contract.number_columns]
    found = _asked(
        connection, revised, f"select _series, count(*) as _n, {', '.join(factors)} from came join {latest(contract)} as held on {same} group by all"
    )  # fmt: skip
    worst = pl.max_horizontal(pl.max_horizontal(pl.col(c), 1 / pl.col(c)) for c in contract.number_columns)
    found = found.join(overlap, on="_series").filter((pl.col("_n") >= FEWEST_REVISED) & (2 * pl.col("_n") > pl.col("_overlap")))
    factor = found.select("_series", _factor=worst.cast(pl.Float64))
    return rows.join(factor, on="_series", how="left", maintain_order="left").with_columns(
        _rescaled_by=pl.when(pl.col("_change") == REVISED).then("_factor")
    )


def _rhythm(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, series: Mapping[str, Series]
) -> pl.DataFrame:
    """`_is_in_rhythm`: false for a new row on a weekday, a day of the month or a month on which the series has never had one."""
    parts = []
    for one in series.values():
        slot = RHYTHMS.get(one.frequency)
        mine = rows.filter((pl.col("_series") == one.series_id) & (pl.col("_change") == "new"))
        if slot and mine.height:
            day = contract.date_column
            known = f"select {slot.format(day=day)} as slot from raw.{contract.name} where {contract.symbol_column} = '{one.symbol}'"
            parts.append(
                _asked(
                    connection,
                    mine.select("_series", *contract.key),
                    f"""
                    select _series, {", ".join(contract.key)}, false as _is_in_rhythm
                    from came
                    where (select count(*) from ({known})) >= {FEWEST_DAYS if one.frequency in ("daily", "weekly") else 24}
                        and {slot.format(day=day)} not in ({known})
                    """,
                )
            )
    odd = pl.concat(parts) if parts else rows.head(0).select("_series", *contract.key, _is_in_rhythm=pl.lit(False))
    joined = rows.join(odd, on=["_series", *contract.key], how="left", maintain_order="left")
    return joined.with_columns(pl.col("_is_in_rhythm").fill_null(True))


def _zero(_c: duckdb.DuckDBPyConnection, _t: TableContract, rows: pl.DataFrame, series: Mapping[str, Series]) -> pl.DataFrame:
    """`_zero_after`: how far from zero the observation before a zero was."""
    judged = [s.series_id for s in series.values() if s.kind not in NOT_JUDGED_BY_ZERO]
    before = pl.col("value").shift().over("_series").abs()
    return rows.with_columns(_zero_after=pl.when((pl.col("value") == 0) & pl.col("_series").is_in(judged)).then(before))


def _volume(_c: duckdb.DuckDBPyConnection, _t: TableContract, rows: pl.DataFrame, series: Mapping[str, Series]) -> pl.DataFrame:
    """`_is_traded`: false for a fund whose price moved within the day without a share sold; the volume of an index is not used."""
    funds = [s.series_id for s in series.values() if s.kind == "fund"]
    silent = pl.col("_series").is_in(funds) & (pl.col("volume") == 0) & (pl.col("high") > pl.col("low")) & ~pl.col("is_partial")
    return rows.with_columns(_is_traded=~silent.fill_null(False))


def _vintage(connection: duckdb.DuckDBPyConnection, contract: TableContract, rows: pl.DataFrame, _: Mapping[str, Series]) -> pl.DataFrame:
    """`_lacking_pct`: of the rows of the vintage held before, how many this one does not have."""
    rest = [k for k in contract.key if k != "vintage"]
    found = _asked(
        connection,
        rows.select("_series", *contract.key),
        f"""
        with files as (select distinct _series, {contract.symbol_column} as file, vintage from came),
        last as (
            select files._series, files.vintage as newer, max(held.vintage) as older
            from files join raw.{contract.name} as held on held.{contract.symbol_column} = files.file and held.vintage < files.vintage
            group by all)
        select last._series, last.newer as vintage,
            100.0 * count(*) filter (came.vintage is null) / count(*) as _lacking_pct
        from last
        join raw.{contract.name} as held on held.vintage = last.older
            and held.{contract.symbol_column} in (select file from files where files._series = last._series)
        left join came on came._series = last._series and came.vintage = last.newer
            and {" and ".join(f"came.{k} = held.{k}" for k in rest if k not in ("vintage_end",))}
        group by all
        """,
    )
    return rows.join(found, on=["_series", "vintage"], how="left", maintain_order="left")


JUDGES: dict[str, Held] = {
    "unit_as_before": _unit,
    "days_in_rhythm": _rhythm,
    "zero_is_no_blank": _zero,
    "volume_is_traded": _volume,
    "vintage_is_whole": _vintage,
    "base_as_before": rebased,
    "closes_stay": moved_closes,
}
