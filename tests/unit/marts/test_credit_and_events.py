"""The SQL of credit percentiles and of the event study against plain loops, on series made here. Not for their edge cases (dbt unit tests)."""

import bisect
from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest


def test_a_percentile_is_the_share_of_the_past_that_is_not_above(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(7)
    days = [date(2000, 1, 7) + timedelta(weeks=w) for w in range(1_500)]
    values = random.normal(0, 1, len(days)).round(1)
    observed = pl.DataFrame({"series_id": "NFCI", "unit": "index", "observation_date": days, "value": values, "provenance": "observed"})
    observed = observed.with_columns(known_on=pl.col("observation_date") + pl.duration(days=5))
    with duckdb.connect() as connection:
        connection.register("int_fred_first_known", observed.to_arrow())
        connection.register("credit_series", pl.DataFrame({"series_id": ["NFCI"], "published_since": [days[0]]}).to_arrow())
        built = connection.sql(model_sql("fct_credit_daily")).pl().sort("date")
    held: list[float] = []
    for row, value in zip(built.iter_rows(named=True), values, strict=True):
        bisect.insort(held, value)
        if row["percentile"] is not None:
            assert float(row["percentile"]) == pytest.approx(100 * bisect.bisect_right(held, value) / len(held), abs=0.0000501)
    assert built["percentile"].null_count() == sum((day - days[0]).days / 365.25 < 2 for day in days)


def test_event_windows_are_counted_once_as_a_loop_counts_them(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(60)
    sessions = 900
    days = [date(2020, 1, 1) + timedelta(days=s) for s in range(sessions)]
    closes = {side: 100 * np.exp(np.cumsum(random.normal(0, 0.01, sessions))) for side in ("S", "L")}
    events = sorted(random.choice(sessions, 40, replace=False).tolist())
    levels = pl.concat(
        pl.DataFrame(
            {"instrument_id": side, "price_basis": "price", "session_no": range(sessions), "level": level, "provenance": "observed"}
        )
        for side, level in closes.items()
    )
    inputs = {
        "dim_event": pl.DataFrame({"kind": "fomc", "event_date": [days[e] for e in events]}),
        "int_sessions": pl.DataFrame({"session_date": days, "session_no": range(sessions)}),
        "int_pair_bases": pl.DataFrame({"small_id": ["S"], "large_id": ["L"], "price_basis": ["price"]}),
        "int_levels_daily": levels,
    }
    with duckdb.connect() as connection:
        for name, frame in inputs.items():
            connection.register(name, frame.to_arrow())
        built = connection.sql(model_sql("int_event_windows")).pl()
    assert built["horizon_sessions"].unique().sort().to_list() == list(range(-20, 61))
    for (horizon,), rows in built.group_by("horizon_sessions"):
        expected: dict[int, tuple[float, bool]] = {}
        ended = -1
        for event in events:
            base, end = event - 1, event + int(str(horizon))
            if min(base, end) < 0 or end >= sessions:
                continue
            counted = min(base, end) >= ended
            ended = max(base, end) if counted else ended
            excess = 100 * (closes["S"][end] / closes["S"][base] - closes["L"][end] / closes["L"][base])
            expected[event] = (float(excess), counted)
        assert rows["event_no"].sort().to_list() == list(expected)
        for row in rows.iter_rows(named=True):
            excess, counted = expected[row["event_no"]]
            assert row["is_counted"] == counted
            assert row["excess_pp"] == pytest.approx(excess, abs=1e-9)
