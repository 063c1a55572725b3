"""History by provider and calendar year: asked for once over the whole span, landed year by year, gone on with after a kill. Not for daily runs."""

import time
import uuid
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

from pipelines.assets.landing.asked import loaded_requests
from pipelines.assets.landing.assets import judge_and_merge, scoped
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.assets.landing.calendar import requested_day
from pipelines.assets.landing.index import BACKFILL, begin, settle
from pipelines.assets.landing.pulling import pull
from pipelines.catalog import Series, catalog
from pipelines.contracts import contracts
from pipelines.progress import tell
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions
from pipelines.sources import sec
from pipelines.sources.http import Client
from pipelines.sources.interface import Window
from pipelines.sources.journal import Journal, answers_of
from pipelines.sources.readers import READERS

Span = tuple[date, date]

WHOLE = "sends its whole file each time, of one day or vintage: a run has all there is"
NO_DAYS = {"french": WHOLE, "shiller": WHOLE, "ishares": WHOLE, "ssga": WHOLE}
EACH_YEAR = ("nport", sec.PROVIDER)  # their requests are of a quarter; the others answer any span in one
ON_DEMAND = (sec.PROVIDER,)  # 50 to 150 MB a quarter: only where it is named
DATA_SETS = "financial-statement-data-sets"
DATA_SET_AFTER = timedelta(days=45)  # a quarter's data set is there by then
TOO_OFTEN = "status 429"


class BackfillError(Exception):
    """What was asked for cannot be backfilled; the message says what can."""


@dataclass(frozen=True)
class Part:
    """One provider's part of a span: the days of one calendar year, of the series that were not asked for them yet."""

    provider: str
    span: Span
    days: Span
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Done:
    """A part that is landed. `fetched_n`: answers that came over the network; `failing`: series set aside, with the reason; `said`: why
    the provider is not asked, or not asked any further."""

    part: Part
    number: int
    parts_n: int
    fetched_n: int
    new_rows: int
    failing: dict[str, str]
    seconds_left: float
    said: str | None = None


def years(span: Span) -> list[Span]:
    """The calendar years of a span, the first and the last cut to it."""
    first, last = span
    return [(max(first, date(y, 1, 1)), min(last, date(y, 12, 31))) for y in range(first.year, last.year + 1)]


def chosen(providers: Sequence[str], series: Sequence[str]) -> dict[str, tuple[Series, ...]]:
    """The series to ask for, by provider.

    Raises:
        BackfillError: a provider or series that is none, or that has no days to ask for.
    """
    unknown = [p for p in providers if p not in READERS]
    if unknown:
        raise BackfillError(f"--provider: expected {', '.join(p for p in READERS if p not in NO_DAYS)}, found {', '.join(unknown)}.")
    refused = [f"{p} {NO_DAYS[p]}" for p in providers if p in NO_DAYS]
    if refused:
        raise BackfillError(f"--provider: {'; '.join(refused)}. Leave it out.")
    named = [catalog()[s] for s in series]
    whole = [f"{s.series_id}: {s.provider} {NO_DAYS[s.provider]}" for s in named if s.provider in NO_DAYS]
    if whole:
        raise BackfillError(f"--series: {'; '.join(whole)}. Leave it out.")
    asked = providers or [p for p in READERS if p not in NO_DAYS and (p not in ON_DEMAND or any(s.provider == p for s in named))]
    found = {p: tuple(s for s in (named or catalog().of(p)) if s.provider == p and _has_days(s)) for p in asked}
    return {p: s for p, s in found.items() if s}


def _has_days(series: Series) -> bool:
    return series.provider != sec.PROVIDER or series.symbol.endswith(DATA_SETS)


def plan(connection: duckdb.DuckDBPyConnection, series: dict[str, tuple[Series, ...]], span: Span, as_of: date) -> list[Part]:
    """The parts that are not there yet, oldest first: what was asked for and merged, by a run or a backfill, is not asked for again."""
    loaded = loaded_requests(connection, sec.PROVIDER, as_of)
    spans = connection.execute("select source, series_id, first_day, last_day from quality.asked_spans").fetchall()
    asked: dict[tuple[str, str], list[tuple[date | None, date]]] = {}
    for source, series_id, first, last in spans:
        asked.setdefault((source, series_id), []).append((first, last))
    parts = []
    for provider, ones in series.items():
        for days in years(span):
            if provider == sec.PROVIDER:
                is_open = any(f"GET {sec.DATA_SETS.format(quarter=q)}" not in loaded for q in _quarters(days, as_of))
                open_ones = ones if is_open else ()
            else:
                open_ones = tuple(s for s in ones if not _covers(asked.get((provider, s.series_id), []), days))
            if open_ones:
                parts.append(Part(provider, span, days, open_ones))
    return parts


def _covers(spans: Sequence[tuple[date | None, date]], days: Span) -> bool:
    return any((first is None or first <= days[0]) and last >= days[1] for first, last in spans)


@dataclass
class Pace:
    """How long the rest will take: a part whose answers must be fetched goes by the answers, one out of the archive by itself."""

    fetching_s: float = 0
    fetched_n: int = 0
    reading_s: float = 0
    read_n: int = 0
    last: float = field(default_factory=time.monotonic)

    def note(self, fetched_n: int) -> None:
        """A part is done; answers that came over the network are what it took."""
        seconds, self.last = time.monotonic() - self.last, time.monotonic()
        if fetched_n:
            self.fetching_s, self.fetched_n = self.fetching_s + seconds, self.fetched_n + fetched_n
        else:
            self.reading_s, self.read_n = self.reading_s + seconds, self.read_n + 1

    def left(self, parts: Sequence[Part], done: Part) -> float:
        """Seconds, for the parts that are left; the first of a provider fetches, and each where a year is asked for by itself."""
        before = [done, *parts[:-1]]
        to_fetch = sum(len(p.series) for b, p in zip(before, parts, strict=False) if p.provider in EACH_YEAR or p.provider != b.provider)
        to_read = sum(p.provider not in EACH_YEAR and p.provider == b.provider for b, p in zip(before, parts, strict=False))
        return to_fetch * self.fetching_s / max(self.fetched_n, 1) + to_read * self.reading_s / max(self.read_n, 1)


