"""Who of a chain stands in for a required series whose own provider fails: asked before it, and heard. Not for comparing them (quality.disagreements)."""

from dataclasses import replace

import duckdb

from pipelines.catalog import Series, catalog
from pipelines.contracts import contracts
from pipelines.resources.warehouse import latest

BARS = {c.provider: c.name for c in contracts().values() if c.name.endswith("_bars")}
"""The table of a provider's bars."""


def later_in_chain(series: Series) -> tuple[Series, ...]:
    """The series of the catalogue that stand in for this one, in their order."""
    if series.instrument_id is None or not series.is_required:
        return ()
    return tuple(s for s in catalog().chain(series.instrument_id) if s.priority > series.priority and s.provider in BARS)


def stood_in(connection: duckdb.DuckDBPyConnection, series: Series) -> Series:
    """The series; one that another of its chain has the newest session for need not stop the run, and is required no longer."""
    other = next((s for s in later_in_chain(series) if _has_newest_session(connection, s)), None)
    return replace(series, is_required=False) if other else series


def _has_newest_session(connection: duckdb.DuckDBPyConnection, series: Series) -> bool:
    contract = contracts()[BARS[series.provider]]
    whole = "collection = 'instruments'" if series.provider == "drop" else "not is_partial"
    rows = connection.execute(
        f"select count(*) from {latest(contract)} where symbol = ? and {whole} and session_date = (select session_date from raw.clock_day)",
        [series.symbol],
    ).fetchall()
    return bool(rows[0][0])
