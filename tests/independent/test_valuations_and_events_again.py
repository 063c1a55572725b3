"""Valuations, discounts, events and the lists of what there is, recomputed from raw rows and seeds. Not for prices."""

import bisect
from datetime import date

import numpy as np
import polars as pl
import pytest
from markets import SEEDS, Market, assert_close
from scipy import stats

pytestmark = pytest.mark.slow
DEFINITION = ("universe_id", "metric", "basis", "aggregation", "loss_treatment")


@pytest.mark.independent("fct_valuation_monthly", against="price over earnings of Shiller's raw months, and vendors' figures as they came")
def test_valuations_are_the_raw_ones_and_shillers_quotients(market: Market) -> None:
    held = market.mart("select * from marts.fct_valuation_monthly")
    months = market.raw("shiller_months", "symbol", "month_end").filter(pl.col("earnings").is_not_null())
    gains = pl.col("earnings") > 0
    shiller = pl.concat(
        [
            months.select("month_end", metric=pl.lit("pe"), wanted=pl.when(gains).then(pl.col("close") / pl.col("earnings"))),
            months.select("month_end", metric=pl.lit("earnings_yield"), wanted=100 * pl.col("earnings") / pl.col("close")),
        ]
    )
    own = held.filter(pl.col("source_id") == "shiller").join(shiller, on=["month_end", "metric"], how="full", coalesce=True)
    assert own.height == shiller.height > 3_000
    assert_close(own["value"], own["wanted"], 5.1e-5, "Shiller")
    vendors = market.raw("drop_valuations", "month_end", *DEFINITION, "source_id")
    others = held.filter(~pl.col("source_id").is_in(["shiller", "rotation_filings"]))
    both = others.join(vendors, on=["month_end", *DEFINITION, "source_id"], how="full", coalesce=True, suffix="_raw")
    assert both.height == vendors.height
    assert_close(both["value"], both["value_raw"], 5.1e-5, "vendors")
    assert both.filter(pl.col("value_status").ne_missing(pl.col("value_status_raw"))).is_empty()


@pytest.mark.independent(
    "fct_discount_monthly", against="scipy.stats.percentileofscore; numpy: mean and sample deviation of the months so far"
)
@pytest.mark.independent("fct_implied_rerating_monthly", against="numpy: the median of the months so far over the month's own")
def test_discounts_and_their_windows_are_those_of_scipy(market: Market) -> None:
    keys = [
        "small_universe_id",
        "large_universe_id",
        "metric",
        "basis",
        "aggregation",
        "loss_treatment",
        "small_source_id",
        "large_source_id",
    ]
    held = market.mart("select * from marts.fct_discount_monthly where relative is not null")
    implied = market.mart("select * from marts.fct_implied_rerating_monthly where relative is not null")
    if market.mode == "live":
        assert held.is_empty()  # nobody has given a valuation of small companies: refused, not guessed
        return
    assert held.height > 1_000
    sides = market.mart("select * from marts.fct_valuation_monthly")
    for (*key,), rows in held.group_by(keys):
        found = rows.sort("month_end")
        values = []
        for side, source in ((key[0], key[6]), (key[1], key[7])):
            own = sides.filter((pl.col("universe_id") == side) & (pl.col("source_id") == source))
            own = own.filter(pl.all_horizontal(pl.col(c) == v for c, v in zip(DEFINITION[1:], key[2:6], strict=True)))
            values.append(found.select("month_end").join(own, on="month_end", how="left", maintain_order="left")["value"].to_numpy())
        small, large = values
        ratio = large / small if key[2] == "earnings_yield" else small / large
        assert_close(found["relative"], ratio, 2e-4, str(key))  # of values rounded to four places
        relative = found["relative"].to_numpy()
        assert_close(found["discount_pct"], (1 - relative) * 100, 1.1e-4, str(key))
        told = implied.filter(pl.all_horizontal(pl.col(c) == v for c, v in zip(keys, key, strict=True))).sort("month_end")
        assert told["month_end"].to_list() == found["month_end"].to_list()
        for n, row in enumerate(found.iter_rows(named=True)):
            so_far = relative[: n + 1]
            assert (row["window_n"], row["window_start"]) == (n + 1, found["month_end"][0]), row
            if n + 1 < 24:
                assert row["percentile"] is row["z_score"] is told["implied_excess_pp"][n] is None, row
                continue
            share = stats.percentileofscore(so_far, relative[n], kind="weak")
            tied = int((np.abs(so_far[:-1] - relative[n]) < 2e-6).sum())  # it is published to six places, and ranked before that
            assert row["percentile"] == pytest.approx(share, abs=100 * tied / (n + 1) + 5.1e-5), row
            assert row["z_score"] == pytest.approx((relative[n] - so_far.mean()) / so_far.std(ddof=1), abs=1e-3), row
            assert told["implied_excess_pp"][n] == pytest.approx(100 * (np.median(so_far) / relative[n] - 1), abs=3e-4), row


