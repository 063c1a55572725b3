"""What stands beside every answer: whose market, simulated or observed, as of when, how far behind, which series are late. Not for the answers."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from pipelines.resources.clock import Clock
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import WarehouseError
from pipelines.settings import Mode
from pipelines.sources import exchange


@dataclass(frozen=True)
class Standing:
    """`said` is all of it in words; the rest is the same for programs."""

    said: str
    market: Mode
    provenance: str
    as_of_date: str
    session_date: str
    sessions_behind_today: int
    late_series: tuple[str, ...]
    run_id: str
    published_at: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"late_series": list(self.late_series)}


def standing(connection: duckdb.DuckDBPyConnection, publication: Publication, market: Mode, clock: Clock) -> Standing:
    """Of the publication that the connection reads.

    Raises:
        WarehouseError: it has no manifest.
    """
    manifest = publication.manifest()
    if manifest is None:
        raise WarehouseError(
            f"{publication.folder} has no manifest, so nothing can be said of where its numbers come from. Run `rotation run --sources {market}`."
        )
    session: date = connection.execute("select max(session_date) from reference.sessions").fetchall()[0][0]
    newest = clock.as_of(None)
    behind = exchange.sessions(session + timedelta(days=1), newest).height if newest > session else 0
    late = connection.execute(
        "select series_id || ' (' || status || ', last ' || coalesce(last_observation::varchar, 'never') || ')' from quality.freshness "
        "where status not in ('fresh', 'ended') order by series_id"
    ).fetchall()
    names = tuple(name for (name,) in late)
    simulated = manifest["provenance"] == "simulated"
    said = "SIMULATED market, generated prices: no statement about the real one. " if simulated else "Observed market. "
    said += f"As of {manifest['as_of_date']}, newest session {session}, {behind:,} sessions behind today"
    said += " (the simulated market ends there). " if simulated else ". " if not behind else ": STALE. "
    said += f"Late or missing series: {', '.join(names) or 'none'}."
    return Standing(
        said,
        market,
        manifest["provenance"],
        manifest["as_of_date"],
        str(session),
        behind,
        names,
        manifest["run_id"],
        manifest["created_at"],
    )
