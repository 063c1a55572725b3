{# Every mart of measures. dbt finds a reference only where its name is written, so a test of all of them loops over this list;
   that it is whole is a test of the tree (tests/architecture/test_marts_are_listed.py). #}
{% macro measured_marts() %}{{ return([
    'fct_breadth_daily', 'fct_breadth_funds_daily',
    'fct_claim_audit',
    'fct_credit_daily', 'fct_refinancing_monthly',
    'fct_domestic_exposure_quarterly', 'fct_earnings_growth', 'fct_quality_split_daily', 'fct_target_screen', 'fct_target_upside',
    'fct_event_study',
    'fct_implied_rerating_monthly', 'fct_size_premium', 'fct_size_premium_win_rate', 'fct_size_premium_windows',
    'fct_leadership_cycles', 'fct_rotation_daily',
    'fct_levels_daily', 'fct_technicals_daily',
    'fct_performance_daily', 'fct_relative_performance_daily', 'fct_sector_performance_daily',
    'fct_policy_moves', 'fct_policy_stance_daily', 'fct_rate_sensitivity_monthly', 'fct_rates_daily',
    'fct_risk_flags_daily', 'fct_scorecard_daily', 'fct_scorecard_evidence',
    'fct_discount_monthly', 'fct_valuation_monthly',
]) }}{% endmacro %}
