"""From values to verdicts, each on a file that holds just what the case needs."""

from datetime import date
from typing import Any

import duckdb
import pytest
from audit_market import DAY, SEEDS, claim, put

from pipelines.audit.claims import Claim
from pipelines.audit.engine import Finding, audit
from pipelines.audit.measures import MeasureError
from pipelines.audit.terminal import findings

File = duckdb.DuckDBPyConnection


def found(file: File, one: Claim) -> Finding:
    (finding,) = audit(file, [one])
    return finding


def close(day: date, value: float, **others: Any) -> dict[str, Any]:
    row = {"instrument_id": "IWM", "close": value, "high_252d": value + 1, "price_basis": "price", "is_partial_session": False}
    return {"session_date": day, **row, **others}


@pytest.mark.parametrize(
    ("reported", "verdict", "tolerance"),
    [("5.73", "reproduced", "0.005"), ("5.7", "reproduced", "0.05"), ("6", "reproduced", "0.5"), ("5.74", "contradicted", "0.005"), ("5.730", "contradicted", "0.0005")],
)  # fmt: skip
def test_the_digits_of_a_figure_are_its_tolerance(small_file: File, reported: str, verdict: str, tolerance: str) -> None:
    row = {"session_date": DAY, "instrument_id": "R2000", "horizon": "ytd", "return_pct": 5.7339}
    put(small_file, "fct_performance_daily", row | {"base_date": DAY, "base_close": 1.0, "close": 1.0})
    finding = found(small_file, claim("Russell 2000 return year to date", reported, "percent"))
    assert (finding.verdict, str(finding.tolerance), str(finding.computed_value)) == (verdict, tolerance, "5.733900")
    assert finding.metric_id == "return"


def test_a_figure_on_the_border_of_its_tolerance_is_reproduced(small_file: File) -> None:
    put(small_file, "fct_technicals_daily", close(DAY, 10.005))
    assert found(small_file, claim("IWM trades at", "10.01", "USD")).verdict == "reproduced"
    assert found(small_file, claim("IWM trades at", "10.02", "USD")).verdict == "contradicted"


def test_a_figure_of_another_definition_is_called_by_its_name(small_file: File) -> None:
    before = close(date(2026, 1, 8), 258.27, high_252d=258.93)
    put(small_file, "fct_technicals_daily", before, close(DAY, 260.23, high_252d=261.56))
    finding = found(small_file, claim("IWM trades at", "261.56", "USD"))
    assert (finding.verdict, finding.computed_text, finding.definition) == ("contradicted", "260.23", "close")
    assert "261.56 is: the day's intraday high" in finding.explanation
    assert found(small_file, claim("IWM trades at", "258.27", "USD")).verdict == "stale"


def test_only_what_was_there_on_the_day_is_used(small_file: File) -> None:
    put(small_file, "fct_technicals_daily", close(date(2026, 1, 8), 258.27), close(DAY, 260.23), close(date(2026, 1, 12), 265.0))
    assert found(small_file, claim("IWM trades at", "258.27", "USD", date(2026, 1, 8))).verdict == "reproduced"
    assert found(small_file, claim("IWM trades at", "265", "USD", date(2026, 1, 8))).verdict == "contradicted"
    weekend = found(small_file, claim("IWM trades at", "258.27", "USD", date(2026, 1, 4)))
    assert (weekend.verdict, weekend.computed_reason) == ("not_testable", "missing_input")


def test_a_claim_later_than_the_warehouse_says_so(small_file: File) -> None:
    finding = found(small_file, claim("IWM trades at", "1", "USD", date(2026, 1, 12)))
    assert (finding.verdict, finding.computed_reason) == ("not_testable", "later_than_the_warehouse")
    assert "the warehouse reaches to 2026-01-09" in finding.explanation


def test_a_close_adjusted_for_dividends_is_no_price_of_an_earlier_day(small_file: File) -> None:
    old, new = close(date(2025, 6, 30), 214.46, price_basis="total_return"), close(DAY, 260.23, price_basis="total_return")
    put(small_file, "fct_technicals_daily", old, new)
    finding = found(small_file, claim("IWM trades at", "215.79", "USD", date(2025, 6, 30)))
    assert finding.verdict == "not_testable"
    assert "214.46 adjusted for the dividends since" in finding.explanation
    assert found(small_file, claim("IWM trades at", "260.23", "USD")).verdict == "reproduced"


def test_above_is_held_against_without_a_tolerance(small_file: File) -> None:
    put(small_file, "fct_technicals_daily", {"session_date": DAY, "instrument_id": "R2000", "rsi_14": 65.8157})
    assert found(small_file, claim("Daily RSI is above 70", "70", "RSI")).verdict == "contradicted"
    assert found(small_file, claim("Daily RSI is above 65", "65", "RSI")).verdict == "reproduced"
    assert found(small_file, claim("Daily RSI is below 65", "65", "RSI")).verdict == "contradicted"


