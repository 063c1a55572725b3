"""What one pull brought to one raw table, judged by gate 1 and merged where it passed. Not for fetching, and not for Dagster (assets.py)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.assets.landing.anchor import look_at_anchors, marked, with_restated
from pipelines.assets.landing.apart import READABLE, failing, fitting, once, whole_list, within_limits
from pipelines.assets.landing.cast import REJECTED, CastBatch, cast
from pipelines.assets.landing.continuity import continued
from pipelines.assets.landing.derive import derive
from pipelines.assets.landing.events import HistoryEvent, history_events
from pipelines.assets.landing.fact_history import no_longer_sent
from pipelines.assets.landing.merge import NEW, REVISED, UNCHANGED, compare, merge, replacing, withdrawn
from pipelines.assets.landing.outcome import CheckOutcome
from pipelines.assets.landing.restated import kept_back
from pipelines.assets.landing.surroundings import look_around
from pipelines.catalog import Series
from pipelines.checks.expectations import MOST_APART_PCT, Finding, check_names, validate
from pipelines.contracts import TableContract
from pipelines.sources.interface import Receipt, SourceError
from pipelines.sources.journal import Journal


@dataclass(frozen=True)
class Scope:
    """The run a batch belongs to. `revision_day`: the latest day any run has worked as of, this one included.

    `journal`: the archive's index; None where the archive is what is read. `accept`: CHECK:SERIES to be passed over, with the reason.
    `force`: everything is asked for again, whatever is in already.
    """

    run_id: str
    as_of: date
    revision_day: date
    provenance: str
    to_sessions: Callable[[pl.Series], pl.Series]
    now: datetime
    journal: Journal | None = None
    accept: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True)
class Pull:
    """The frames of one series (or dropped file) by raw table, with the receipts of its requests; or why there are none: an
    error, or what is missing for it to be asked at all. `asked_from`: the first day asked for, None where the whole history was;
    `asked_to`: the last one, None where nobody was asked for days.
    `form`: how a dropped file was read, in words; `place`: where it lies."""

    series: Series
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    receipts: Sequence[Receipt] = ()
    error: SourceError | None = None
    not_asked: str | None = None
    asked_from: date | None = None
    asked_to: date | None = None
    form: str | None = None
    place: Path | None = None


@dataclass(frozen=True)
class Batch:
    """All rows of one table in one pull, compared with what we hold and judged; nothing is written yet."""

    contract: TableContract
    rows: pl.DataFrame
    checks: tuple[CheckOutcome, ...]
    later_rows: Mapping[str, int] = field(default_factory=dict)
    withdrawn_rows: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, SourceError] = field(default_factory=dict)
    events: tuple[HistoryEvent, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Rows of one series in one table."""

    rows: int
    new_rows: int
    revised_rows: int


def judge(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, pulls: Sequence[Pull], scope: Scope, actions: pl.DataFrame | None = None
) -> Batch:
    """Cast, date, compare and check one table's part of the pulls."""
    series = {p.series.series_id: p.series for p in pulls}
    batches, errors = [], {}
    for pull in pulls:
        if contract.name in pull.frames:
            try:
                batches.append(_cast(pull, contract, scope))
            except SourceError as problem:
                errors[pull.series.series_id] = problem
    rejected = pl.concat([b.rejected for b in batches]) if batches else pl.DataFrame(schema=REJECTED)
    rows = pl.concat([b.rows for b in batches]) if batches else pl.DataFrame()
    if rows.is_empty():
        return Batch(contract, rows, _outcomes(contract, [], rows, rejected, series), errors=errors)
    apart: dict[str, pl.DataFrame] = {}
    if contract.sets_rows_aside:
        limited = within_limits(contract, rows)
        rows, apart = limited.rows, dict(limited.by_check)
    rows = _dated(rows, contract, series, scope)
    is_later = (pl.col(contract.date_column) > scope.as_of) | (pl.col("known_on") > scope.as_of)
    later = [rows.filter(is_later).select("_series")]
    rows = rows.filter(~is_later)
    if contract.sets_rows_aside:
        return _judged_by_row(connection, contract, pulls, scope, rows, rejected, apart, later, errors)
    around = look_around(connection, contract, rows, series, actions, scope.to_sessions, scope.run_id)
    rows = continued(connection, contract, compare(connection, contract, derive(rows, contract, around)), series)
    sent = rows
    rows, moved = look_at_anchors(connection, contract, rows, actions, [p.frames for p in pulls])
    if scope.as_of < scope.revision_day:  # a run as of an earlier day cannot say since when another value was known
        is_other = (pl.col("_change") == REVISED) | (pl.col("_change") == NEW) & pl.col("_series").is_in([m.series_id for m in moved])
        later.append(rows.filter(is_other).select("_series"))
        rows, moved = rows.filter(~is_other), []
        sent = rows
    asked_from = {p.series.series_id: p.asked_from for p in pulls}
    gone = withdrawn(connection, contract, sent, asked_from)
    rows, apart_rows = kept_back(contract, marked(rows, moved))
    events = history_events(connection, contract, sent, asked_from, moved, apart_rows)
    to_check = rows.filter((pl.col("_change") != UNCHANGED) | _concerns_the_whole(rows))
    outcomes = _outcomes(contract, [_noting(f, rows) for f in validate(to_check, contract)], to_check, rejected, series)
    return Batch(
        contract,
        with_restated(connection, contract, rows, moved, series),
        _with_kept_back(outcomes, apart_rows),
        dict(pl.concat(later).group_by("_series").len().iter_rows()),
        gone,
        errors,
        events,
    )


