"""Scorecard, evidence and flags of the published sample, computed again from the other tables by plain Python. Not for their edge cases."""

import bisect
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from worlds import contents, database, rows

pytestmark = pytest.mark.slow
FIFTHS = range(1, 6)


@pytest.fixture(scope="module")
def marts(sample_at_once: Path) -> Any:
    return lambda sql: rows(database(sample_at_once), sql)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def percentiles(values: list[float]) -> Iterator[float]:
    """Of each value among those up to it, ties by half."""
    held: list[float] = []
    for value in values:
        bisect.insort(held, value)
        yield 100 * (bisect.bisect_left(held, value) + bisect.bisect_right(held, value)) / 2 / len(held)


RAW = {
    "momentum": "select session_date, rs_ratio from marts.fct_rotation_daily where small_id = 'R2000' and large_id = 'SP500' and rs_ratio is not null",
    "breadth": "select session_date, s.pct_above_sma_200 - l.pct_above_sma_200 as gap from marts.fct_breadth_daily s join marts.fct_breadth_daily l "
    "using (session_date) where s.universe_id = 'R2000' and l.universe_id = 'SP500' and gap is not null",
    "trend": "select session_date, round(100 * (close / sma_200 - 1), 6) from marts.fct_technicals_daily where instrument_id = 'R2000' and sma_200 is not null",
    "rates": "select session_date, change_63d_bp from marts.fct_rates_daily where series_id = 'DGS2' and change_63d_bp is not null",
    "credit": "select date, change_3m from marts.fct_credit_daily where series_id = 'BAA10Y' and change_3m is not null",
    "size_premium": "select session_date, geometric_excess_pct from marts.fct_relative_performance_daily where small_id = 'R2000' "
    "and large_id = 'SP500' and horizon = '10y' and geometric_excess_pct is not null",
    "quality": "select session_date, s.return_pct - l.return_pct as gap from marts.fct_performance_daily s join marts.fct_performance_daily l "
    "using (session_date, horizon) where s.instrument_id = 'IWM' and l.instrument_id = 'IJR' and horizon = '3m' and gap is not null",
    "valuation": "select month_end, relative from marts.fct_discount_monthly where small_universe_id = 'R2000' and large_universe_id = 'SP500' "
    "and metric = 'earnings_yield' and basis = 'ltm' and relative is not null and small_source_id = 'SIMULATED_VENDOR' and large_source_id = small_source_id",
}


@pytest.mark.parametrize("component", RAW)
def test_raw_values_and_percentiles_follow_from_the_published_tables(marts: Any, component: str) -> None:
    source = sorted(marts(RAW[component]))
    expected = dict(
        zip([day for day, _ in source], zip([v for _, v in source], percentiles([float(v) for _, v in source]), strict=True), strict=True)
    )
    sql = f"select input_date, raw_value, percentile from marts.fct_scorecard_daily where component = '{component}' and input_date is not null"
    found = dict.fromkeys(marts(sql))
    assert len(found) > 100
    for day, raw, percentile in found:
        value, share = expected[day]
        # a quotient may fall on either side of its last digit, and so stand before or behind a neighbour
        assert float(raw) == pytest.approx(float(value), abs=1.1e-6)
        assert float(percentile) == pytest.approx(share, abs=0.011 if component == "trend" else 0.0000501), day


@pytest.mark.independent("fct_scorecard_daily", against="weighted means in plain Python")
def test_the_total_is_the_weighted_mean_of_the_scores(marts: Any) -> None:
    sql = "select session_date, component, score::double as score, weight_pct::double as weight, percentile::double as percentile from marts.fct_scorecard_daily"
    card = pl.DataFrame(
        marts(sql), schema=["session_date", "component", "score", "weight", "percentile"], orient="row", infer_schema_length=None
    )
    parts = card.filter(pl.col("component") != "total").drop_nulls("score").group_by("session_date")
    by_hand = parts.agg(total=(pl.col("score") * pl.col("weight")).sum() / pl.col("weight").sum(), held=pl.col("weight").sum())
    both = card.filter(pl.col("component") == "total").join(by_hand, on="session_date", how="left").sort("session_date")
    assert both.filter(pl.col("score").is_null() != (pl.col("held").fill_null(0) < 50)).is_empty()
    stated = both.drop_nulls("score")
    assert stated.height > 5_000
    assert (stated["score"] - stated["total"]).abs().max() < 0.0000501  # type: ignore[operator]
    shares = list(percentiles(stated["score"].to_list()))
    assert (stated["percentile"] - pl.Series(shares)).abs().max() < 0.0000501  # type: ignore[operator]