def test_a_no_is_reproduced_by_a_no(small_file: File) -> None:
    put(small_file, "fct_technicals_daily", close(DAY, 1.0, is_record_high=False, record_high_since=DAY, gap_to_high_pct=-1.0))
    assert found(small_file, claim("IWM is at a record high")).verdict == "contradicted"
    finding = found(small_file, claim("IWM is at a record high", "no"))
    assert (finding.verdict, finding.computed_text, finding.computed_value, finding.computed_reason) == ("reproduced", "no", None, "yes_no")


def valuation(universe: str, value: float, **others: Any) -> dict[str, Any]:
    row = {"month_end": date(2025, 12, 31), "universe_id": universe, "metric": "pe", "basis": "ntm", "aggregation": "aggregate"}
    row |= {"loss_treatment": "excluded", "earnings_definition": "operating", "source_id": "desk", "value_reason": ""}
    return row | {"value": value, "known_on": date(2026, 1, 5), **others}


def test_a_forward_multiple_is_tested_once_a_valuation_is_dropped(small_file: File) -> None:
    one = claim("Russell 2000 forward price to earnings", "18.11", "multiple")
    missing = found(small_file, one)
    assert (missing.verdict, missing.computed_reason, missing.evidence_sql) == ("not_testable", "missing_input", None)
    assert "drop/valuations" in missing.explanation
    assert "This file has no marts.fct_valuation_monthly" in missing.explanation
    later = valuation("R2000", 18.0, known_on=date(2026, 1, 12), month_end=DAY)
    put(small_file, "fct_valuation_monthly", valuation("R2000", 18.112), valuation("R2000", 30.0, basis="ltm"), later)
    assert found(small_file, one).verdict == "reproduced"
    assert found(small_file, claim("Russell 2000 forward price to earnings", "19", "multiple")).verdict == "contradicted"


def test_definitions_that_disagree_are_all_shown(small_file: File) -> None:
    put(
        small_file,
        "fct_valuation_monthly",
        valuation("R2000", 19.24, basis="ltm"),
        valuation("R2000", 33.0, basis="ltm", loss_treatment="included"),
        valuation("R2000", 17.0),
    )
    finding = found(small_file, claim("Russell 2000 price to earnings", "19.24", "multiple"))
    assert finding.verdict == "definition_dependent"
    assert "19.24 (2025-12-31, ltm, aggregate, loss makers excluded" in finding.explanation
    assert "33 (2025-12-31, ltm, aggregate, loss makers included" in (finding.definitions_shown or "")
    assert "17 (2025-12-31, ntm" in (finding.definitions_shown or "")


def test_a_multiple_without_a_basis_is_not_judged_by_a_forward_one(small_file: File) -> None:
    put(small_file, "fct_valuation_monthly", valuation("R2000", 18.11))
    finding = found(small_file, claim("Russell 2000 price to earnings", "19.24", "multiple"))
    assert (finding.verdict, finding.computed_reason) == ("not_testable", "missing_input")


def discount(**others: Any) -> dict[str, Any]:
    row = {"month_end": date(2025, 12, 31), "small_universe_id": "R2000", "large_universe_id": "SP500", "metric": "pe", "basis": "ntm"}
    row |= {
        "aggregation": "aggregate",
        "loss_treatment": "excluded",
        "small_source_id": "v",
        "large_source_id": "v",
        "discount_pct": 17.7,
        "refusal_reason": "",
        "relative": 0.823,
    }
    row |= {"percentile": 0.32, "window_n": 312, "window_years": 26.0, "window_reason": "", "known_on": date(2026, 1, 5)}
    return row | others


def test_a_discount_is_tested_or_refused_with_the_reason_of_the_warehouse(small_file: File) -> None:
    one = claim("Discount of the Russell 2000 to the S&P 500 on forward P/E", "18", "percent")
    put(small_file, "fct_discount_monthly", discount())
    assert found(small_file, one).verdict == "reproduced"
    small_file.execute("update marts.fct_discount_monthly set discount_pct = null, refusal_reason = 'earnings_definition_differs'")
    finding = found(small_file, one)
    assert finding.verdict == "not_testable"
    assert finding.explanation.startswith("refused: ")
    assert "earnings_definition_differs" in finding.explanation


