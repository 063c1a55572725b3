"""Gate 3: the candidate against itself, against the raw data, against the calendar and against the last publication. Not for single tables (dbt tests those).

Each check is SQL that returns the failing rows. `rotation` is the candidate, `work` the working file, `published` the last publication of the same mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.contracts import TableContract, contracts
from pipelines.resources.fingerprint import columns_of, tables_of

# Days of a mart: the first of these columns it has is the one its past is told by.
DATE_COLUMNS = ("session_date", "month_end", "quarter_end", "captured_on", "effective_date", "event_date", "date", "date_day", "window_end")
# Columns that name what a mart's row is computed from.
IDENTITIES = ("instrument_id", "small_id", "large_id", "series_id", "universe_id", "small_universe_id", "large_universe_id", "list_id",
              "source_id", "small_source_id", "large_source_id")  # fmt: skip
# Marts whose rows rank or count one another: what moves one row may move all of its session.
CROSS_SECTIONS = ("fct_sector_performance_daily",)
# Marts of one subject, whose rows do not name their series.
RESTS_ON = dict.fromkeys(("fct_policy_moves", "fct_policy_stance_daily"), ("DFEDTAR", "DFEDTARU", "DFEDTARL"))
SAMPLE_ROWS = 10


@dataclass(frozen=True)
class Reconciliation:
    """One check: what it guards against, what to do, and the SQL of its failing rows."""

    name: str
    table: str
    guards_against: str
    cure: str
    sql: str


@dataclass(frozen=True)
class Verdict:
    """What a check found; `sample` is JSON of some failing rows."""

    check: Reconciliation
    failing_rows_n: int
    sample: str

    @property
    def passed(self) -> bool:
        return self.failing_rows_n == 0


FIXED: tuple[Reconciliation, ...] = (
    Reconciliation(
        "required_series_are_on_time",
        "quality.freshness",
        "A verdict drawn on yesterday's prices, or without one of its four pillars.",
        "See `rotation status` for the series and how late it is; run again when the provider has it.",
        "select f.series_id, f.status, f.last_observation, f.expected_by, f.sessions_late from rotation.quality.freshness f "
        "where f.is_required and f.status <> 'fresh' and f.stood_in_by is null",
    ),
    Reconciliation(
        "newest_session_is_whole",
        "marts.fct_performance_daily",
        "One index a session ahead of another.",
        "Run again when every required price has the session's bar.",
        "select r.instrument_id, d.session_date from rotation.reference.series_catalog r, work.raw.clock_day d "
        "where r.is_required and r.kind in ('index', 'fund') and not exists (select 1 from rotation.marts.fct_performance_daily p "
        "where p.instrument_id = r.instrument_id and p.session_date = d.session_date and p.horizon = '1d' and p.close is not null)",
    ),
    Reconciliation(
        "returns_follow_from_raw_closes",
        "marts.fct_performance_daily",
        "A close in the marts that is not the provider's, or a return that is not close over base.",
        "A model changed its arithmetic: compare fct_performance_daily with int_prices_daily for the rows shown.",
        "select p.session_date, p.instrument_id, p.horizon, p.close, p.base_close, p.return_pct from rotation.marts.fct_performance_daily p "
        "where p.return_pct is not null and abs(p.return_pct - (p.close / p.base_close - 1) * 100) > 1e-3 * greatest(1, abs(p.return_pct) / 100) "
        "union all select p.session_date, p.instrument_id, p.horizon, p.close, raw.close, null from rotation.marts.fct_performance_daily p "
        "join rotation.reference.series_catalog c on c.series_id = p.series_id and c.provider = 'yahoo' join ("
        "select symbol, session_date, arg_max(close, (known_on, pulled_at)) as close from work.raw.yahoo_bars "
        "where known_on <= (select as_of_date from work.raw.clock_day) group by all"
        ") raw on raw.symbol = c.symbol and raw.session_date = p.session_date "
        "where p.horizon = '1d' and p.price_basis = 'price' and abs(p.close / raw.close - 1) > 1e-5",
    ),
    Reconciliation(
        "relative_return_is_small_minus_large",
        "marts.fct_relative_performance_daily",
        "A pair whose parts are not the returns published beside it.",
        "Compare fct_relative_performance_daily with fct_performance_daily for the rows shown.",
        "select * from rotation.marts.fct_relative_performance_daily r "
        "where r.excess_pp is not null and abs(r.excess_pp - (r.small_return_pct - r.large_return_pct)) > 2e-4",
    ),
    Reconciliation(
        "fund_moves_with_its_index",
        "marts.fct_performance_daily",
        "A wrong bar in an index or its fund: on the newest session they may differ by 1.5 points at the most.",
        "Compare the bars of both with a third source and withdraw the wrong one.",
        "select f.session_date, f.instrument_id, f.return_pct as fund_pct, i.instrument_id as index_id, i.return_pct as index_pct "
        "from rotation.marts.fct_performance_daily f join rotation.marts.dim_instrument d using (instrument_id) "
        "join rotation.marts.fct_performance_daily i on i.instrument_id = d.proxy_of and i.session_date = f.session_date and i.horizon = f.horizon "
        "where f.horizon = '1d' and f.session_date = (select session_date from work.raw.clock_day) and abs(f.return_pct - i.return_pct) > 1.5",
    ),
    Reconciliation(
        "policy_range_is_the_last_move",
        "marts.fct_policy_moves",
        "A target range that does not follow from its own moves.",
        "Compare fct_policy_moves with raw.fred_observations of DFEDTARU.",
        "with last_move as (select arg_max(upper_pct, effective_date) as upper_pct from rotation.marts.fct_policy_moves), "
        "observed as (select arg_max(value_pct, session_date) as upper_pct from rotation.marts.fct_rates_daily where series_id = 'DFEDTARU' and value_pct is not null) "
        "select l.upper_pct as by_moves, o.upper_pct as observed from last_move l, observed o where l.upper_pct is distinct from o.upper_pct",
    ),
    Reconciliation(
        "breadth_counts_add_up",
        "marts.fct_breadth_daily",
        "Companies counted twice or lost: advances, declines and unchanged are members with a close on both days.",
        "Look at int_member_prices_daily for the sessions shown.",
        "select session_date, universe_id, members_n, advances, declines, unchanged from rotation.marts.fct_breadth_daily "
        "where advances + declines + unchanged > members_n or eligible_50_n > members_n or eligible_200_n > eligible_50_n "
        "or new_highs_252d + new_lows_252d > 2 * members_n",
    ),
    Reconciliation(
        "sector_counts_add_up",
        "marts.fct_sector_performance_daily",
        "A sector missing from a session's count.",
        "Look at fct_sector_performance_daily for the sessions shown.",
        "select session_date, horizon, max(sectors_n) as sectors_n, count(return_pct) as rows_n from rotation.marts.fct_sector_performance_daily "
        "group by all having max(sectors_n) <> count(return_pct) or max(sectors_up_n) <> count(*) filter (return_pct > 0)",
    ),
    Reconciliation(
        "discount_follows_from_its_parts",
        "marts.fct_discount_monthly",
        "A discount that is not one minus small over large, or one stated where it had to be refused.",
        "Look at fct_discount_monthly for the months shown.",
        # the values are published to four decimals: the ratio may differ by what that rounding can do
        "with parts as (select *, case when metric = 'earnings_yield' then large_value / small_value else small_value / large_value end as ratio, "
        "5e-5 / abs(small_value) + 5e-5 / abs(large_value) as rounding from rotation.marts.fct_discount_monthly) "
        "select * from parts where (discount_pct is null) = (refusal_reason is null) or abs(discount_pct - (1 - relative) * 100) > 2e-4 "
        "or abs(relative - ratio) > abs(ratio) * rounding + 1e-6",
    ),
)


def _dated(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str, list[str]]]:
    """Marts told by day: name, day column, all columns. Those with an as-of date describe one day only and are left out."""
    found = []
    for schema, table in tables_of(connection, database, ("marts",)):
        columns = [name for name, _ in columns_of(connection, database, schema, table)]
        day = next((c for c in DATE_COLUMNS if c in columns), None)
        if day and "as_of_date" not in columns:
            found.append((table, day, columns))
    return found


def _every_table(connection: duckdb.DuckDBPyConnection, mode: str) -> list[Reconciliation]:
    provenance, future = [], []
    for _, table in tables_of(connection, "rotation", ("marts",)):
        names = [name for name, _ in columns_of(connection, "rotation", "marts", table)]
        # definitions and public dates are the same in both markets; measures are not
        wrong = (
            "provenance <> 'simulated'"
            if mode == "sample" and table.startswith("fct_")
            else "provenance is null"
            if mode == "sample"
            else "provenance not in ('observed', 'derived')"
        )
        provenance.append(
            f"select '{table}' as table_name, count(*) as rows_n from rotation.marts.{table} where {wrong} or provenance is null having count(*) > 0"
        )
        late = [c for c in ("session_date", "month_end", "quarter_end", "captured_on", "effective_date", "known_on") if c in names]
        if late:
            latest = ", ".join(f"max({c})" for c in late)
            newest = f"greatest({latest})" if len(late) > 1 else latest
            future.append(
                f"select '{table}' as table_name, {newest} as newest from rotation.marts.{table} having {newest} > (select as_of_date from work.raw.clock_day)"
            )
    return [
        Reconciliation(
            "provenance_is_of_this_market",
            "marts",
            "Simulated and observed values in one warehouse.",
            "Remove the working file of this mode and run again: it was filled with the other market's data.",
            " union all ".join(provenance),
        ),
        Reconciliation(
            "nothing_from_after_the_day",
            "marts",
            "A value that was not known on the as-of day.",
            "A model reads a raw table without its known_on: use the int_ model that cuts at the as-of day.",
            " union all ".join(future),
        ),
    ]


def _against_published(connection: duckdb.DuckDBPyConnection, accepted_tables: Sequence[str] = ()) -> list[Reconciliation]:
    """Past values and row counts against the last publication, on the days both hold."""
    connection.execute("create or replace temp table explained as " + _explained())
    common = "least((select max(as_of_date) from published.marts.dim_metric), (select as_of_date from work.raw.clock_day))"
    candidate = {table: columns for table, _, columns in _dated(connection, "rotation")}
    moved, shrunk = [], []
    for table, day, columns in _dated(connection, "published"):
        if table not in candidate or table in accepted_tables:
            continue
        both = [c for c in columns if c in candidate[table]]
        listed = ", ".join(f'"{c}"' for c in both)
        known = f" and p.known_on <= {common}" if "known_on" in both else ""
        excused = _excused(table, day, both)
        past = f"(select {listed} from published.marts.{table} p where p.{day} <= {common}{known} except select {listed} from rotation.marts.{table})"
        moved.append(
            f"select '{table}' as table_name, x.{day} as day, to_json(x)::varchar as published_row from {past} x where true{excused}"
        )
        count = f"select count(*) from {{0}}.marts.{table} p where p.{day} <= {common}{known}"
        shrunk.append(
            f"select '{table}' as table_name, ({count.format('published')}) as published_n, ({count.format('rotation')}) as candidate_n "
            f"where ({count.format('rotation')}) < ({count.format('published')})"
        )
    if not moved:
        return []
    return [
        Reconciliation(
            "past_values_stay",
            "marts",
            "History rewritten under the reader: a published value of a past day changed, and no revision or late data since explains it.",
            'Find the change of model or data behind the rows shown; if it is meant, accept it once: rotation run --accept past_values_stay="why".',
            " union all ".join(moved),
        ),
        Reconciliation(
            "row_counts_do_not_shrink",
            "marts",
            "Past rows lost.",
            'Find what removed them; if it is meant, accept it once: rotation run --accept row_counts_do_not_shrink="why".',
            " union all ".join(shrunk),
        ),
    ]


def _excused(table: str, day: str, columns: Sequence[str]) -> str:
    """What a changed row may rest on: the ids it names, all those of its table where rows move one another, or its subject's series."""
    whole = table in CROSS_SECTIONS
    is_told = [f"e.id = {f'any (select {c} from published.marts.{table})' if whole else f'x.{c}'}" for c in IDENTITIES if c in columns]
    if table in RESTS_ON:
        is_told.append(f"e.id in {RESTS_ON[table]}")
    if "input_ids" in columns:  # rows that name all they rest on
        is_told.append("list_contains(string_split(x.input_ids, ' '), e.id)")
    return "".join(f" and not exists (select 1 from explained e where {told} and e.since <= x.{day})" for told in is_told)


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


