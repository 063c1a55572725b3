"""Gate 3: the candidate against itself, the raw data and the calendar. Not for what markets, lists and sums say of one another (across).

`rotation` is the candidate, `work` the working file.
"""

from dataclasses import replace

import duckdb

from pipelines.checks.verdicts import Reconciliation
from pipelines.resources.fingerprint import columns_of, tables_of

WITHIN: tuple[Reconciliation, ...] = (
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
        "What rounding can do: closes and returns are published to four decimals (1e-3 points, 1e-5 of a close).",
    ),
    Reconciliation(
        "relative_return_is_small_minus_large",
        "marts.fct_relative_performance_daily",
        "A pair whose parts are not the returns published beside it.",
        "Compare fct_relative_performance_daily with fct_performance_daily for the rows shown.",
        "select * from rotation.marts.fct_relative_performance_daily r "
        "where r.excess_pp is not null and abs(r.excess_pp - (r.small_return_pct - r.large_return_pct)) > 2e-4",
        "2e-4 points: what rounding three values to four decimals can do.",
    ),
    Reconciliation(
        "policy_range_is_the_last_move",
        "marts.fct_policy_moves",
        "A target range that does not follow from its own moves.",
        "Compare fct_policy_moves with raw.fred_observations of DFEDTARU.",
        "with last_move as (select arg_max(upper_pct, effective_date) as upper_pct from rotation.marts.fct_policy_moves), "
        "observed as (select arg_max(value_pct, session_date) as upper_pct, arg_min(value_pct, session_date) as first_pct "
        "from rotation.marts.fct_rates_daily where series_id = 'DFEDTARU' and value_pct is not null) "
        "select coalesce(l.upper_pct, o.first_pct) as by_moves, o.upper_pct as observed from last_move l, observed o where by_moves is distinct from observed",
        "Of a history without a move: the range it began with.",
    ),
)

# Their SQL is made of the marts there are.
PROVENANCE = Reconciliation(
    "provenance_is_of_this_market",
    "marts",
    "Simulated and observed values in one warehouse.",
    "Remove the working file of this mode and run again: it was filled with the other market's data.",
    "",
)
FUTURE = Reconciliation(
    "nothing_from_after_the_day",
    "marts",
    "A value that was not known on the as-of day.",
    "A model reads a raw table without its known_on: use the int_ model that cuts at the as-of day.",
    "",
)
OF_EVERY_TABLE = (PROVENANCE, FUTURE)


def every_table(connection: duckdb.DuckDBPyConnection, mode: str) -> list[Reconciliation]:
    """The two checks that look at every mart."""
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
    return [replace(PROVENANCE, sql=" union all ".join(provenance)), replace(FUTURE, sql=" union all ".join(future))]
