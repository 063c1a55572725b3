"""The SQL of ranks and of survivorship against plain loops, on markets made here. Not for their edge cases (dbt unit tests)."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

LARGE_N, SMALL_N, BAND = 20, 40, 4.0


def test_ranks_with_a_band_are_what_a_loop_over_the_years_gives(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(11)
    years, companies = range(2012, 2024), 90
    caps = np.exp(np.linspace(6, 2, companies) + np.cumsum(random.normal(0, 0.35, (len(years), companies)), axis=0))
    alive = random.random((len(years), companies)) > 0.12  # some years a company is not ranked: it comes back as a new one
    ranked = [date(y, 4, 30) for y in years]
    effective = [date(y, 6, 25) for y in years]
    frame = pl.DataFrame(
        [(ranked[y], c, f"C{c}", caps[y, c]) for y in range(len(years)) for c in range(companies) if alive[y, c]],
        schema={"month_end": pl.Date, "cik": pl.Int64, "symbol": pl.String, "cap_usd": pl.Float64},
        orient="row",
    )
    rules = pl.DataFrame({"effective_on": effective, "rank_month_end": ranked}).with_columns(
        large_universe_id=pl.lit("L"),
        large_n=pl.lit(LARGE_N),
        small_universe_id=pl.lit("S"),
        small_n=pl.lit(SMALL_N),
        band_pct=pl.lit(BAND),
    )
    with duckdb.connect() as connection:
        connection.register("int_company_caps_monthly", frame.to_arrow())
        connection.register("int_reconstitutions", rules.to_arrow())
        built = connection.sql(model_sql("int_rank_proxy_members")).pl()
    side: dict[int, str] = {}
    kept = 0
    for y, day in enumerate(effective):
        order = sorted((c for c in range(companies) if alive[y, c]), key=lambda c: -round(caps[y, c], 2))
        total, above, now = sum(round(caps[y, c], 2) for c in order), 0.0, {}
        cumulative = {}
        for c in order:
            above += round(caps[y, c], 2)
            cumulative[c] = 100 * above / total
        line = cumulative[order[LARGE_N - 1]]
        for rank, c in enumerate(order, start=1):
            if cumulative[c] <= line - BAND:
                now[c] = "L"
            elif cumulative[c] > line + BAND:
                now[c] = "S"
            else:
                now[c] = side.get(c, "L" if rank <= LARGE_N else "S")
                kept += now[c] != ("L" if rank <= LARGE_N else "S")
        side = now
        members = {(c, s) for rank, c in enumerate(order, start=1) if (s := now[c]) == "L" or rank <= LARGE_N + SMALL_N}
        mine = built.filter(pl.col("effective_on") == day)
        assert set(mine.select("cik", "universe_id").rows()) == members, day
    assert kept > 10, "the band must have mattered"


def test_survivorship_is_what_a_loop_over_the_months_gives(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(5)
    months = pl.date_range(date(2020, 1, 31), date(2023, 12, 31), "1mo", eager=True).dt.month_end().to_list()
    companies = [f"C{i}" for i in range(30)]
    gone = {c: (int(random.integers(3, 47)) if i < 10 else 999) for i, c in enumerate(companies)}  # ten fail, on a fall
    closes = {c: 100 * np.exp(np.cumsum(random.normal(0.005 if gone[c] == 999 else -0.06, 0.05, len(months)))) for c in companies}
    bars = [
        ("R2000", c, m - timedelta(days=int(random.integers(0, 3))), closes[c][i])
        for c in companies
        for i, m in enumerate(months)
        if i <= gone[c]
    ]
    lists = [("R2000", "constituents", "drop", "", m, m) for m in months]
    members = [(*lists[i][:5], c) for i in range(len(months)) for c in companies if i < gone[c]]
    days = pl.DataFrame(bars, schema=["collection", "symbol", "session_date", "close"], orient="row")
    month_closes = days.with_columns(month_end=pl.col("session_date").dt.month_end())
    list_frame = pl.DataFrame(lists, schema=["universe_id", "basis", "source_id", "accession", "list_date", "valid_from"], orient="row")
    member_frame = pl.DataFrame(members, schema=["universe_id", "basis", "source_id", "accession", "list_date", "symbol"], orient="row")
    monthly = member_frame.select("universe_id", "symbol", month_end="list_date", membership_basis=pl.lit("constituents"))
    inputs = {
        "stg_clock__day": pl.DataFrame({"as_of_date": [date(2023, 12, 31)], "provenance": ["observed"]}),
        "universes": pl.DataFrame({"universe_id": ["R2000"]}),
        "int_month_closes": month_closes,
        "int_membership_lists": list_frame,
        "int_list_companies": member_frame,
        "int_memberships_monthly": monthly,
    }
    with duckdb.connect() as connection:
        for name, frame in inputs.items():
            connection.register(name, frame.to_arrow())
        built = {r["window_months"]: r for r in connection.sql(model_sql("survivorship")).pl().iter_rows(named=True)}
    survivors = [c for c in companies if gone[c] == 999]
    for window in (12, 36):
        product = {"day": 1.0, "today": 1.0}
        for i in range(len(months) - window, len(months)):
            held = [c for c in companies if i - 1 < gone[c] and i <= gone[c]]
            product["day"] *= 1 + np.mean([closes[c][i] / closes[c][i - 1] - 1 for c in held])
            product["today"] *= 1 + np.mean([closes[c][i] / closes[c][i - 1] - 1 for c in survivors])
        row = built[window]
        annual = {k: 100 * (v ** (12 / window) - 1) for k, v in product.items()}
        assert float(row["members_of_the_day_return_pct"]) == pytest.approx(annual["day"], abs=1e-4)
        assert float(row["current_list_return_pct"]) == pytest.approx(annual["today"], abs=1e-4)
        assert row["reason"] is None
    assert built[36]["survivorship_pp"] > 1, "who survives did better"
    assert (built[60]["reason"], built[60]["survivorship_pp"]) == ("window_too_short", None)