def _with_kept_back(outcomes: tuple[CheckOutcome, ...], rows: pl.DataFrame) -> tuple[CheckOutcome, ...]:
    """Closes that may not change go to quarantine alone; the rest of their series goes on."""
    if rows.is_empty():
        return outcomes
    said = f"{rows.height:,} closes of sessions long over kept back, ours stay"
    return tuple(
        replace(o, observed=f"{o.observed}; {said}", failing_rows=_as_json(rows, ["close"] * rows.height))
        if o.check == "closes_stay" and o.passed
        else o
        for o in outcomes
    )


def _judged_by_row(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    pulls: Sequence[Pull],
    scope: Scope,
    rows: pl.DataFrame,
    rejected: pl.DataFrame,
    apart: Mapping[str, pl.DataFrame],
    later: Sequence[pl.DataFrame],
    errors: Mapping[str, SourceError],
) -> Batch:
    """The batch of a table that sets rows aside: every check has rows of its own, and only a payload full of them fails."""
    rows = once(contract, compare(connection, contract, rows))
    if scope.as_of < scope.revision_day:
        later = [*later, rows.filter(pl.col("_change") == REVISED).select("_series")]
        rows = rows.filter(pl.col("_change") != REVISED)
    listed = whole_list(connection, contract, rows)
    fit = fitting(connection, contract, listed.rows)
    apart = {READABLE: rejected, **apart, **listed.by_check, **fit.by_check}
    bad = failing(fit.rows, apart)
    required = {p.series.series_id for p in pulls if p.series.is_required}
    outcomes = []
    for name in check_names(contract):
        found = apart.get(name, rejected.clear())
        counts = found["reason"].value_counts(sort=True).iter_rows() if found.height else ()
        observed = f"{fit.rows.height:,} rows stay, {found.height:,} set aside" + "".join(f"; {n:,} {why}" for why, n in list(counts)[:5])
        here = tuple(s for s in bad if s in set(found["_series"]))
        outcomes.append(CheckOutcome(contract.name, name, observed, here, found, bool(required & set(here))))
    laters = pl.concat(later).group_by("_series").len() if later else pl.DataFrame()
    gone = no_longer_sent(connection, contract, rows)
    return Batch(contract, fit.rows, tuple(outcomes), dict(laters.iter_rows()), gone, errors)


def merge_passed(connection: duckdb.DuckDBPyConnection, batch: Batch, failing: set[str], scope: Scope) -> dict[str, Counts]:
    """Merge the rows of every series that passed in all of its tables; a batch passes whole or is set aside whole."""
    if batch.rows.is_empty():
        return {}
    good = batch.rows.filter(~pl.col("_series").is_in(list(failing)))
    otherwise = replacing(connection, batch.contract, batch.rows)
    merge(connection, batch.contract, good, scope.revision_day, scope.provenance, scope.run_id)
    counts = batch.rows.group_by("_series").agg(
        pl.len(), (pl.col("_change") == NEW).sum().alias("new"), (pl.col("_change") == REVISED).sum().alias("revised")
    )
    return {
        s: Counts(n, 0, 0) if s in failing else Counts(n, new - otherwise.get(s, 0), revised + otherwise.get(s, 0))
        for s, n, new, revised in counts.iter_rows()
    }


