"""The archive's index beside a landing: begun, merging, merged; a landing that a kill left in between is settled. Not for the file itself (sources/journal.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from pipelines.assets.landing.batch import Scope
from pipelines.sources.http import Client
from pipelines.sources.journal import Landing, unsettled

BACKFILL = "backfill-"  # what the run_id of its landings begins with
UNLOGGED = ("clock",)  # what leaves no row in source_pulls


def begin(
    scope: Scope,
    provider: str,
    client: Client | None = None,
    span: tuple[date, date] | None = None,
    part: tuple[date, date] | None = None,
    series: tuple[str, ...] | None = None,
) -> None:
    """Note who lands and what it was told; from here on the client's answers are noted too."""
    if client is not None:
        client.journal, client.today = scope.journal, scope.now.date()
    if scope.journal:
        told = (bool(client.token(provider)), bool(client.contact), client.asks) if client is not None else (False, False, {})
        scope.journal.begin(Landing(scope.run_id, provider, scope.as_of, scope.now, *told, span, part, series, scope.accept, scope.force))


@contextmanager
def merging(connection: duckdb.DuckDBPyConnection, scope: Scope) -> Iterator[None]:
    """All that is written within, or nothing of it; the index says which."""
    if scope.journal:
        scope.journal.mark("merging")
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    if scope.journal:
        scope.journal.mark("merged")


def settle(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Complete the index after a kill between `merging` and `merged`: the warehouse knows which it was."""
    found = unsettled(folder)
    if found is None:
        return
    journal, landing = found
    logged = connection.execute(
        "select count(*) from quality.source_pulls where run_id = ? and source = ?", [landing.run_id, landing.provider]
    ).fetchall()[0][0]
    journal.mark("merged" if logged or landing.provider in UNLOGGED else "dropped")