@pytest.mark.independent("fct_scorecard_evidence", against="closes walked through in plain Python")
def test_what_followed_a_score_follows_from_the_closes(marts: Any) -> None:
    """A month's last score, the next session's close, and the last close within one, three or twelve months of it."""
    closes: dict[date, dict[str, float]] = {}
    for day, instrument, close in marts(
        "select session_date, instrument_id, close from marts.fct_technicals_daily where instrument_id in ('R2000', 'SP500') and not is_partial_session"
    ):
        closes.setdefault(day, {})[instrument] = float(close)
    days = sorted(day for day, both in closes.items() if len(both) == 2)
    sql = (
        "select session_date, component, case when component = 'total' then percentile else score end, session_date - window_start "
        "from marts.fct_scorecard_daily where score is not null"
    )
    scores: dict[tuple[str, date], Decimal] = {
        (component, day): score for day, component, score, age in marts(sql) if component != "total" or age >= 3 * 365.25
    }
    components = {component for component, _ in scores}
    found = {
        (component, horizon, quintile): (n, mean)
        for component, horizon, quintile, n, mean in marts(
            "select component, horizon, quintile, observations_n, mean_excess_pp from marts.fct_scorecard_evidence"
        )
    }
    for horizon, months in (("1m", 1), ("3m", 3), ("12m", 12)):
        excess: dict[date, float] = {}
        for today, base in pairwise(days):
            until = months_later(base, months)
            if today.month == base.month or until > days[-1]:
                continue
            end = days[bisect.bisect_right(days, until) - 1]
            small, large = (closes[end][side] / closes[base][side] for side in ("R2000", "SP500"))
            excess[today] = 100 * (small - large)
        for component in components:
            by_fifth: dict[int, list[float]] = {q: [] for q in FIFTHS}
            for day, value in excess.items():
                if (component, day) in scores:
                    by_fifth[min(5, int(scores[component, day] // 20) + 1)].append(value)
            for quintile, values in by_fifth.items():
                n, mean = found[component, horizon, quintile]
                assert n == len(values), (component, horizon, quintile)
                if values:
                    assert float(mean) == pytest.approx(sum(values) / n, abs=0.0002)


FLAGS = {
    "overbought": ("select session_date, rsi_14 from marts.fct_technicals_daily where instrument_id = 'R2000'", 65, 70),
    "credit_tightening": ("select date, 100 * change_3m from marts.fct_credit_daily where series_id = 'BAA10Y'", 25, 50),
    "refinancing": ("select date, percentile from marts.fct_credit_daily where series_id = 'BAA10Y'", 60, 80),
    "narrow_participation": ("select session_date, -pct_above_sma_200 from marts.fct_breadth_daily where universe_id = 'R2000'", -50, -40),
}


@pytest.mark.independent("fct_risk_flags_daily", against="thresholds applied in plain Python")
@pytest.mark.parametrize("flag", FLAGS)
def test_flags_follow_from_the_published_tables(marts: Any, flag: str) -> None:
    sql, watch, raised = FLAGS[flag]
    source = dict(marts(sql))
    found = marts(f"select input_date, status, value from marts.fct_risk_flags_daily where flag = '{flag}' and status <> 'unknown'")
    assert len(found) > 1_000
    for day, status, value in found:
        held = source[day]
        assert abs(held) == abs(value)
        if held in (watch, raised):  # from the line itself where high is bad, under it where low is
            assert status == ({watch: "watch", raised: "raised"}[held] if raised > 0 else {watch: "clear", raised: "watch"}[held])
        else:
            assert status == ("raised" if held > raised else "watch" if held > watch else "clear")


def test_a_rise_is_confirmed_by_five_sessions_of_volume(marts: Any) -> None:
    bars = marts(
        "select session_date, volume_ratio_63d, return_pct from marts.fct_technicals_daily join marts.fct_performance_daily "
        "using (session_date, instrument_id) where instrument_id = 'R2000' and horizon = '1m' order by 1"
    )
    found = {
        day: (status, float(value))
        for day, status, value in marts(
            "select session_date, status, value from marts.fct_risk_flags_daily where flag = 'volume_unconfirmed' and input_date = session_date"
        )
    }
    assert len(found) > 1_000
    for n, (day, _, rise) in enumerate(bars):
        if day in found:
            mean = sum(float(ratio) for _, ratio, _ in bars[n - 4 : n + 1]) / 5
            status, value = found[day]
            assert value == pytest.approx(mean, abs=0.0000501)
            assert status == ("clear" if rise <= 0 or value >= 1 else "raised" if value < 0.9 else "watch")


def test_meetings_without_a_cut_are_counted_as_a_calendar_counts_them(marts: Any) -> None:
    meetings = [day for (day,) in marts("select event_date from marts.dim_event where kind = 'fomc' and is_scheduled order by 1")]
    moves = marts("select source_date, known_on, change_bp from marts.fct_policy_moves order by source_date")
    for session, status, value in marts(
        "select session_date, status, value from marts.fct_risk_flags_daily where flag = 'hawkish_turn_or_pause' and status <> 'unknown'"
    ):
        known = [(day, change) for day, known_on, change in moves if known_on <= session]
        cuts = [day for day, change in known if change < 0]
        held = sum(1 for day in meetings if day < session and (not cuts or day > cuts[-1]))
        assert value == held, session
        assert status == ("raised" if known[-1][1] > 0 or held >= 4 else "watch" if held >= 2 else "clear")


def test_no_past_score_or_flag_moves_when_a_day_is_appended(sample_day_by_day: dict[date, Path]) -> None:
    first, *_, last = sample_day_by_day
    for table in ("fct_scorecard_daily", "fct_risk_flags_daily"):
        sql = f"select * from marts.{table} where session_date <= date '{first}' order by 1, 2"
        assert rows(database(sample_day_by_day[first]), sql) == rows(database(sample_day_by_day[last]), sql)
        assert contents(sample_day_by_day[first])[f"marts.{table}"] != contents(sample_day_by_day[last])[f"marts.{table}"]
