"""Fixtures of the landing's tests: a fund pulled day by day. Not for tests."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from fund_market import DAYS, IWM, OVERLAP, TABLES, Market

from pipelines.assets.landing.batch import Batch, Pull, Scope, judge, merge_passed
from pipelines.contracts import contracts
from pipelines.sources import yahoo
from pipelines.sources.archive import Archive
from pipelines.sources.exchange import to_sessions
from pipelines.sources.http import Client
from pipelines.sources.interface import Window
from tests.unit.sources.conftest import Canned


@pytest.fixture
def pull(connection: duckdb.DuckDBPyConnection, tmp_path: Any) -> Callable[..., dict[str, Batch]]:
    """`pull(market, day)`: what a run as of a day does with the fund; the overlap is asked for again."""

    def land(market: Market, day: date, as_of: date | None = None) -> dict[str, Batch]:
        held = connection.execute("select max(session_date) from raw.yahoo_bars").fetchall()[0][0]
        start = held - OVERLAP if held else None
        now = datetime(day.year, day.month, day.day, 22, tzinfo=UTC)
        as_of = as_of or day
        with Client(
            Archive(tmp_path / "archive"), None, None, 1, 5, 0, Canned(market.chart(start or DAYS[0], day)), now=lambda: now
        ) as client:
            frames = yahoo.read(IWM, client, Window(start, as_of))
            pulled = Pull(IWM, frames, client.receipts, asked_from=start)
        scope = Scope(f"run of {day}", as_of, max(as_of, held or as_of), "observed", to_sessions, now)
        batches, actions = {}, None
        for name in TABLES:
            batches[name] = judge(connection, contracts()[name], [pulled], scope, actions)
            actions = batches[name].rows if name == "yahoo_actions" and batches[name].rows.height else actions
        failing = {s for b in batches.values() for c in b.checks for s in c.failing_series}
        for batch in batches.values():
            merge_passed(connection, batch, failing, scope)
        return batches

    return land
