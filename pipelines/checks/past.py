"""Gate 3: the past of every mart against the last publication, on the days both hold. Not for the newest day, nor for tables of one day only, unless of every vintage.

A row that is no longer there as it was published is told value by value (quality.past_changes), with the revision that explains it; a change
that nothing explains stops the run.
"""

import json
from collections.abc import Sequence
from functools import cache

import duckdb
import polars as pl

from pipelines.checks.verdicts import Reconciliation
from pipelines.contracts import TableContract, contracts
from pipelines.resources.dbt import ensure_manifest, unique_keys
from pipelines.resources.fingerprint import columns_of, tables_of
from pipelines.settings import settings

# Days of a mart: the first of these columns it has is the one its past is told by.
DATE_COLUMNS = ("session_date", "month_end", "quarter_end", "captured_on", "effective_date", "event_date", "date", "date_day", "window_end")
# Marts of every vintage of a file say which is the newest; a vintage once published keeps its rows, told by the day it came out.
OF_VINTAGES, CAME_OUT = "is_newest_vintage", "known_on"
# What a mart says of the day it was written on.
OF_THE_DAY = ("as_of_date", OF_VINTAGES)
# Columns that name what a mart's row is computed from.
IDENTITIES = ("instrument_id", "small_id", "large_id", "series_id", "universe_id", "small_universe_id", "large_universe_id", "list_id",
              "source_id", "small_source_id", "large_source_id")  # fmt: skip
# Marts whose rows rank or count one another: what moves one row may move all of its session.
CROSS_SECTIONS = ("fct_sector_performance_daily",)
# Marts of one subject, whose rows do not name their series.
RESTS_ON = dict.fromkeys(("fct_policy_moves", "fct_policy_stance_daily"), ("DFEDTAR", "DFEDTARU", "DFEDTARL"))
# Values listed a run; how many there are in all is in the check log.
MOST_LISTED = 100_000
COMMON = "least((select max(as_of_date) from published.marts.dim_metric), (select as_of_date from work.raw.clock_day))"
LISTED = {"table_name": pl.String, "day": pl.Date, "key": pl.String, "column_name": pl.String, "was": pl.String, "is_now": pl.String,
          "explained_by": pl.String}  # fmt: skip
# They read the temporary tables that against_published lays out.
CHECKS = (
    Reconciliation(
        "past_values_stay",
        "marts",
        "History rewritten under the reader: a published value of a past day changed, and no revision or late data since explains it.",
        "quality.past_changes lists each value, as it was and as it is. Find the change of model or data behind them; if it is meant, "
        'accept it once: rotation run --accept past_values_stay="why".',
        "select table_name, day, key, column_name, was, is_now from past_changes where explained_by is null order by day desc, table_name, key",
        "None: by what arrived, not by how much. A hundredth of a percent is as much a rewriting as five percent.",
    ),
    Reconciliation(
        "row_counts_do_not_shrink",
        "marts",
        "Past rows lost.",
        'Find what removed them; if it is meant, accept it once: rotation run --accept row_counts_do_not_shrink="why".',
        "select table_name, sum(published_n) as published_n, sum(candidate_n) as candidate_n from past_days group by 1 having sum(candidate_n) < sum(published_n)",
    ),
    Reconciliation(
        "columns_stay",
        "marts",
        "A promise broken: a published table or column is gone, or has another type, and queries and dashboards of readers break.",
        'Put it back, or say in CHANGELOG.md what takes its place and accept it once: rotation run --accept columns_stay="why".',
        "select p.schema_name || '.' || p.table_name as table_name, p.column_name, p.data_type as was, c.data_type as is_now "
        "from (from duckdb_columns() where database_name = 'published' and schema_name in ('marts', 'reference')) p "
        "left join (from duckdb_columns() where database_name = 'rotation') c using (schema_name, table_name, column_name) "
        "where c.data_type is distinct from p.data_type order by all",
    ),
)
NAMES = tuple(c.name for c in CHECKS)


def against_published(connection: duckdb.DuckDBPyConnection) -> list[Reconciliation]:
    """The checks; what they read is laid out here, in the temporary tables `past_days` and `past_changes`."""
    candidate = {table: columns for table, _, columns in _dated(connection, "rotation")}
    shared = [(t, day, [c for c in columns if c in candidate[t]]) for t, day, columns in _dated(connection, "published") if t in candidate]
    days = ["select null::varchar as table_name, null::date as day, 0 as published_n, 0 as candidate_n, false as is_same where false"]
    days += [_days(*one) for one in shared]
    connection.execute("create or replace temp table past_days as " + " union all ".join(days))
    apart = connection.execute("select distinct table_name from past_days where published_n > 0 and not is_same").fetchall()
    _list_changes(connection, [one for one in shared if (one[0],) in apart])
    return list(CHECKS)


