"""What earlier landings say about what to ask for now: answers that are in already, members of the lists held. Not for asking."""

from datetime import UTC, date, datetime

import duckdb

from pipelines.contracts import contracts

# Tables that list members, with the column of their tickers.
LISTS = {
    "ishares_holdings": ("ticker", "holdings_date"),
    "ssga_holdings": ("ticker", "holdings_date"),
    "drop_constituents": ("symbol", "snapshot_date"),
}


def loaded_requests(connection: duckdb.DuckDBPyConnection, provider: str, as_of: date) -> frozenset[str]:
    """Requests whose answers were merged whole, in every table they fill: as of an earlier day, what lay after it is still out."""
    rows = connection.execute(
        """
        select unnest(string_split(request, '; '))
        from quality.source_pulls
        where source = ? and sha256 is not null
        group by run_id, series_id, request
        having bool_and(status in ('merged', 'unchanged')) and (max(coalesce(later_rows, 0)) = 0 or max(as_of_date) >= ?)
        """,
        [provider, as_of],
    ).fetchall()
    return frozenset(row[0] for row in rows)


def requests_of_a_day(connection: duckdb.DuckDBPyConnection, provider: str, now: datetime) -> int:
    """Requests the provider has had in the 24 hours before now; one that failed counts as one."""
    rows = connection.execute(
        """
        select coalesce(sum(n), 0)
        from (
            select max(if(request = '', 1, length(request) - length(replace(request, '; ', ' ')) + 1)) as n
            from quality.source_pulls
            where source = $provider and status <> 'not_asked' and pulled_at between $now - interval 24 hour and $now
            group by run_id, series_id
        )
        """,
        {"provider": provider, "now": now.astimezone(UTC).replace(tzinfo=None)},
    ).fetchall()
    return int(rows[0][0])


def member_tickers(connection: duckdb.DuckDBPyConnection, as_of: date) -> tuple[str, ...]:
    """Tickers of every list of members held by a day, whatever its age: a company that left is still of the past."""
    parts = [
        f"select {ticker} as ticker from raw.{table} where {day} <= $as_of" + (" and asset_class = 'equity'" if "holdings" in table else "")
        for table, (ticker, day) in LISTS.items()
        if table in contracts()
    ]
    rows = connection.execute(
        f"select distinct ticker from ({' union all '.join(parts)}) where ticker is not null order by 1", {"as_of": as_of}
    ).fetchall()
    return tuple(row[0] for row in rows)
