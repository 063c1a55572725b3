"""Columns beside a cast batch that gate 1 looks at: what the row before was, what the limits are, what a witness says. Not for judging them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Series
from pipelines.checks.expectations import MOST_MONEY, SPLIT_FACTOR
from pipelines.contracts import TableContract

# A witness is heard on the newest common session only when that lies within so many days of the batch's newest.
WITNESS_DAYS = 7
# Open and close may differ from high and low in the last digit a vendor rounds to.
ROUNDING = 1e-6
# Two sessions further apart than this are no move overnight; sessions that the usual money is the median of, and the fewest of them.
OVERNIGHT_DAYS = 7
MONEY_SESSIONS = 20
FEWEST_SESSIONS = 5
# Of two sums of earnings a year apart, the larger over the smaller: beyond it they are in two units.
MOST_GROWN = 50

_SUMS = (pl.col("earnings_base").abs(), pl.col("earnings_expected").abs())

# Checks that are one statement about a row of the drop folder, by name; where it cannot be said of a row, the row keeps it.
STATEMENTS: dict[str, pl.Expr] = {
    "targets_in_order": pl.min_horizontal(pl.col("target_mean") - pl.col("target_low"), pl.col("target_high") - pl.col("target_mean"))
    .ge(-ROUNDING * pl.col("target_mean").abs())
    .fill_null(True),
    "target_before_capture": (pl.col("target_date") <= pl.col("captured_on")).fill_null(True),
    "growth_can_be_told": (pl.col("earnings_base").is_null() == pl.col("earnings_expected").is_null())
    & (pl.col("earnings_base").is_not_null() | pl.col("growth_pct").is_not_null())
    & (pl.max_horizontal(_SUMS) <= MOST_GROWN * pl.min_horizontal(_SUMS)).fill_null(True)
    & pl.min_horizontal(_SUMS).gt(0).fill_null(True),
    "value_fits_its_measure": ~pl.col("measure").str.ends_with("_pct") | pl.col("value").is_between(0, 100, closed="right"),
    "equity_is_held": (pl.col("asset_class") != "equity")
    | (pl.col("weight_pct") <= 0)
    | pl.min_horizontal("shares", "market_value_usd", "price").gt(0).fill_null(True),
    "period_is_over": (pl.col("period_end") == pl.col("period_end").dt.month_end())
    & (~pl.col("measure").str.contains("domestic") | (pl.col("period_end").dt.month() % 3 == 0))
    & (pl.col("published_on") >= pl.col("period_end")).fill_null(True),
    "event_is_announced_in_time": (~pl.col("is_scheduled") | (pl.col("announced_on") <= pl.col("event_date")))
    & (pl.col("withdrawn_on") >= pl.col("announced_on")).fill_null(True),
}


@dataclass(frozen=True)
class Surroundings:
    """What a batch is compared with.

    before: last stored date and close of each series (_series, _date, _close), may be empty.
    traded: the bars of each symbol before its first one of the batch (_series, the key, _date, close, volume), may be empty.
    splits: known splits (_series, action_date, value).
    witnesses: closes of each series by another provider (_series, _date, _witness_close, _witness_is_new).
    to_sessions: moves dates to themselves or the next session.
    """

    series: Mapping[str, Series]
    before: pl.DataFrame
    traded: pl.DataFrame
    splits: pl.DataFrame
    witnesses: pl.DataFrame
    to_sessions: Callable[[pl.Series], pl.Series]


def derive(rows: pl.DataFrame, contract: TableContract, around: Surroundings) -> pl.DataFrame:
    """Add the columns the checks of this contract need; their names start with an underscore."""
    rows = rows.with_columns(_date=pl.col(contract.date_column), _key_count=pl.len().over(contract.key))
    checks = set(contract.checks)
    if "dates_increase" in checks:
        rows = rows.with_columns(_previous_date=pl.col("_date").shift().over("_series"))
    if "session_of_the_calendar" in checks:
        rows = rows.with_columns(_is_session=around.to_sessions(rows["_date"]) == rows["_date"])
    if "no_jump_without_split" in checks:
        rows = _moves(rows, contract, around)
    if "no_missed_split" in checks:
        rows = _traded(rows, contract, around)
    if checks & {"close_in_catalog_limits", "value_in_catalog_limits"}:
        value = "close" if "close_in_catalog_limits" in checks else "value"
        limits = pl.DataFrame(
            [(s.series_id, s.min_value, s.max_value) for s in around.series.values()],
            schema={"_series": pl.String, "_low": pl.Float64, "_top": pl.Float64},
            orient="row",
        )
        rows = rows.join(limits, on="_series", how="left", maintain_order="left").with_columns(
            _place_in_limits=(pl.col(value) - pl.col("_low")) / (pl.col("_top") - pl.col("_low"))
        )
    if "high_is_highest" in checks:
        rows = rows.with_columns(_highest=pl.max_horizontal("open", "low", "close") * (1 - ROUNDING))
    if "low_is_lowest" in checks:
        rows = rows.with_columns(_lowest=pl.min_horizontal("open", "high", "close") * (1 + ROUNDING))
    if "sources_agree" in checks:
        rows = _witnessed(rows, around.witnesses)
    if "weights_sum_to_100" in checks:
        snapshot = ["universe_id", "snapshot_date"]
        given = pl.col("weight_pct").is_not_null().any().over(snapshot)
        rows = rows.with_columns(_weights_sum=pl.when(given).then(pl.col("weight_pct").sum().over(snapshot)))
    if checks & {"holdings_sum_to_100", "equities_near_100", "security_is_once"}:
        rows = _holdings(rows)
    if "value_matches_status" in checks:
        meant = pl.col("value").is_not_null() & ((pl.col("value") > 0) | (pl.col("metric") == "earnings_yield"))
        rows = rows.with_columns(
            _value_matches_status=pl.when(pl.col("value_status") == "ok").then(meant).otherwise(pl.col("value").is_null())
        )
    return rows.with_columns(**{f"_{check}": STATEMENTS[check] for check in contract.checks if check in STATEMENTS})


def _holdings(rows: pl.DataFrame) -> pl.DataFrame:
    """What the lines of one list add up to, and how often it has the same equity line. Sums are rounded: they are of rounded weights."""
    one = [c for c in ("fund", "holdings_date", "accession") if c in rows.columns]
    is_equity = pl.col("asset_class") == "equity"
    line = pl.struct("ticker", "name", "cusip", "isin", "shares", "weight_pct")
    return rows.with_columns(
        _holdings_sum=pl.col("weight_pct").sum().over(one).round(6),
        _equities_sum=pl.when(is_equity).then(pl.col("weight_pct")).sum().over(one).round(6),
        _security_count=pl.when(is_equity & (pl.col("weight_pct") > 0)).then(pl.len().over([*one, line])),
    )


def _moves(rows: pl.DataFrame, contract: TableContract, around: Surroundings) -> pl.DataFrame:
    """The move since the close before, splits taken out, as a multiple of what the series may move."""
    unit = ["_series", contract.symbol_column or contract.key[0]]
    limits = pl.DataFrame(
        [(s.series_id, s.max_move_pct or contract.max_move_pct) for s in around.series.values()],
        schema={"_series": pl.String, "_max_move_pct": pl.Float64},
        orient="row",
    )
    ordered = _by_unit(rows.with_row_index("_position"), unit).with_columns(
        _close_before=_row_before("close"), _date_before=_row_before("_date")
    )
    if around.before.height:
        stored = around.before.rename({"_date": "_stored_date", "_close": "_stored_close"})
        ordered = ordered.join(stored, on=unit, how="left", maintain_order="left").with_columns(
            _close_before=pl.coalesce("_close_before", pl.when(pl.col("_stored_date") < pl.col("_date")).then("_stored_close"))
        )
    splits = around.splits.group_by("_series", pl.col("action_date").alias("_date")).agg(_split=pl.col("value").product())
    ordered = ordered.join(splits, on=["_series", "_date"], how="left", maintain_order="left").join(
        limits, on="_series", how="left", maintain_order="left"
    )
    move = (pl.col("close") * pl.col("_split").fill_null(1.0) / pl.col("_close_before") - 1) * 100
    most = pl.col("_max_move_pct").fill_null(contract.max_move_pct or float("inf"))
    least = pl.lit(contract.max_fall_pct) if contract.max_fall_pct is not None else most
    over = pl.when(move < 0).then(-move / least).otherwise(move / most)
    return ordered.with_columns(_move_over_limit=over).drop("_unit").sort("_position")


def _traded(rows: pl.DataFrame, contract: TableContract, around: Surroundings) -> pl.DataFrame:
    """`_is_traded_move`: false for a move of a split's size overnight with no more money than usual, price times volume being the money."""
    unit = list(dict.fromkeys(["_series", *(k for k in contract.key if k != contract.date_column)]))
    came = rows.with_row_index("_row").select("_row", *unit, "_date", "close", "volume")
    ordered = _by_unit(pl.concat([came, around.traded], how="diagonal_relaxed") if around.traded.height else came, unit)
    moved_by, apart = pl.col("close") / _row_before("close"), (pl.col("_date") - _row_before("_date")).dt.total_days()
    is_large = ((moved_by >= SPLIT_FACTOR) | (moved_by <= 1 / SPLIT_FACTOR)) & (apart <= OVERNIGHT_DAYS)
    ordered = ordered.with_columns(_moved_by=moved_by, _is_large=is_large.fill_null(False))
    # Usual money is a median over many sessions, and only asked for where something moved so far.
    asked = ordered.filter(pl.col("_unit").is_in(ordered.filter("_is_large")["_unit"].unique().implode()))
    money = (pl.col("close") * pl.col("volume")).cast(pl.Float64)
    usual = money.shift().rolling_median(MONEY_SESSIONS, min_samples=FEWEST_SESSIONS).over("_unit")
    told = asked.with_columns(_money=money / usual).filter(pl.col("_is_large") & pl.col("_row").is_not_null())
    told = told.select("_row", "_money", _is_traded_move=(pl.col("_money") > MOST_MONEY).fill_null(True))
    judged = ordered.filter(pl.col("_row").is_not_null()).sort("_row").select("_row", "_moved_by")
    judged = judged.join(told, on="_row", how="left", maintain_order="left").with_columns(pl.col("_is_traded_move").fill_null(True))
    return rows.hstack(judged.drop("_row"))


