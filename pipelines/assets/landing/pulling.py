"""Asking a provider: each of its series for what we lack, or for all there is, one after the other. Not for what becomes of the answers (batch.py)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import duckdb

from pipelines.assets.landing.asked import loaded_requests, requests_of_a_day
from pipelines.assets.landing.batch import Pull, Scope
from pipelines.assets.landing.chain import stood_in
from pipelines.assets.landing.index import BACKFILL, begin
from pipelines.catalog import Series, catalog
from pipelines.contracts import TableContract, contracts
from pipelines.progress import tell
from pipelines.sources.http import Client
from pipelines.sources.interface import NotAsked, SourceError, Window
from pipelines.sources.readers import READERS, Reader

# Bars are asked for again over this many days, so that corrections are seen; a filing never changes, so only later ones are asked for.
# Other providers send their whole history each time.
OVERLAP_DAYS = {"yahoo": 90, "tiingo": 90, "stooq": 90, "nport": -1}


def pull_all(
    connection: duckdb.DuckDBPyConnection, scope: Scope, provider: str, client: Client, only: Sequence[str] | None = None
) -> list[Pull]:
    """Every series of a provider, asked for what we lack. `only`: the series that were in the catalogue when an archived answer came."""
    series = [stood_in(connection, s) for s in catalog().of(provider) if only is None or s.series_id in only]
    begin(scope, provider, client, series=tuple(s.series_id for s in series))
    reader, pulls = READERS[provider], list[Pull]()
    loaded = frozenset() if scope.force else loaded_requests(connection, provider, scope.as_of)
    missing = reader.unavailable(client)
    before = requests_of_a_day(connection, provider, scope.now)
    for n, one in enumerate(series, start=1):
        tell(f"{provider} {one.symbol} ({n} of {len(series)})")
        asked = before + sum(max(1, len(p.receipts)) for p in pulls if not p.not_asked)
        window = replace(_window(connection, contracts()[reader.TABLES[0]], one, scope), loaded=loaded, asked_today=asked)
        pulls.append(Pull(one, not_asked=missing) if missing else pull(reader, one, client, window))
    return pulls


def pull(reader: Reader, series: Series, client: Client, window: Window) -> Pull:
    """One series: its frames, or why there are none."""
    before = len(client.receipts)
    try:
        frames = reader.read(series, client, window)
    except NotAsked as reason:
        return Pull(series, not_asked=str(reason))
    except SourceError as problem:
        return Pull(series, receipts=client.receipts[before:], error=problem)
    return Pull(series, frames, client.receipts[before:], asked_from=window.start, asked_to=window.end)


def _window(connection: duckdb.DuckDBPyConnection, contract: TableContract, series: Series, scope: Scope) -> Window:
    """From where the runs before came to; the first run asks for all there is, whatever a backfill has fetched of it."""
    overlap = OVERLAP_DAYS.get(series.provider)
    if overlap is None or scope.force:
        return Window(None, scope.as_of)
    of_runs = f"and run_id not like '{BACKFILL}%'" if overlap > 0 else ""
    rows = connection.execute(
        f"select max({contract.date_column}) from raw.{contract.name} "
        f"where {contract.symbol_column} = ? and {contract.date_column} <= ? {of_runs}",
        [series.symbol, scope.as_of],
    ).fetchall()
    newest: date | None = rows[0][0]
    return Window(newest - timedelta(days=overlap) if newest else None, scope.as_of)
