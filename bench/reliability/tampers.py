"""The tamper with a built table that each sentence of gate 2 (a singular test of dbt) must see. Not for keys, relations and rules, whose tampers follow from them."""

from bench.reliability.table_ground import Tamper


def cell(table: str, column: str, value: str, where: str) -> Tamper:
    """Cells of a table changed where the condition holds."""
    database = '"work"' if table.startswith(("raw.", "intermediate.")) else '"rotation"'
    return Tamper(f"{database}.{table}", f"select * replace (case when {where} then {value} else {column} end as {column}) from {{t}}")


def newest(day: str, *also: str) -> str:
    return " and ".join([f"{day} = (select max({day}) from {{t}})", *also])


BREADTH, CARD, MOVES = "marts.fct_breadth_daily", "marts.fct_scorecard_daily", "marts.fct_policy_moves"
FUNDS, PAIRS, CREDIT, RATES = "marts.fct_breadth_funds_daily", "marts.fct_relative_performance_daily", "marts.fct_credit_daily", "marts.fct_rates_daily"  # fmt: skip
R2000 = "universe_id = 'R2000'"
SESSION = "session_date"

TAMPERS: dict[str, Tamper] = {
    "assert_advance_decline_line_adds_up": cell(BREADTH, "advance_decline_line", "advance_decline_line + 1", newest(SESSION, R2000)),
    "assert_average_slopes_follow_the_averages": cell(
        "marts.fct_technicals_daily", "slope_sma_50_20d_pct", "slope_sma_50_20d_pct + 1", newest(SESSION, "instrument_id = 'R2000'")
    ),
    "assert_counted_event_windows_do_not_overlap": cell("intermediate.int_event_windows", "is_counted", "true", "true"),
    "assert_credit_changes_start_from_a_published_value": cell(CREDIT, "change_3m", "change_3m + 1", newest("date")),
    "assert_credit_percentiles_count_the_published_values": cell(CREDIT, "percentile", "percentile / 2", "series_id = 'BAA10Y'"),
    "assert_credit_series_are_in_the_catalogue": cell("reference.credit_series", "series_id", "'NOWHERE'", "rowid = 0"),
    "assert_discount_uses_the_published_values": cell("marts.fct_discount_monthly", "small_value", "small_value + 1", newest("month_end")),
    "assert_earnings_yield_is_the_inverse_of_the_multiple": cell(
        "marts.fct_valuation_monthly", "value", "value * 1.01", "metric = 'earnings_yield'"
    ),
    "assert_every_claim_is_audited_once_by_a_defined_metric": Tamper(
        '"rotation".marts.fct_claim_audit', "select * from {t} where rowid > 0"
    ),
    "assert_every_metric_is_a_published_column": cell("marts.dim_metric", "column_name", "'nowhere'", "rowid = 0"),
    "assert_every_pair_is_shown_or_missing_with_a_reason": cell("reference.pairs", "small_id", "'NOWHERE'", "rowid = 0"),
    "assert_fund_breadth_changes_follow_the_published_ratio": cell(FUNDS, "change_63d_pct", "change_63d_pct + 1", newest(SESSION)),
    "assert_fund_breadth_is_the_relative_strength_of_its_pair": cell(FUNDS, "ratio", "ratio + 1", newest(SESSION)),
    "assert_implied_rerating_uses_the_published_discount": cell(
        "marts.fct_implied_rerating_monthly", "relative", "relative + 0.01", newest("month_end")
    ),
    "assert_leadership_passes_from_one_to_the_other": cell("marts.fct_leadership_cycles", "leader", "'small'", "true"),
    "assert_levels_are_held_one_session_at_a_time": cell("marts.fct_levels_daily", "sessions_held", "sessions_held + 2", newest(SESSION)),
    "assert_mcclellan_summation_is_the_running_sum_of_the_oscillator": cell(
        BREADTH, "mcclellan_summation", "mcclellan_summation + 1", newest(SESSION)
    ),
    "assert_one_more_year_moves_a_premium_by_that_year": cell(
        "marts.fct_size_premium", "premium_pct", "premium_pct + 1", newest("end_year", "averaging = 'arithmetic'")
    ),
    "assert_policy_moves_add_up_to_the_range": cell(MOVES, "change_bp", "change_bp + 1", newest("effective_date")),
    "assert_provenance_is_of_one_market": cell(RATES, "provenance", "'observed'", newest(SESSION)),
    "assert_quality_cohorts_have_the_published_return": cell(
        "marts.fct_quality_split_daily", "return_pct", "return_pct + 1", newest(SESSION, "instrument_id is not null")
    ),
    "assert_rate_changes_start_from_a_published_value": cell(RATES, "change_63d_bp", "change_63d_bp + 1", newest(SESSION)),
    "assert_rate_sensitivity_is_as_many_errors_as_its_t_says": cell(
        "marts.fct_rate_sensitivity_monthly", "beta", "beta + 1", newest("month_end")
    ),
    "assert_reconstitutions_by_rule_are_the_published_dates": cell(
        "intermediate.events", "event_date", "event_date + 1", "kind = 'reconstitution' and year(event_date) = 2010"
    ),
    "assert_relative_return_is_small_minus_large": cell(PAIRS, "excess_pp", "excess_pp + 1", newest(SESSION)),
    "assert_relative_strength_moves_with_the_geometric_excess": cell(
        PAIRS, "geometric_excess_pct", "geometric_excess_pct + 1", newest(SESSION, "horizon = '1y'")
    ),
    "assert_risk_flags_show_the_published_values": cell(
        "marts.fct_risk_flags_daily", "value", "value + 1", newest(SESSION, "flag = 'overbought'")
    ),
    "assert_rotation_has_the_published_relative_strength": cell(
        "marts.fct_rotation_daily", "relative_strength", "relative_strength + 1", newest(SESSION)
    ),
    "assert_scorecard_inputs_are_in_the_catalogue": cell("reference.scorecard_components", "input_ids", "'NOWHERE'", "rowid = 0"),
    "assert_scorecard_policy_is_the_sum_of_a_years_moves": cell(
        CARD, "raw_value", "raw_value + 1", newest(SESSION, "component = 'policy'")
    ),
    "assert_scorecard_total_is_the_sum_of_its_contributions": cell(
        CARD, "contribution_points", "contribution_points + 1", newest(SESSION, "component = 'trend'")
    ),
    "assert_sector_ranks_follow_returns": cell("marts.fct_sector_performance_daily", "rank", "rank + 1", newest(SESSION)),
    "assert_splits_of_quality_add_up_to_the_whole": cell(
        "intermediate.int_quality_split_from_filings", "contribution_pp", "contribution_pp + 1", newest(SESSION, "cohort = 'earners'")
    ),
    "assert_stance_before_a_move_is_its_previous_stance": cell(MOVES, "previous_stance", "'unheard_of'", newest("effective_date")),
    "assert_the_clock_speaks_of_this_market": cell("raw.clock_day", "source_mode", "'live'", "true"),
    "assert_win_rates_count_the_published_windows": cell(
        "marts.fct_size_premium_win_rate", "win_rate_pct", "win_rate_pct / 2 + 1", newest("last_window_end")
    ),
    "assert_zweig_thrusts_follow_the_published_average": cell(BREADTH, "is_zweig_thrust", "not is_zweig_thrust", newest(SESSION)),
}
