"""Rates, their moves, what small owes them, and credit, recomputed from raw observations. Not for the prices they are set against."""

import bisect
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from markets import SEEDS, Market, assert_close
from scipy import stats

from pipelines.sample.facts import facts

pytestmark = pytest.mark.slow


def _observed(market: Market, *, first: bool = False) -> pl.DataFrame:
    """FRED's observations by the series of the catalogue: the newest version known on the day, or the first."""
    catalogue = pl.read_csv(SEEDS / "series_catalog.csv").filter(pl.col("provider") == "fred")
    named = catalogue.select("series_id", "kind", "unit", "frequency", fred="symbol")
    if first:
        rows = market.raw("fred_observations", "series_id", "observation_date", "known_on", "pulled_at").sort("known_on", "pulled_at")
        rows = rows.unique(["series_id", "observation_date"], keep="first", maintain_order=True)
    else:
        rows = market.raw("fred_observations", "series_id", "observation_date")
    rows = rows.filter(pl.col("observation_date") <= market.as_of).rename({"series_id": "fred"})
    return rows.join(named, on="fred").sort("series_id", "observation_date")


@pytest.mark.independent("fct_rates_daily", against="raw observations on the exchange's sessions, 63 of them back")
def test_rates_are_the_raw_observations_and_their_changes(market: Market) -> None:
    held = market.mart("select * from marts.fct_rates_daily")
    sessions = market.mart("select session_date from reference.sessions order by all")
    raw = _observed(market).filter(pl.col("kind").is_in(["rate", "spread"]) & (pl.col("unit") == "percent"))
    raw = raw.filter(pl.col("frequency").is_in(["daily", "ended"])).select("series_id", "value", day="observation_date")
    assert set(held["series_id"]) == set(raw["series_id"])
    for (series,), own in raw.group_by("series_id", maintain_order=True):
        days = sessions.filter(pl.col("session_date").is_between(own["day"].min(), own["day"].max()))
        days = days.with_columns(back=pl.col("session_date").shift(63)).join(own, left_on="session_date", right_on="day", how="left")
        base = own.select("day", base="value").sort("day")
        days = days.sort("back", nulls_last=True).join_asof(base, left_on="back", right_on="day", strategy="backward").sort("session_date")
        near = pl.col("day") >= pl.col("back") - timedelta(days=10)
        change = days.select(pl.when(near).then((pl.col("value") - pl.col("base")) * 100)).to_series()
        found = held.filter(pl.col("series_id") == series).sort("session_date")
        assert found["session_date"].to_list() == days["session_date"].to_list(), series
        assert_close(found["value_pct"], days["value"], 5.1e-5, str(series))
        assert_close(found["change_63d_bp"], change, 5.1e-5, f"change of {series}")


def _moves(market: Market) -> list[tuple[date, float, float, int, float]]:
    """Moves told one by one: effective day, upper bound, change, consecutive moves, cumulative change."""
    values = {s: rows for (s,), rows in _observed(market).group_by("series_id", maintain_order=True)}
    since = values["DFEDTARU"]["observation_date"].min()
    early = values["DFEDTAR"].filter(pl.col("observation_date") < since).select("observation_date", "value")
    target = pl.concat([early, values["DFEDTARU"].select("observation_date", "value")]).sort("observation_date")
    events = pl.read_csv(SEEDS / "events.csv", try_parse_dates=True).filter(pl.col("kind") == "fomc").sort("event_date")
    scheduled = events.filter(pl.col("is_scheduled"))["event_date"].to_list()
    decisions, told = events["event_date"].to_list(), []
    before: tuple[date, float] | None = None
    run, total = 0, 0.0
    for day, value, last in target.with_columns(last=pl.col("value").shift()).iter_rows():
        if last is None or value == last or day < date(1994, 1, 1):
            continue
        change = value - last
        decided = max((d for d in decisions if d <= day and (day - d).days <= 4), default=day)
        quiet = bisect.bisect_left(scheduled, decided) - bisect.bisect_right(scheduled, before[0]) if before else 0
        goes_on = before is not None and before[1] * change > 0 and quiet < 4
        run, total = (run + 1, total + change) if goes_on else (1, change)
        effective = day + timedelta(days=1) if decided == day and day in decisions and day >= date(2015, 12, 16) else day
        told.append((effective, value, round(change * 100, 4), run, round(total * 100, 4)))
        before = (decided, change)
    return told


@pytest.mark.independent("fct_policy_moves", against="a loop over the raw target range; effective days the Federal Reserve published")
def test_moves_of_the_fed_are_told_as_they_happened(market: Market) -> None:
    held = market.mart(
        "select effective_date, upper_pct, change_bp, consecutive_moves, cumulative_bp from marts.fct_policy_moves order by 1"
    )
    assert held.rows() == _moves(market)
    if market.mode == "live":
        upper = dict(held.select("effective_date", "upper_pct").rows())
        published = facts("Fed target range upper")
        assert {day: upper[day] for day in published} == published


