"""Poison for gate 3: the tamper with a candidate that each of its checks and remarks must see. Not for tables in themselves (poison_tables)."""

import duckdb

from pipelines.checks.reconciliation import checks
from pipelines.checks.remarks import NAMES as REMARKS
from pipelines.checks.remarks import remark
from pipelines.checks.verdicts import verdict

PAST = "date '2025-12-15'"
NEWEST = "(select session_date from work.raw.clock_day)"
LAST_MOVE = "effective_date = (select max(effective_date) from rotation.marts.fct_policy_moves)"
PERFORMANCE, RELATIVE = "fct_performance_daily", "fct_relative_performance_daily"


def change(table: str, what: str, where: str) -> str:
    return f"update rotation.marts.{table} set {what} where {where}"


TAMPERED = {
    "required_series_are_on_time": "update rotation.quality.freshness set status = 'late', sessions_late = 1 where series_id = 'R2000'",
    "newest_session_is_whole": f"delete from rotation.marts.{PERFORMANCE} where instrument_id = 'IWM' and session_date = {NEWEST}",
    "returns_follow_from_raw_closes": change(PERFORMANCE, "return_pct = return_pct + 0.01", f"instrument_id = 'R2000' and session_date = {NEWEST}"),
    "relative_return_is_small_minus_large": change(RELATIVE, "excess_pp = excess_pp + 0.001", f"small_id = 'R2000' and session_date = {NEWEST}"),
    "fund_moves_with_its_index": change(
        PERFORMANCE, "return_pct = return_pct + 10", f"instrument_id = 'IWM' and horizon = '1d' and session_date = {NEWEST}"
    ),
    "index_moves_with_its_members": change(
        "fct_breadth_daily", "cap_weight_return_pct = cap_weight_return_pct - 10", f"universe_id = 'R2000' and session_date = {NEWEST}"
    ),
    "sectors_move_with_the_market": change(
        PERFORMANCE, "return_pct = return_pct + 20", f"instrument_id = 'SP500' and horizon = '1d' and session_date = {NEWEST}"
    ),
    "cohorts_add_up": change("fct_quality_split_daily", "contribution_pp = contribution_pp + 0.001", f"cohort = 'earners' and session_date = {NEWEST}"),
    "policy_range_is_the_last_move": f"delete from rotation.marts.fct_policy_moves where {LAST_MOVE}",
    "breadth_counts_add_up": change("fct_breadth_daily", "advances = members_n + 1", f"universe_id = 'R2000' and session_date = {NEWEST}"),
    "sector_counts_add_up": f"delete from rotation.marts.fct_sector_performance_daily where sector = 'Energy' and session_date = {NEWEST}",
    "discount_follows_from_its_parts": change("fct_discount_monthly", "discount_pct = discount_pct + 0.01", "discount_pct is not null"),
    "provenance_is_of_this_market": change("fct_rates_daily", "provenance = 'observed'", f"session_date = {NEWEST}"),
    "nothing_from_after_the_day": change("fct_policy_moves", "known_on = (select as_of_date + 3 from work.raw.clock_day)", LAST_MOVE),
    "past_values_stay": change(PERFORMANCE, "annualised_return_pct = 1", f"instrument_id = 'R2000' and horizon = '5y' and session_date = {PAST}"),
    "row_counts_do_not_shrink": f"delete from rotation.marts.fct_breadth_daily where session_date = {PAST}",
    "columns_stay": f"alter table rotation.marts.{PERFORMANCE} drop column annualised_return_pct",
    "closes_keep_their_source": f"update published.marts.{PERFORMANCE} set series_id = 'SP500.stooq' where instrument_id = 'SP500' and session_date = {NEWEST}",
    "series_of_a_chain_agree": "insert into rotation.quality.disagreements (session_date, instrument_id, difference_bp) "
    "select max(as_of_date) + 1, 'SP500', 99 from published.marts.dim_metric",
}  # fmt: skip


def failing(connection: duckdb.DuckDBPyConnection, without: str = "") -> dict[str, str]:
    """By name, the severity of every check and remark that fails; one of them may be taken out before any is run."""
    asked = [c for c in checks(connection, "sample") if c.name != without]
    said = [verdict(connection, check) for check in asked] + [v for v in remark(connection) if v.check.name != without]
    return {v.check.name: v.check.severity for v in said if not v.passed}


def missed(connection: duckdb.DuckDBPyConnection, check: str, without: str = "") -> str | None:
    """Why a tampered candidate was not caught by the check; None where it was. What was changed is put back."""
    connection.execute("begin")
    try:
        connection.execute(TAMPERED[check])
        found = failing(connection, without)
    finally:
        connection.execute("rollback")
    if check not in found:
        return f"{check} did not see it; seen by {sorted(found) or 'nothing'}"
    if check not in REMARKS and found[check] != "block":
        return f"{check} saw it and does not stop the publication"
    return None