def reconcile(connection: duckdb.DuckDBPyConnection, mode: str) -> list[Verdict]:
    """Run every check of gate 3 on an open candidate (see Warehouse.candidate)."""
    checks = [*FIXED, *_every_table(connection, mode)]
    databases = {row[0] for row in connection.execute("select database_name from duckdb_databases()").fetchall()}
    if "published" in databases:
        checks += _against_published(connection)
    return [verdict(connection, check) for check in checks]


STORIES = {  # said before any candidate is there; the last four checks are made of the tables there are
    **{c.name: f"{c.guards_against} {c.cure}" for c in FIXED},
    "provenance_is_of_this_market": "Simulated rows among observed ones, or the other way round, in any table.",
    "nothing_from_after_the_day": "A row of a day after the as-of day: what nobody could know then.",
    "past_values_stay": "A published row of a past day that is another one now, though no revision, late data or split explains it.",
    "row_counts_do_not_shrink": "Fewer rows of the days that were published before.",
}
NAMES = tuple(STORIES)


def verdict(connection: duckdb.DuckDBPyConnection, check: Reconciliation) -> Verdict:
    """What one check finds."""
    failing: pl.DataFrame = connection.sql(check.sql).pl()
    return Verdict(
        check,
        failing.height,
        failing.head(SAMPLE_ROWS).with_columns(pl.all().cast(pl.String, strict=False)).write_json() if failing.height else "",
    )