def test_a_record_needs_a_window_as_long_as_it_claims(small_file: File) -> None:
    one = claim("The forward P/E discount of small caps to large caps is the largest in 25 years")
    put(small_file, "fct_discount_monthly", discount())
    assert found(small_file, one).verdict == "reproduced"
    small_file.execute("update marts.fct_discount_monthly set percentile = 5")
    assert found(small_file, one).verdict == "contradicted"
    small_file.execute("update marts.fct_discount_monthly set window_years = 9")
    finding = found(small_file, one)
    assert finding.verdict == "not_testable"
    assert "9.0 years" in finding.explanation


def test_a_figure_of_an_older_span_is_stale(small_file: File) -> None:
    def premium(end: int, value: float, vintage: str, known: date) -> dict[str, Any]:
        row = {"definition": "smb", "averaging": "arithmetic", "excludes": "none", "span": "full", "start_year": 1927, "t_stat": 2.0}
        return row | {"end_year": end, "premium_pct": value, "vintage": vintage, "known_on": known}

    put(
        small_file,
        "fct_size_premium",
        premium(2023, 2.8463, "202412", date(2025, 2, 14)),
        premium(2023, 2.7809, "202509", date(2025, 11, 14)),
        premium(2024, 2.6368, "202509", date(2025, 11, 14)),
    )
    one = ("Small caps beat large caps by 2.85 % a year since 1927", "2.85", "percent a year")
    finding = found(small_file, claim(*one))
    assert (finding.verdict, finding.computed_text) == ("stale", "2.6368")
    assert "2.8463 (1927-2023, vintage 202412)" in finding.explanation
    assert found(small_file, claim(*one, as_of=date(2025, 3, 3))).verdict == "reproduced"
    assert found(small_file, claim(*one, as_of=date(2025, 1, 2))).verdict == "not_testable"


def test_a_forecast_is_scored_by_what_followed(small_file: File) -> None:
    one = claim("An overbought index may pull back to 2450", "2450", "index points", date(2025, 9, 1))
    sql = "select session_date from reference.sessions where session_date > date '2025-09-01' order by 1 limit 63"
    days = [day for (day,) in small_file.execute(sql).fetchall()]
    bars = [{"session_date": d, "instrument_id": "R2000", "close": 2500.0, "is_partial_session": False} for d in days]
    put(small_file, "fct_technicals_daily", *bars[:62])
    waiting = found(small_file, one)
    assert (waiting.verdict, waiting.computed_reason) == ("not_testable", "not_yet_known")
    assert waiting.explanation.startswith("The future had not come: 62 of 63 sessions have followed")
    put(small_file, "fct_technicals_daily", bars[62])
    assert found(small_file, one).verdict == "contradicted"
    small_file.execute("update marts.fct_technicals_daily set close = 2449 where session_date = ?", [days[10]])
    assert found(small_file, one).verdict == "reproduced"


def test_simulated_inputs_give_a_value_and_no_verdict(small_file: File) -> None:
    small_file.execute("update marts.dim_instrument set provenance = 'simulated'")
    put(small_file, "fct_technicals_daily", close(DAY, 260.23))
    finding = found(small_file, claim("IWM trades at", "260.23", "USD"))
    assert (finding.verdict, finding.computed_text, finding.provenance) == ("not_testable", "260.23", "simulated")
    assert finding.explanation.startswith("simulated inputs: no verdict on the market")


def test_a_definition_without_its_table_is_named_and_the_others_decide(small_file: File) -> None:
    row = {"session_date": DAY, "horizon": "ytd", "price_basis": "total_return"}
    put(
        small_file,
        "fct_performance_daily",
        row | {"instrument_id": "IWM", "return_pct": 5.7},
        row | {"instrument_id": "IJR", "return_pct": 5.2},
    )
    one = claim("Not all of the rally is backed by fundamentals: speculative names take part")
    finding = found(small_file, one)
    assert finding.verdict == "reproduced"
    assert "for want of marts.fct_quality_split_daily: companies without earnings contribute" in finding.explanation
    split = {"universe_id": "R2000", "cohort": "non_earners", "contribution_pp": -0.4, "members_n": 800}
    put(small_file, "fct_quality_split_daily", row | split)
    assert found(small_file, one).verdict == "definition_dependent"


