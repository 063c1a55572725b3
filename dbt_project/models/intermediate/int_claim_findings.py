"""Each claim of the seed, recognised, computed and judged by pipelines.audit on the marts of this build. Not for the SQL of a measure (pipelines/audit/subjects)."""

from pipelines.audit.claims import parse_claims
from pipelines.audit.engine import as_frame, audit


def model(dbt, session):
    """The findings. dbt builds first what the measures read; it finds the names here only when each stands in a call of its own."""
    dbt.config(materialized="table")
    dbt.ref("dim_instrument")
    dbt.ref("dim_metric")
    dbt.ref("fct_breadth_daily")
    dbt.ref("fct_credit_daily")
    dbt.ref("fct_discount_monthly")
    dbt.ref("fct_domestic_exposure_quarterly")
    dbt.ref("fct_earnings_growth")
    dbt.ref("fct_implied_rerating_monthly")
    dbt.ref("fct_levels_daily")
    dbt.ref("fct_performance_daily")
    dbt.ref("fct_policy_moves")
    dbt.ref("fct_quality_split_daily")
    dbt.ref("fct_rate_sensitivity_monthly")
    dbt.ref("fct_rates_daily")
    dbt.ref("fct_refinancing_monthly")
    dbt.ref("fct_relative_performance_daily")
    dbt.ref("fct_sector_performance_daily")
    dbt.ref("fct_size_premium")
    dbt.ref("fct_size_premium_win_rate")
    dbt.ref("fct_target_screen")
    dbt.ref("fct_technicals_daily")
    dbt.ref("fct_valuation_monthly")
    dbt.ref("instrument_aliases")
    dbt.ref("pairs")
    dbt.ref("sessions")
    dbt.ref("universes")
    claims = dbt.ref("claims")
    cells = [["" if cell is None else cell for cell in row] for row in claims.fetchall()]
    rows = [(line, dict(zip(claims.columns, row, strict=True))) for line, row in enumerate(cells, start=2)]
    return as_frame(audit(session, parse_claims(rows, claims.columns, "dbt_project/seeds/claims.csv"))).to_arrow()