def _cast(pull: Pull, contract: TableContract, scope: Scope) -> CastBatch:
    receipt = pull.receipts[-1] if pull.receipts else None
    marked = pull.frames[contract.name].with_columns(_series=pl.lit(pull.series.series_id))
    batch = cast(marked, contract, f"{pull.series.provider} {pull.series.symbol}")
    pulled_at = receipt.pulled_at if receipt else scope.now
    return CastBatch(
        batch.rows.with_columns(
            payload_sha256=pl.lit(receipt.sha256 if receipt else None, pl.String),
            pulled_at=pl.lit(pulled_at.replace(tzinfo=None), pl.Datetime("us")),
        ),
        batch.rejected,
    )


def _dated(rows: pl.DataFrame, contract: TableContract, series: Mapping[str, Series], scope: Scope) -> pl.DataFrame:
    """known_on: the observation day plus the series' lag, moved to a session; where the source says when it published, that day."""
    lags = pl.DataFrame([(s.series_id, s.lag_days) for s in series.values()], schema={"_series": pl.String, "_lag": pl.Int64}, orient="row")
    rows = rows.join(lags, on="_series", how="left", maintain_order="left")
    lagged = pl.col(contract.date_column) + pl.duration(days=pl.col("_lag"))
    known = pl.col("published_on").fill_null(scope.as_of) if "published_on" in contract.schema else lagged
    rows = rows.with_columns(known_on=known.cast(pl.Date)).drop("_lag")
    return rows.with_columns(known_on=scope.to_sessions(rows["known_on"]))


def _concerns_the_whole(rows: pl.DataFrame) -> pl.Expr:
    """Rows to look at even when we hold their values: what is wrong is their place in the batch, or a witness that spoke since."""
    concerns = pl.col("_key_count") > 1
    if "_previous_date" in rows.columns:
        concerns |= (pl.col("_date") <= pl.col("_previous_date")).fill_null(False)
    if "_witness_gap_pct" in rows.columns:
        concerns |= pl.col("_witness_gap_pct").is_not_null() & pl.col("_witness_is_new")
    return concerns


def _noting(finding: Finding, rows: pl.DataFrame) -> Finding:
    """Disagreements of sources on older sessions are recorded beside the judgement on the newest."""
    if finding.check != "sources_agree" or "_older_gap_pct" not in rows.columns:
        return finding
    apart = rows.filter(pl.col("_older_gap_pct") > MOST_APART_PCT).sort("_older_gap_pct", descending=True)
    if apart.is_empty():
        return finding
    worst = ", ".join(f"{s} {d} {gap:.2f} %" for s, d, gap in apart.head(3).select("_series", "_date", "_older_gap_pct").iter_rows())
    return replace(
        finding, observed=f"{finding.observed}; recorded: {apart.height:,} older sessions more than {MOST_APART_PCT} % apart ({worst})"
    )


def _outcomes(
    contract: TableContract, findings: Sequence[Finding], checked: pl.DataFrame, rejected: pl.DataFrame, series: Mapping[str, Series]
) -> tuple[CheckOutcome, ...]:
    by_check = {f.check: f for f in findings}
    outcomes = []
    for name in check_names(contract):
        if name == "rows_readable":
            rows = rejected.select("_series", "row_json")
            observed = f"{rejected.height:,} unreadable rows" + "".join(f"; {r}" for r in rejected["reason"].head(3))
        else:
            finding = by_check.get(name, Finding(name, "nothing to check"))
            rows = (
                _as_json(checked[list(finding.failing)], finding.columns)
                if finding.failing
                else rejected.clear().select("_series", "row_json")
            )
            observed = "; ".join([finding.observed, *finding.details])
        ids = rows["_series"].unique().sort().to_list()
        outcomes.append(CheckOutcome(contract.name, name, observed, tuple(ids), rows, any(series[i].is_required for i in ids)))
    return tuple(outcomes)


def _as_json(rows: pl.DataFrame, failed: Sequence[str]) -> pl.DataFrame:
    """What was checked about each row, the derived columns and the name of the one that failed included, so that the reason can be seen."""
    told = pl.exclude("_series", "_date", "_change").cast(pl.String, strict=False)
    return rows.with_columns(_column=pl.Series(failed, dtype=pl.String)).select(
        "_series", pl.struct(told).struct.json_encode().alias("row_json")
    )