def test_consensus_targets_refinancing_and_revenue_are_tested_once_their_tables_are_there(small_file: File) -> None:
    known = {"known_on": date(2026, 1, 5)}
    growth = known | {"universe_id": "R2000", "period": "2026Q1", "growth_pct": 6.2, "captured_on": date(2026, 1, 5)}
    put(
        small_file,
        "fct_earnings_growth",
        growth | {"source_id": "desk", "value_status": "ok", "basis": "consensus", "growth_ex_health_care_pct": 3.0},
    )
    screen = known | {"list_id": "broker", "captured_on": date(2026, 1, 5), "stocks_n": 30, "n": 28}
    put(small_file, "fct_target_screen", screen | {"mean_upside_pct": 29.8, "median_upside_pct": 21.0})
    for universe, below, due, cover, home in (("R2000", 40.0, 12.0, 2.0, 78.0), ("SP500", 5.0, 8.0, 9.0, 60.0)):
        row = known | {"universe_id": universe, "source_id": "desk"}
        debt = {"interest_cover_below_1_pct": below, "debt_due_1y_pct": due, "median_interest_cover": cover}
        put(small_file, "fct_refinancing_monthly", row | debt | {"month_end": date(2025, 12, 31)})
        put(
            small_file,
            "fct_domestic_exposure_quarterly",
            row | {"quarter_end": date(2025, 9, 30), "domestic_revenue_pct": home, "median_domestic_revenue_pct": home + 5},
        )
    said = [
        (claim("Consensus small-cap earnings growth for 2026 Q1 (low end)", "5", "percent"), "reproduced"),
        (claim("Consensus small-cap earnings growth for 2026 Q1 (high end)", "6", "percent"), "contradicted"),
        (claim("Stocks on the broker's small-cap list", "30", "stocks"), "reproduced"),
        (claim("Average upside to 12-month targets on that list", "30", "percent"), "reproduced"),
        (claim("Small caps carry more refinancing risk than large caps"), "reproduced"),
        (claim("Large caps carry more refinancing risk than small caps"), "contradicted"),
        (claim("Small caps earn a larger share of revenue at home than large caps"), "reproduced"),
        (claim("Large caps earn a larger share of revenue at home than small caps"), "contradicted"),
    ]
    assert [f.verdict for f in audit(small_file, [one for one, _ in said])] == [verdict for _, verdict in said]


def test_sql_that_does_not_run_on_the_file_names_its_measure(small_file: File) -> None:
    put(small_file, "fct_technicals_daily", {"session_date": DAY, "instrument_id": "R2000"})
    with pytest.raises(MeasureError, match="measure rsi does not run on this file"):
        found(small_file, claim("Daily RSI is above 70", "70", "RSI"))


def test_a_publication_from_before_the_audit_says_what_to_do(small_file: File) -> None:
    with pytest.raises(MeasureError, match=r"made before claims could be audited .* `rotation run`"):
        findings(small_file, None)
    small_file.execute("drop table reference.instrument_aliases")
    with pytest.raises(MeasureError, match="made before claims could be audited"):
        findings(small_file, SEEDS / "claims.csv")


def test_a_fall_told_as_a_positive_figure_turns_the_sign(small_file: File) -> None:
    row = {"session_date": DAY, "instrument_id": "R2000", "horizon": "ytd", "return_pct": -5.7339}
    put(small_file, "fct_performance_daily", row | {"base_date": DAY, "base_close": 1.0, "close": 1.0})
    assert found(small_file, claim("Russell 2000 fell year to date", "5.73", "percent")).verdict == "reproduced"
    assert found(small_file, claim("Russell 2000 is down year to date", "-5.73", "percent")).verdict == "reproduced"
    assert found(small_file, claim("Russell 2000 rose year to date", "5.73", "percent")).verdict == "contradicted"


@pytest.mark.parametrize(("sma", "verdict"), [(9.0, "contradicted"), (11.0, "reproduced")])
def test_a_rising_average_and_the_side_of_the_close_are_two_things(small_file: File, sma: float, verdict: str) -> None:
    put(small_file, "fct_technicals_daily", close(DAY, 10.0, sma_50=sma, slope_sma_50_20d_pct=1.0))
    assert found(small_file, claim("The 50-day average of IWM is rising and it is below it")).verdict == verdict


def test_a_premium_since_a_year_runs_to_the_newest_one(small_file: File) -> None:
    row = {"definition": "smb", "averaging": "arithmetic", "excludes": "none", "vintage": "202512", "known_on": DAY, "t_stat": 1.0}
    spans = [("full", 1927, 2025, 2.5), ("last_30", 1980, 2009, 1.0), ("last_30", 1996, 2025, 0.3)]
    put(small_file, "fct_size_premium", *(row | {"span": s, "start_year": a, "end_year": b, "premium_pct": v} for s, a, b, v in spans))
    told = "Small caps beat large caps by {} % a year since {}"
    assert found(small_file, claim(told.format(2.5, 1927), "2.5", "percent a year")).verdict == "reproduced"
    assert found(small_file, claim(told.format(0.3, 1996), "0.3", "percent a year")).verdict == "reproduced"
    of_an_inner_span = found(small_file, claim(told.format(1.0, 1980), "1.0", "percent a year"))
    assert (of_an_inner_span.verdict, of_an_inner_span.computed_reason) == ("not_testable", "missing_input")