def _by_unit(rows: pl.DataFrame, unit: Sequence[str]) -> pl.DataFrame:
    """Rows by unit and day, with `_unit`: which unit in that order. Files mostly come so, and are then not sorted again."""
    place = pl.struct(*unit, "_date")
    ordered = rows if rows.select(place).to_series().is_sorted() else rows.sort([*unit, "_date"])
    return ordered.with_columns(_unit=pl.struct(unit).rle_id())


def _row_before(column: str) -> pl.Expr:
    """The column of the row before, where that is of the same unit."""
    return pl.when(pl.col("_unit") == pl.col("_unit").shift()).then(pl.col(column).shift())


def _witnessed(rows: pl.DataFrame, witnesses: pl.DataFrame) -> pl.DataFrame:
    """The gap to the witness in percent on the newest session both have; elsewhere `_older_gap_pct`, recorded but not judged."""
    joined = rows.join(witnesses, on=["_series", "_date"], how="left", maintain_order="left")
    gap = (pl.col("close") / pl.col("_witness_close") - 1).abs() * 100
    common = pl.when(pl.col("_witness_close").is_not_null()).then(pl.col("_date")).max().over("_series")
    newest = pl.col("_date").max().over("_series")
    heard = (pl.col("_date") == common) & ((newest - common).dt.total_days() <= WITNESS_DAYS)
    return joined.with_columns(_witness_gap_pct=pl.when(heard).then(gap), _older_gap_pct=pl.when(~heard).then(gap))
