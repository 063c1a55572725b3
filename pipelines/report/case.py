"""The case for small caps in two sentences: the score with its strongest receipts, and the risks. Not for the rest of the answer (answer.py)."""

from decimal import Decimal

import duckdb

NEWEST = "session_date = (select max(session_date) from marts.{table})"
RECEIPTS = 3


def score_sentence(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The total, what moves it most, and whether such scores have meant anything over twelve months."""
    newest = NEWEST.format(table="fct_scorecard_daily")
    total = connection.execute(
        "select score, score_reason, percentile, year(window_start), weight_used_pct "
        f"from marts.fct_scorecard_daily where component = 'total' and {newest}"
    ).fetchone()
    if total is None:
        return None
    score, reason, percentile, since, weight = total
    if score is None:
        return f"No score: {reason.replace('_', ' ')}."
    receipts = connection.execute(
        "select lower(left(title, 1)) || title[2:], contribution_points, card.source_table from marts.fct_scorecard_daily as card "
        f"join reference.scorecard_components using (component) where {newest} and card.weight_used_pct > 0 "
        "order by abs(contribution_points) desc, component limit ?",
        [RECEIPTS],
    ).fetchall()
    receipt = ", ".join(f"{title} {points:+.1f} ({table})" for title, points, table in receipts)
    text = (
        f"Score for small caps {score:.0f} of 100 (50 is neutral), higher than on {percentile:.0f} % of sessions since {since}, "
        f"from {weight:.0f} % of the weight; most by {receipt}."
    )
    finding = connection.execute(
        "select finding from marts.fct_scorecard_evidence where component = 'total' and horizon = '12m' and quintile = 1"
    ).fetchone()
    # the mart's own words: they say how many windows lie side by side and of how many tests this is one
    return f"{text} {finding[0] if finding else 'What followed such scores over 12 months cannot be said yet.'}"


def risk_sentence(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The flags that are raised, with their values; how many are watched, and which are unknown."""
    rows = connection.execute(
        "select lower(left(title, 1)) || title[2:], status, value, unit from marts.fct_risk_flags_daily "
        f"join reference.risk_flags using (flag, unit) where {NEWEST.format(table='fct_risk_flags_daily')} order by flag"
    ).fetchall()
    if not rows:
        return None
    by_status = {
        status: [f"{title} ({_in_words(value, unit)})" if value is not None else title for title, own, value, unit in rows if own == status]
        for status in ("raised", "watch", "unknown")
    }
    parts = [f"Risk flags raised: {', '.join(by_status['raised']) or 'none'}"]
    if by_status["watch"]:
        parts.append(f"watched: {', '.join(by_status['watch'])}")
    if by_status["unknown"]:
        parts.append(f"unknown: {', '.join(by_status['unknown'])}")
    return f"{'; '.join(parts)} (of {len(rows)}, explained in fct_risk_flags_daily)."


def _in_words(value: Decimal, unit: str) -> str:
    """An index, a ratio or a percentile is a bare number."""
    return f"{float(value):.3g}" + ("" if unit in {"RSI", "ratio", "percentile"} else f" {unit}")
