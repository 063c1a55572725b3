"""The answer at the end of a run: what the rotation looks like as of the day, read from the published file. Not for drawing it (cli.py)."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.report.case import risk_sentence, score_sentence
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import read_only

HORIZONS = ("1d", "1m", "3m", "ytd", "1y", "5y", "10y")


@dataclass(frozen=True)
class Answer:
    """Plain values and sentences; the same for a terminal and as JSON."""

    as_of_date: str
    session_date: str
    provenance: str
    source_mode: str
    headline: str
    sentences: tuple[str, ...]
    horizons: tuple[dict[str, Any], ...]
    gates: tuple[dict[str, Any], ...]
    warned: tuple[dict[str, Any], ...]
    stale: tuple[dict[str, Any], ...]
    changed_by_provider: tuple[dict[str, Any], ...]
    blocked: tuple[dict[str, Any], ...]
    accepted: dict[str, str]
    database: str

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=str, indent=2)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or [])
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_answer(folder: Path) -> Answer:
    """Read the answer of the publication in published/<mode>.

    Raises:
        WarehouseError: nothing is published there.
    """
    publication = Publication(folder)
    with read_only(publication.database) as connection:
        return answer_from(connection, publication.manifest() or {}, publication.database)


def answer_from(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any], database: Path) -> Answer:
    """The answer of an open file, as its manifest says what it is."""
    pair = _rows(
        connection,
        "select * from marts.fct_relative_performance_daily where small_id = 'R2000' and large_id = 'SP500' "
        "and session_date = (select max(session_date) from marts.fct_relative_performance_daily where small_id = 'R2000' and large_id = 'SP500')",
    )
    by_horizon = {row["horizon"]: row for row in pair}
    horizons = tuple(
        {k: by_horizon[h][k] for k in ("horizon", "small_return_pct", "large_return_pct", "excess_pp", "multiple", "multiple_reason")}
        for h in HORIZONS
        if h in by_horizon
    )
    session = str(pair[0]["session_date"]) if pair else "no session"
    simulated = manifest.get("provenance") == "simulated"
    return Answer(
        as_of_date=manifest.get("as_of_date", ""),
        session_date=session,
        provenance=manifest.get("provenance", ""),
        source_mode=manifest.get("source_mode", ""),
        headline=_headline(by_horizon, simulated),
        sentences=tuple(
            s
            for s in (
                _breadth(connection),
                _sectors(connection),
                _policy(connection),
                _discount(connection),
                score_sentence(connection),
                risk_sentence(connection),
            )
            if s
        ),
        horizons=horizons,
        gates=tuple(
            _rows(
                connection,
                "select gate, count(*) as checks_n, count(*) filter (passed) as passed_n, "
                "count(*) filter (not passed and severity = 'warn') as warned_n from quality.check_results where run_id = ? group by gate order by gate",
                [manifest.get("run_id")],
            )
        ),
        warned=tuple(
            _rows(
                connection,
                "select gate, table_name, check_name, observed from quality.check_results where run_id = ? and not passed and severity = 'warn' "
                "order by gate, table_name, check_name",
                [manifest.get("run_id")],
            )
        ),
        stale=tuple(
            _rows(
                connection,
                "select series_id, status, last_observation::varchar as last_observation, sessions_late from quality.freshness "
                "where status not in ('fresh', 'ended') order by status, series_id",
            )
        ),
        changed_by_provider=tuple(
            _rows(
                connection,
                "select series_id, table_name, revised_rows, withdrawn_rows from quality.source_pulls "
                "where run_id = ? and (revised_rows > 0 or withdrawn_rows > 0) order by series_id, table_name",
                [manifest.get("run_id")],
            )
        ),
        blocked=tuple(
            _rows(
                connection,
                "select run_id, as_of_date::varchar as as_of_date, gate, reason from quality.blocked_runs "
                "where run_id in (select run_id from quality.blocked_runs order by blocked_at desc limit 1)",
            )
        ),
        accepted=manifest.get("accepted", {}),
        database=str(database),
    )


def _headline(by_horizon: dict[str, dict[str, Any]], simulated: bool) -> str:
    """Small against large over the year, three months and one month; on simulated prices it says so and gives no verdict."""
    lead = [h for h in ("1m", "3m", "ytd") if by_horizon.get(h, {}).get("excess_pp") is not None]
    ahead = [h for h in lead if by_horizon[h]["excess_pp"] > 0]
    if not lead:
        return "There is no relative return to speak of yet."
    market = "In the simulated market (not the real one) " if simulated else ""
    if len(ahead) == len(lead):
        said = f"small caps are ahead of large caps over {' and '.join(lead)}."
    elif not ahead:
        said = f"small caps are behind large caps over {' and '.join(lead)}."
    else:
        behind = [h for h in lead if h not in ahead]
        said = f"the picture is mixed: small caps are ahead over {' and '.join(ahead)}, behind over {' and '.join(behind)}."
    text = market + said
    return text[0].upper() + text[1:]


def _breadth(connection: duckdb.DuckDBPyConnection) -> str | None:
    rows = _rows(
        connection,
        "select universe_id, pct_above_sma_200, members_n, eligible_200_n, membership_basis from marts.fct_breadth_daily "
        "where session_date = (select max(session_date) from marts.fct_breadth_daily) and pct_above_sma_200 is not null order by universe_id",
    )
    if not rows:
        return None
    parts = [
        f"{r['universe_id']} {r['pct_above_sma_200']:.0f} % (of {r['eligible_200_n']:,}, membership {r['membership_basis']})" for r in rows
    ]
    return f"Above their 200-day average: {', '.join(parts)}."


def _sectors(connection: duckdb.DuckDBPyConnection) -> str | None:
    rows = _rows(
        connection,
        "select sector, return_pct, sectors_up_n, sectors_n from marts.fct_sector_performance_daily where horizon = '1d' and return_pct is not null "
        "and session_date = (select max(session_date) from marts.fct_sector_performance_daily) order by return_pct desc",
    )
    if not rows:
        return None
    best, worst = rows[0], rows[-1]
    return (
        f"Sectors up on the day: {best['sectors_up_n']} of {best['sectors_n']}; "
        f"best {best['sector']} {best['return_pct']:+.2f} %, worst {worst['sector']} {worst['return_pct']:+.2f} %."
    )


def _policy(connection: duckdb.DuckDBPyConnection) -> str | None:
    rows = _rows(connection, "select * from marts.fct_policy_moves order by effective_date desc limit 1")
    if not rows:
        return None
    r = rows[0]
    return (
        f"Fed funds target {r['lower_pct']:.2f}–{r['upper_pct']:.2f} % since {r['effective_date']} ({r['change_bp']:+.0f} bp); "
        f"move {r['consecutive_moves']} of its run, {r['cumulative_bp']:+.0f} bp in all; stance {r['stance']}."
    )


def _discount(connection: duckdb.DuckDBPyConnection) -> str | None:
    rows = _rows(
        connection,
        "select month_end, metric, basis, aggregation, loss_treatment, small_source_id, large_source_id, discount_pct from marts.fct_discount_monthly "
        "where small_universe_id = 'R2000' and large_universe_id = 'SP500' and discount_pct is not null "
        "qualify month_end = max(month_end) over () order by discount_pct",
    )
    if not rows:
        refused = _rows(connection, "select count(*) as n from marts.fct_discount_monthly where refusal_reason is not null")[0]["n"]
        return (
            f"No discount can be stated: {refused} comparisons were refused, each with its reason in fct_discount_monthly."
            if refused
            else None
        )
    low, high = rows[0], rows[-1]
    if low is high:
        return f"Small-cap discount at {low['month_end']}: {low['discount_pct']:+.1f} % ({_definition(low)})."
    return (
        f"Small-cap discount at {low['month_end']}: from {low['discount_pct']:+.1f} % ({_definition(low)}) to "
        f"{high['discount_pct']:+.1f} % ({_definition(high)}), by definition."
    )


def _definition(row: dict[str, Any]) -> str:
    sources = dict.fromkeys((row["small_source_id"], row["large_source_id"]))
    return f"{row['metric']} {row['basis']}, {row['aggregation']}, losses {row['loss_treatment']}, {' / '.join(sources)}"
