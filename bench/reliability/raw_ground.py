"""Every raw table with a history and the good batch that comes next, landed through gate 1 in a small warehouse. Not for what spoils a batch (poison_raw)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl

from bench.faults.cells import FORMS, Bench, bench, is_dropped
from bench.faults.forms_series import close_of
from bench.faults.table import AS_OF, DAY_BEFORE, SESSIONS, Form
from pipelines.assets.landing.assets import judge_and_merge
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.assets.landing.calendar import CALENDAR
from pipelines.assets.landing.drops import as_series
from pipelines.catalog import Series, catalog
from pipelines.contracts import TableContract, contracts
from pipelines.resources.log_tables import LOG_TABLES
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources import exchange
from pipelines.sources.exchange import to_sessions

Line = dict[str, str | None]
Frames = Mapping[str, Sequence[Line]]
NOW = datetime(2026, 1, 9, 22, 30)  # noqa: DTZ001
WITNESS = "SP500.fred"
# Where several forms bring rows of a table, the one that is used.
FORM_OF = {
    "fred_observations": "fred (csv)",
    "alphavantage_bars": "alphavantage (premium)",
    "sec_facts": "sec companyfacts",
    "sec_filings": "sec submissions",
}


@dataclass(frozen=True)
class Offer:
    """What one series or file answered before and answers now, by raw table; cells are text, as a provider writes them."""

    series: Series
    held: Frames
    now: Frames

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.now)


@dataclass(frozen=True)
class Landed:
    """What became of a batch: checks that failed (table, check), rows landed by table, rows set aside (table, check), whether the run is stopped."""

    failed: frozenset[tuple[str, str]]
    rows: Mapping[str, Counter[tuple[Any, ...]]]
    aside: frozenset[tuple[str, str]]
    blocked: bool
    severities: Mapping[tuple[str, str], str]


def lines_of(frame: pl.DataFrame) -> list[Line]:
    return frame.select(pl.all().cast(pl.String)).to_dicts()


def offers() -> dict[str, Offer]:
    """By raw table, the offer it is filled by. The clock is not landed: dbt's tests speak of it."""
    found: dict[str, Offer] = {}
    with TemporaryDirectory() as folder, bench(Path(folder)) as one:
        for form in FORMS:
            offer = _with_actions(_offer(one, form))
            for table, lines in offer.now.items():
                if lines and FORM_OF.get(table, form.name) == form.name:
                    found.setdefault(table, offer)
    calendar = [lines_of(exchange.sessions(date(2024, 10, 1), day)) for day in (DAY_BEFORE, AS_OF)]
    found["exchange_sessions"] = Offer(CALENDAR, *({"exchange_sessions": lines} for lines in calendar))
    found["sec_segment_facts"] = _segments(found["sec_facts"])
    return found


ready = cache(offers)


def _offer(one: Bench, form: Form) -> Offer:
    """Both answers of a form, read by its own reader."""
    said = []
    for is_before in (True, False):
        answers = dict(form.render(form.before if is_before else form.now, is_before))
        if not is_dropped(form):
            one.server.serve(answers, form.kind)
        (pull,) = one.pulls(form, is_before, answers=answers)
        assert pull.error is None, f"{form.name}: {pull.error}"
        said.append({table: lines_of(frame) for table, frame in pull.frames.items()})
    held, now = said
    if "sec_companies" in held:  # the list is of the day it was asked for
        held = {"sec_companies": [line | {"snapshot_date": str(DAY_BEFORE)} for line in held["sec_companies"]]}
    series = as_series(form.series_id) if is_dropped(form) else replace(catalog()[form.series_id], is_required=True)
    if any(t.endswith("_bars") for t in now) and not is_dropped(form):
        series = replace(series, witness_series_id=WITNESS, kind="fund")
    return Offer(series, {t: lines for t, lines in held.items() if lines}, now)


def _with_actions(offer: Offer) -> Offer:
    """An answer whose newest day has a dividend, where the provider tells any."""
    now = dict(offer.now)
    for table in now:
        if table.endswith("_actions"):
            bars = now[table.replace("_actions", "_bars")]
            now[table] = [{"symbol": bars[-1]["symbol"], "action_date": str(AS_OF), "kind": "dividend", "value": "0.25"}]
    return replace(offer, now=now)