@pytest.mark.independent("fct_event_study", against="numpy: a loop over events and horizons on raw closes")
def test_events_moved_small_against_large_as_a_loop_finds(market: Market) -> None:
    held = market.mart("select * from marts.fct_event_study")
    events = market.mart("select distinct kind, event_date from marts.dim_event order by all")
    sessions = market.mart("select session_date from reference.sessions order by all")["session_date"].to_list()
    number = {day: n for n, day in enumerate(sessions)}
    for small_id, large_id, basis in market.pairs:
        levels = np.full((2, len(sessions)), np.nan)
        for day, small, large in market.pair(small_id, large_id, basis).rows():
            levels[:, number[day]] = small, large
        for (kind,), own in events.group_by("kind"):
            at = sorted({bisect.bisect_left(sessions, day) for day in own["event_date"]} - {len(sessions)})
            rows = held.filter((pl.col("kind") == kind) & (pl.col("small_id") == small_id) & (pl.col("large_id") == large_id))
            for row in rows.iter_rows(named=True):
                assert row["next_event_date"] == min((d for d in own["event_date"] if d > sessions[-1]), default=None), row
                _assert_row(row, _windows(levels, at, row["horizon_sessions"]))


def _windows(levels: np.ndarray, at: list[int], horizon: int) -> list[float]:
    """Excess of the windows that are counted: each begins where the last one ended, or later."""
    found, ended = [], -1
    for event in at:
        base, end = event - 1, event + horizon
        if min(base, end) < 0 or end >= levels.shape[1] or np.isnan(levels[:, [base, end]]).any():
            continue
        if min(base, end) >= ended:
            small, large = levels[:, end] / levels[:, base]
            found.append(100 * (small - large))
            ended = max(base, end)
    return found


def _assert_row(row: dict[str, object], excess: list[float]) -> None:
    assert row["events_n"] == len(excess), row
    if not excess:
        assert row["mean_excess_pp"] is None
        return
    assert row["mean_excess_pp"] == pytest.approx(np.mean(excess), abs=5.1e-5), row
    assert row["median_excess_pp"] == pytest.approx(np.median(excess), abs=5.1e-5), row
    if len(excess) > 1:
        assert row["standard_error"] == pytest.approx(np.std(excess, ddof=1) / np.sqrt(len(excess)), abs=5.1e-5), row


@pytest.mark.independent("dim_event", against="the seed as the csv module reads it; meetings of the Fed are as many a year as it holds")
def test_events_are_those_of_the_seed_known_by_the_day_and_those_dropped_in(market: Market) -> None:
    dropped = market.raw("drop_events", "event_id").filter(pl.col("withdrawn_on").is_null())["event_id"].sort().to_list()
    assert market.mart("select event_id from marts.dim_event where origin = 'drop' order by event_id")["event_id"].to_list() == dropped
    seed = pl.read_csv(SEEDS / "events.csv", try_parse_dates=True, infer_schema_length=None).filter(
        pl.col("known_on") <= market.as_of, pl.col("withdrawn_on").is_null() | (pl.col("withdrawn_on") > market.as_of)
    )
    seed = seed.filter(~pl.col("event_id").is_in(dropped))
    held = market.mart(
        "select event_id, kind, event_date, is_scheduled, title, source, known_on from marts.dim_event where origin = 'seed' order by event_id"
    )
    assert held.rows() == seed.sort("event_id").select(held.columns).rows()
    meetings = seed.filter((pl.col("kind") == "fomc") & pl.col("is_scheduled") & (pl.col("event_date") < date(2026, 1, 1)))
    by_year = meetings.group_by(pl.col("event_date").dt.year().alias("year")).len()
    assert set(by_year.filter(pl.col("year") != 2020)["len"]) == {8}


@pytest.mark.independent("dim_metric", against="the seed as Polars reads it")
def test_metrics_are_those_of_the_seed(market: Market) -> None:
    held = market.mart("select * exclude (as_of_date, provenance) from marts.dim_metric order by metric_id")
    seed = pl.read_csv(SEEDS / "metrics.csv").sort("metric_id")
    assert held.rows() == seed.select(held.columns).rows()


@pytest.mark.independent("dim_instrument", against="first and last raw bars of each instrument of the catalogue")
def test_instruments_are_held_from_their_first_raw_bar_to_the_last(market: Market) -> None:
    held = market.mart(
        "select instrument_id, first_session_date, last_session_date from marts.dim_instrument where price_basis is not null"
    )
    bars = market.prices.group_by("instrument_id").agg(first=pl.col("session_date").min(), last=pl.col("session_date").max())
    assert sorted(held.rows()) == sorted(bars.rows())