def past_changes(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What against_published found, unexplained changes first; empty where nothing was published before."""
    if not connection.execute("select 1 from duckdb_tables() where temporary and table_name = 'past_changes'").fetchall():
        return pl.DataFrame(schema=LISTED)
    found: pl.DataFrame = connection.sql(
        f"from past_changes order by explained_by is not null, day desc, table_name, key, column_name limit {MOST_LISTED}"
    ).pl()
    return found


def _dated(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str, list[str]]]:
    """Marts told by day or vintage: name, day column, columns. Others with an as-of date describe one day only and are left out."""
    found = []
    for schema, table in tables_of(connection, database, ("marts",)):
        columns = [name for name, _ in columns_of(connection, database, schema, table)]
        days = (CAME_OUT,) if OF_VINTAGES in columns else () if "as_of_date" in columns else DATE_COLUMNS
        told = [c for c in columns if c not in OF_THE_DAY]
        found += [(table, day, told) for day in days if day in columns][:1]
    return found


def _days(table: str, day: str, columns: Sequence[str]) -> str:
    """Rows of each past day in both files, and whether their hashes are the same: it takes half the time of comparing the rows."""
    listed = ", ".join(f'"{c}"' for c in columns)
    of = f"select {day} as day, count(*) as n, bit_xor(hash({listed})) as hashed from {{0}}.marts.{table} p where {_known(day, columns)} group by 1"
    return (
        f"select '{table}', day, coalesce(p.n, 0), coalesce(c.n, 0), p.n is not distinct from c.n and p.hashed is not distinct from c.hashed "
        f"from ({of.format('published')}) p full join ({of.format('rotation')}) c using (day)"
    )


def _known(day: str, columns: Sequence[str]) -> str:
    return f"p.{day} <= {COMMON}" + (f" and p.known_on <= {COMMON}" if "known_on" in columns else "")


def _list_changes(connection: duckdb.DuckDBPyConnection, apart: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    ddl = ", ".join(f"null::{'date' if kind == pl.Date else 'varchar'} as {name}" for name, kind in LISTED.items())
    connection.execute(f"create or replace temp table past_changes as select {ddl} where false")
    if apart:
        connection.execute("create or replace temp table explained as " + _explained())
    for table, day, columns in apart:
        names, of_days = (
            ", ".join(f'"{c}"' for c in columns),
            f"{day} in (select day from past_days where table_name = '{table}' and not is_same)",
        )
        connection.execute(
            f"create or replace temp table moved as select {names} from published.marts.{table} p where {_known(day, columns)} and p.{of_days} "
            f"except select {names} from rotation.marts.{table} where {of_days}"
        )
        connection.execute("insert into past_changes " + _changes(table, day, columns))


def _changes(table: str, day: str, columns: Sequence[str]) -> str:
    """Published rows that are not in the candidate, column by column beside the row of the same key there; a row that is gone as one line."""
    key = [c for c in _keys().get(table, ()) if c in columns] or list(columns)
    same = " and ".join(f'x."{c}" is not distinct from c."{c}"' for c in key)
    values = ", ".join(f"{{'n': '{c}', 'was': x.\"{c}\"::varchar, 'now': c.\"{c}\"::varchar}}" for c in columns if c not in key)
    gone = "{'n': 'the row', 'was': to_json(x)::varchar, 'now': null::varchar}"
    keys = "to_json({" + ", ".join(f"'{c}': x.\"{c}\"::varchar" for c in key) + "})::varchar"
    return f"""
        select '{table}', day, key, u.n, u.was, u.now, explained_by
        from (
            select x.{day} as day, {keys} as key, {_explanation(table, day, columns)} as explained_by,
                unnest(case when c."{key[0]}" is null then [{gone}] else [{values or gone}] end) as u
            from moved x
            left join (select * from rotation.marts.{table} semi join moved using ({day})) c on {same}
        )
        where u.was is distinct from u.now"""


def _explanation(table: str, day: str, columns: Sequence[str]) -> str:
    """What a changed row may rest on: the ids it names, all those of its table where rows move one another, or its subject's series."""
    whole = table in CROSS_SECTIONS
    is_told = [f"e.id = {f'any (select {c} from published.marts.{table})' if whole else f'x.{c}'}" for c in IDENTITIES if c in columns]
    if table in RESTS_ON:
        is_told.append(f"e.id in {RESTS_ON[table]}")
    if "input_ids" in columns:  # rows that name all they rest on
        is_told.append("list_contains(string_split(x.input_ids, ' '), e.id)")
    told = [f"(select min(e.id) from explained e where {told} and e.since <= x.{day})" for told in is_told]
    return f"coalesce({', '.join(told)})" if told else "null::varchar"


def _explained() -> str:
    """Ids whose past may move, and since which day: what a revision, late data or a split told us since the last publication."""
    told = " union all ".join(_told(c) for c in contracts().values() if c.symbol_column or c.feeds or c.provider == "drop")
    return f"""
        with told as (select provider, symbol, collection, feeds, min(day) as since from ({told}) group by all)
        select id, min(since) as since
        from (
            select unnest([c.instrument_id, c.series_id, t.symbol, t.collection, t.feeds]) as id, t.since
            from told t left join rotation.reference.series_catalog c on c.provider = t.provider and c.symbol = t.symbol
        )
        where id is not null
        group by id
    """


def _told(contract: TableContract) -> str:
    symbol = contract.symbol_column or "null::varchar"
    collection = next((c for c in ("collection", "universe_id", "list_id") if c in contract.schema), "null::varchar")
    feeds = f"'{contract.feeds}'" if contract.feeds else "null::varchar"
    # a split moves every level before it
    has_splits = "kind" in contract.schema
    day = f"case when kind = 'split' then date '0001-01-01' else {contract.date_column} end" if has_splits else contract.date_column
    return (
        f"select '{contract.provider}' as provider, {symbol} as symbol, {collection} as collection, {feeds} as feeds, {day} as day from work.raw.{contract.name} "
        f"where run_id not in (select run_id from published.quality.source_pulls where run_id is not null) "
        f"and {contract.date_column} <= (select max(as_of_date) from published.marts.dim_metric)"
    )


@cache
def _keys() -> dict[str, tuple[str, ...]]:
    """Key columns of each mart, as its dbt test says."""
    return unique_keys(json.loads(ensure_manifest(settings()).read_text(encoding="utf-8")))