def _weeks(market: Market, small_id: str, large_id: str, basis: str) -> pl.DataFrame:
    """Weekly returns of small over large between the last common closes of consecutive weeks."""
    both = market.pair(small_id, large_id, basis).with_columns(week=pl.col("session_date").dt.truncate("1w"))
    last = both.group_by("week", maintain_order=True).last().rename({"session_date": "week_end"})
    excess = 100 * (pl.col("small") / pl.col("small").shift() - pl.col("large") / pl.col("large").shift())
    return last.with_columns(y=pl.when(pl.col("week").diff() == timedelta(days=7)).then(excess)).select("week", "week_end", "y")


@pytest.mark.independent("fct_rate_sensitivity_monthly", against="statsmodels: OLS with HAC errors of four lags")
def test_sensitivity_is_the_regression_of_statsmodels(market: Market) -> None:
    held = market.mart("select * from marts.fct_rate_sensitivity_monthly")
    first = _observed(market, first=True)
    fitted_n = 0
    for (small_id, large_id, series), rows in held.group_by("small_id", "large_id", "series_id"):
        weeks = _weeks(market, str(small_id), str(large_id), rows["price_basis"][0])
        rate = first.filter(pl.col("series_id") == series).select("observation_date", "value", known="known_on")
        joined = weeks.sort("week_end").join_asof(rate, left_on="week_end", right_on="observation_date", strategy="backward")
        joined = joined.filter(pl.col("observation_date") >= pl.col("week"))
        joined = joined.with_columns(x=pl.when(pl.col("week").diff() == timedelta(days=7)).then(pl.col("value").round(6).diff()))
        joined = joined.with_columns(known=pl.max_horizontal("known", "week_end"))
        for row in rows.iter_rows(named=True):
            seen = joined.filter((pl.col("known") <= row["month_end"]) & (pl.col("week_end") < row["month_end"]))
            used = seen.filter(pl.col("week") > pl.col("week").max() - timedelta(weeks=104)).drop_nulls(["x", "y"])
            assert row["n"] == used.height, row
            if used.height < 100:
                assert row["beta"] is None
                continue
            fit = sm.OLS(used["y"].to_numpy(), sm.add_constant(used["x"].to_numpy())).fit(cov_type="HAC", cov_kwds={"maxlags": 4})
            wanted = np.array([fit.params[1], fit.bse[1], fit.tvalues[1], fit.rsquared])
            assert_close(np.array([row[c] for c in ("beta", "standard_error", "t_stat", "r_squared")]), wanted, 5.1e-5, str(row))
            fitted_n += 1
    assert fitted_n > 1_000


@pytest.mark.independent("fct_credit_daily", against="scipy.stats.percentileofscore over the observations as they were first known")
def test_credit_percentiles_are_those_of_scipy(market: Market) -> None:
    held = market.mart("select * from marts.fct_credit_daily")
    published = dict(pl.read_csv(SEEDS / "credit_series.csv", try_parse_dates=True).rows())
    first = _observed(market, first=True).filter(pl.col("series_id").is_in(list(published)))
    assert set(held["series_id"]) == set(first["series_id"])
    random = np.random.default_rng(20)
    for (series,), own in first.group_by("series_id", maintain_order=True):
        found = held.filter(pl.col("series_id") == series).sort("date")
        days, values = own["observation_date"].to_list(), own["value"].to_list()
        assert found["date"].to_list() == days
        so_far: list[float] = []
        by_scipy = set(random.choice(len(days), min(len(days), 100), replace=False).tolist())
        for n, row in enumerate(found.iter_rows(named=True)):
            bisect.insort(so_far, values[n])
            share = 100 * bisect.bisect_right(so_far, values[n]) / len(so_far)
            if n in by_scipy:
                assert share == pytest.approx(stats.percentileofscore(so_far, values[n], kind="weak"), abs=1e-9)
            years = (days[n] - days[0]).days / 365.25
            assert (row["percentile"] is None) == (years < 2), row
            assert row["percentile"] is None or row["percentile"] == pytest.approx(share, abs=5.1e-5), row
            cut = (days[0] - published[str(series)]).days > 31
            assert row["is_window_truncated"] == (years < 25 or cut), row
            assert (row["window_start"], row["window_n"], row["known_on"]) == (days[0], n + 1, own["known_on"][n])
        back = own.select("observation_date", "value", wanted=pl.col("observation_date").dt.offset_by("-3mo"))
        base = own.select(day="observation_date", base="value")
        joined = back.join_asof(base, left_on="wanted", right_on="day", strategy="backward", check_sortedness=False)
        near = pl.col("day") >= pl.col("wanted") - timedelta(days=10)
        change = joined.select(pl.when(near).then(pl.col("value").round(6) - pl.col("base").round(6))).to_series()
        assert_close(found["change_3m"], change, 1.1e-6, str(series))