def _segments(facts: Offer) -> Offer:
    """The facts of the whole company, said of a part of it."""
    of = {"segments": "Geography=US", "coregistrant": "-", "origin": "data_set"}
    held, now = ({"sec_segment_facts": [line | of for line in said["sec_facts"]]} for said in (facts.held, facts.now))
    return Offer(facts.series, held, now)


def pull_of(offer: Offer, frames: Frames) -> Pull:
    """Lines as the pull of an offer."""
    made = {}
    for table, lines in frames.items():
        names = list(dict.fromkeys([*(lines[0] if lines else {}), *(c.name for c in contracts()[table].columns if not lines)]))
        made[table] = pl.DataFrame([[line[n] for n in names] for line in lines], schema=dict.fromkeys(names, pl.String), orient="row")
        if "_line" in names:
            made[table] = made[table].with_columns(pl.col("_line").cast(pl.Int64))
    return Pull(offer.series, made)


class Ground:
    """A small raw warehouse. What an offer had before is landed once; every try starts from it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.standing: Offer | None = None

    def stand(self, offer: Offer) -> None:
        """The history of an offer, and of the witness, and of nothing else."""
        if self.standing is offer:
            return
        if self.standing:
            self._empty(self.standing)
        self.standing = offer
        closes = [("SP500", str(day), str(close_of(n)), str(day)) for n, day in enumerate(SESSIONS[-70:])]
        self.connection.executemany(
            "insert into raw.fred_observations (series_id, observation_date, value, known_on, pulled_at, run_id, provenance) "
            "values (?, ?, ?, ?, timestamp '2026-01-01', 'witness', 'observed')",
            closes,
        )
        failing = self._land(offer, offer.held, "held", DAY_BEFORE, [contracts()[t] for t in offer.held]) if offer.held else {}
        assert not failing, f"{offer.series.series_id}: the history does not pass: {failing}"
        for n, name in enumerate(self._filled(offer)):
            self.connection.execute(f"create or replace temp table kept_{n} as from {name}")

    def land(self, offer: Offer, frames: Frames, tables: Mapping[str, TableContract] | None = None) -> Landed:
        """A batch that comes now; `tables` in the place of the contracts."""
        self.stand(offer)
        for n, name in enumerate(self._filled(offer)):
            self.connection.execute(f"delete from {name}; insert into {name} from kept_{n}")
        of = contracts() | dict(tables or {})
        self._land(offer, frames, "now", AS_OF, [of[t] for t in frames])
        return self._landed(tuple(frames))

    def _land(self, offer: Offer, frames: Frames, run_id: str, day: date, tables: Sequence[TableContract]) -> dict[str, str]:
        scope = Scope(run_id, day, day, "observed", to_sessions, NOW)
        events = judge_and_merge(self.connection, scope, tables, [pull_of(offer, frames)])
        while True:
            try:
                next(events)
            except StopIteration as end:
                failing: dict[str, str] = end.value
                return failing

    def _landed(self, tables: Sequence[str]) -> Landed:
        checks = self._rows("select table_name, check_name, severity from quality.check_results where run_id = 'now' and not passed")
        aside = self._rows("select distinct table_name, split_part(reason, ':', 1) from quality.quarantine where run_id = 'now'")
        rows = {}
        for table in tables:
            columns = ", ".join(c.name for c in contracts()[table].columns)
            rows[table] = Counter(self._rows(f"select {columns} from raw.{table} where run_id = 'now'"))
        return Landed(
            frozenset((t.removeprefix("raw."), c) for t, c, _ in checks),
            rows,
            frozenset((t.removeprefix("raw."), c) for t, c in aside),
            bool(self._rows("select 1 from quality.blocked_runs where run_id = 'now' and gate = 'gate 1'")),
            {(t.removeprefix("raw."), c): s for t, c, s in checks},
        )

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def _filled(self, offer: Offer) -> tuple[str, ...]:
        return (*(f"raw.{t}" for t in dict.fromkeys((*offer.tables, "fred_observations"))), *(f"quality.{name}" for name in LOG_TABLES))

    def _empty(self, offer: Offer) -> None:
        for name in self._filled(offer):
            self.connection.execute(f"delete from {name}")


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """A ground in an empty folder."""
    with Warehouse(Settings(warehouse=folder), "live").work() as connection:
        yield Ground(connection)