def backfill(options: RunOptions, providers: Providers, series: dict[str, tuple[Series, ...]], span: Span) -> Generator[Done, None, None]:
    """Land what is missing of a span, part by part; each is merged before the next is begun. The caller holds the market's lock.

    Raises:
        BackfillError: a span that has not come yet, or that ends before it begins.
    """
    as_of = requested_day(options)
    if not span[0] <= span[1] <= as_of:
        raise BackfillError(f"expected --from before --to, and --to not after the as-of day {as_of}; found {span[0]} to {span[1]}.")
    folder = options.settings.journal(options.warehouse.mode)
    with options.warehouse.work() as connection:
        settle(connection, folder)
        parts, pace, number = plan(connection, series, span, as_of), Pace(), 0
        for provider in dict.fromkeys(p.provider for p in parts):
            left_out: dict[str, str] = {}
            with providers.client(options, as_of) as client:
                client.remembered = {a.request: a.receipt for a in answers_of(folder, provider, client.today) if a.receipt}
                for part in (p for p in parts if p.provider == provider):
                    number += 1
                    if why := READERS[provider].unavailable(client):
                        yield Done(part, number, len(parts), 0, 0, {}, 0, f"{provider} is not asked: {why}")
                        break
                    open_part = replace(part, series=tuple(s for s in part.series if s.series_id not in left_out))
                    if not open_part.series:
                        continue
                    run_id = f"{BACKFILL}{uuid.uuid4()}"
                    journal = Journal.of_run(folder, run_id)
                    scope = scoped(connection, run_id, as_of, options.warehouse.provenance, options.clock.now(), journal)
                    fetched = len(client.remembered)
                    pulls, failing = land_part(connection, scope, open_part, client)
                    left_out |= failing  # later years are judged by the earlier ones
                    refusal = next((f"{p.error} The same command goes on from here." for p in pulls if p.error and _is_too_often(p)), None)
                    fetched, new_rows = len(client.remembered) - fetched, _new_rows(connection, run_id)
                    pace.note(fetched)
                    yield Done(open_part, number, len(parts), fetched, new_rows, failing, pace.left(parts[number:], open_part), refusal)
                    if refusal:
                        break


def _is_too_often(answer: Pull) -> bool:
    return answer.error is not None and TOO_OFTEN in answer.error.found


def land_part(connection: duckdb.DuckDBPyConnection, scope: Scope, part: Part, client: Client) -> tuple[list[Pull], dict[str, str]]:
    """Pull, judge and merge one part; the series that failed, with the reason. A rebuild does the same out of the archive."""
    if part.provider == sec.PROVIDER:
        client.asks |= {"sec_data_sets": _quarters(part.days, scope.as_of)}
    begin(scope, part.provider, client, part.span, part.days, tuple(s.series_id for s in part.series))
    reader, pulls = READERS[part.provider], []
    loaded = loaded_requests(connection, part.provider, scope.as_of)
    for n, one in enumerate(part.series, start=1):
        tell(f"{part.provider} {part.days[0].year}: {one.symbol} ({n} of {len(part.series)})")
        window = Window(*(part.days if part.provider in EACH_YEAR else part.span), loaded=loaded)
        pulls.append(_cut(pull(reader, one, client, window), part))
        if _is_too_often(pulls[-1]):
            break  # the others stay open: they are asked for when the same span is asked for again
    failing: dict[str, str] = {}

    def landing() -> Iterator[Any]:
        failing.update((yield from judge_and_merge(connection, scope, [contracts()[t] for t in reader.TABLES], pulls)))

    for _ in landing():  # what it tells Dagster is of runs
        pass
    return pulls, failing


def _cut(answer: Pull, part: Part) -> Pull:
    """What the part is about; a row whose day cannot be read stays, for gate 1 to see."""
    if part.provider in EACH_YEAR:
        return replace(answer, asked_from=part.days[0], asked_to=part.days[1])
    frames = {}
    for name, frame in answer.frames.items():
        day = pl.col(contracts()[name].date_column)
        day = day.str.to_date("%Y-%m-%d", strict=False) if frame.schema[contracts()[name].date_column] == pl.String else day
        frames[name] = frame.filter(day.is_between(*part.days).fill_null(True))
    return replace(answer, frames=frames, asked_from=part.days[0], asked_to=part.days[1])


def _quarters(days: Span, as_of: date) -> tuple[str, ...]:
    """The data sets of quarters that end within the days and are there by now."""
    found = []
    for year in range(days[0].year, days[1].year + 1):
        for quarter in range(1, 5):
            end = date(year + quarter // 4, 3 * quarter % 12 + 1, 1) - timedelta(days=1)
            if days[0] <= end <= days[1] and end + DATA_SET_AFTER <= as_of:
                found.append(f"{year}q{quarter}")
    return tuple(found)


def _new_rows(connection: duckdb.DuckDBPyConnection, run_id: str) -> int:
    rows = connection.execute("select coalesce(sum(new_rows), 0) from quality.source_pulls where run_id = ?", [run_id]).fetchall()
    return int(rows[0][0])
