"""The two sentences of the case say what the tables say, and say so where they say nothing. Not for the tables themselves."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.report.case import risk_sentence, score_sentence


@pytest.fixture
def market() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty tables of the columns that are read."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema marts; create schema reference;
            create table marts.fct_scorecard_daily (session_date date, component varchar, score double, score_reason varchar, percentile double,
                window_start date, weight_used_pct double, contribution_points double, source_table varchar);
            create table marts.fct_scorecard_evidence (component varchar, horizon varchar, quintile integer, finding varchar);
            create table marts.fct_risk_flags_daily (session_date date, flag varchar, status varchar, value double, unit varchar);
            create table reference.scorecard_components (component varchar, title varchar, source_table varchar);
            create table reference.risk_flags (flag varchar, title varchar, unit varchar);
            """
        )
        yield connection


def test_empty_tables_say_nothing(market: duckdb.DuckDBPyConnection) -> None:
    assert score_sentence(market) is None
    assert risk_sentence(market) is None


def test_without_a_total_the_reason_is_said(market: duckdb.DuckDBPyConnection) -> None:
    market.execute(
        "insert into marts.fct_scorecard_daily values ('2026-01-09', 'total', null, 'under_50_percent_of_weight', null, null, 0, 0, 't')"
    )
    assert score_sentence(market) == "No score: under 50 percent of weight."


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (None, "What followed such scores over 12 months cannot be said yet."),
        ("Total over 12m: about 11 windows, one of 33 tests.", "Total over 12m: about 11 windows, one of 33 tests."),
    ],
)
def test_a_score_comes_with_its_three_strongest_receipts_and_what_the_evidence_finds(
    market: duckdb.DuckDBPyConnection, finding: str | None, said: str
) -> None:
    market.execute(
        "insert into marts.fct_scorecard_daily values ('2026-01-09', 'total', 68, null, 91, '1991-09-09', 75, 18, 't'), "
        "('2026-01-08', 'a', 1, null, 1, '1991-09-09', 99, 99, 'old')"
    )
    for component, points, weight in (("a", 1, 10), ("b", -9, 10), ("c", 3, 10), ("d", 5, 10), ("e", 20, 0)):
        market.execute(
            "insert into marts.fct_scorecard_daily values ('2026-01-09', ?, 1, null, 1, '1991-09-09', ?, ?, 't')",
            [component, weight, points],
        )
        market.execute("insert into reference.scorecard_components values (?, ?, 't')", [component, f"Part {component}"])
    if finding:
        market.execute("insert into marts.fct_scorecard_evidence values ('total', '12m', 1, ?)", [finding])
    sentence = score_sentence(market)
    assert sentence is not None
    assert sentence.startswith(
        "Score for small caps 68 of 100 (50 is neutral), higher than on 91 % of sessions since 1991, from 75 % of the weight;"
    )
    assert "most by part b -9.0 (t), part d +5.0 (t), part c +3.0 (t)." in sentence
    assert sentence.endswith(said)


def test_flags_are_named_by_status_and_the_calm_ones_are_not(market: duckdb.DuckDBPyConnection) -> None:
    for flag, status, value in (("a", "raised", 71.0), ("b", "unknown", None), ("c", "clear", 1.0), ("d", "watch", 66.0)):
        market.execute("insert into marts.fct_risk_flags_daily values ('2026-01-09', ?, ?, ?, 'RSI')", [flag, status, value])
        market.execute("insert into reference.risk_flags values (?, ?, 'RSI')", [flag, f"Risk {flag}"])
    assert risk_sentence(market) == (
        "Risk flags raised: risk a (71); watched: risk d (66); unknown: risk b (of 4, explained in fct_risk_flags_daily)."
    )
