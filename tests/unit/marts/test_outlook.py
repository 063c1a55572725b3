"""Upside, screens and growth against Polars, and the calendar's rules against the dates that were kept. Not for edge cases (dbt unit tests)."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipelines.settings import ROOT
from pipelines.sources import drop

SEED = ROOT / "dbt_project" / "seeds" / "events.csv"
# The Bureau of Labor Statistics' own schedule, as kept: 2022 to the shutdown of October 2025.
RELEASED = """
2022 0107 0204 0304 0401 0506 0603 0708 0805 0902 1007 1104 1202
2023 0106 0203 0310 0407 0505 0602 0707 0804 0901 1006 1103 1208
2024 0105 0202 0308 0405 0503 0607 0705 0802 0906 1004 1101 1206
2025 0110 0207 0307 0404 0502 0606 0703 0801 0905
"""


@pytest.fixture
def targets() -> pl.DataFrame:
    random = np.random.default_rng(3)
    n = 2_000
    return pl.DataFrame(
        {
            "list_id": random.choice(["A", "B"], n),
            "symbol": [f"S{i}" for i in range(n)],
            "captured_on": [date(2026, 1, 5) + timedelta(int(d)) for d in random.integers(0, 5, n)],
            "name": "x",
            "price": random.uniform(0.5, 900, n).round(2),
            "target_mean": [None if u < 0.1 else round(900 * u, 2) for u in random.random(n)],
            "target_high": None,
            "target_low": None,
            "analysts_n": 3,
            "target_date": [None if a > 150 else date(2026, 1, 5) - timedelta(int(a)) for a in random.integers(0, 200, n)],
            "pulled_at": date(2026, 1, 9),
            "provenance": "observed",
        }
    ).with_columns(known_on="captured_on")


def built(model_sql: Callable[[str], str], names: list[str], inputs: dict[str, pl.DataFrame]) -> list[pl.DataFrame]:
    """The models one after the other, each a table for the next."""
    with duckdb.connect() as connection:
        for name, frame in inputs.items():
            connection.register(name, frame.with_columns(is_first=pl.lit(None, pl.Boolean)).to_arrow())
        for name in names:
            connection.execute(f"create table {name} as {model_sql(name)}")
        return [connection.sql(f"from {name}").pl() for name in names]


@pytest.mark.independent("fct_target_upside", against="Polars")
@pytest.mark.independent("fct_target_screen", against="Polars")
def test_upside_and_its_screen_are_what_polars_computes(model_sql: Callable[[str], str], targets: pl.DataFrame) -> None:
    clock = pl.DataFrame({"as_of_date": [date(2026, 1, 9)]})
    upside, screen = built(model_sql, ["fct_target_upside", "fct_target_screen"], {"stg_drop__targets": targets, "stg_clock__day": clock})
    due = targets.with_columns(upside=(pl.col("target_mean") / pl.col("price") - 1) * 100).sort("list_id", "captured_on", "symbol")
    assert (upside["upside_pct"].cast(pl.Float64) - due["upside"]).abs().max() <= 0.0000501  # type: ignore[operator]
    age = (due["captured_on"] - due["target_date"]).dt.total_days()
    has = due["target_mean"].is_not_null()
    assert upside["is_outdated"].to_list() == [None if not h or a is None else a > 90 for a, h in zip(age, has, strict=True)]
    by_hand = due.group_by("list_id", "captured_on").agg(pl.len(), mean=pl.mean("upside"), median=pl.median("upside")).sort(pl.all())
    screen = screen.sort("list_id", "captured_on")
    assert screen["stocks_n"].to_list() == by_hand["len"].to_list()
    for ours, theirs in (("mean_upside_pct", "mean"), ("median_upside_pct", "median")):
        assert (screen[ours].cast(pl.Float64) - by_hand[theirs]).abs().max() < 1.1e-4  # type: ignore[operator]


@pytest.mark.replay
def test_the_recorded_list_gives_the_upsides_its_vendor_shows(model_sql: Callable[[str], str], replay_world: Path, tmp_path: Path) -> None:
    """Thirteen captures: each upside is the vendor's own to its two decimals, mean and median are those Polars takes of the file."""
    name = "analyst_targets_nasdaq100_2026-08.csv"
    (tmp_path / "targets" / "NASDAQ100").mkdir(parents=True)
    (tmp_path / "targets" / "NASDAQ100" / name).write_bytes((replay_world / "drops" / name).read_bytes())
    (file,) = drop.scan(tmp_path)
    frame = (
        drop.read(file, date(2026, 8, 24))
        .frame.drop(drop.LINE)
        .with_columns(known_on=pl.col("captured_on"), pulled_at=pl.col("captured_on"), provenance=pl.lit("observed"))
    )
    clock = pl.DataFrame({"as_of_date": [date(2026, 8, 24)]})
    upside, screen = built(model_sql, ["fct_target_upside", "fct_target_screen"], {"stg_drop__targets": frame, "stg_clock__day": clock})
    theirs = pl.read_csv(replay_world / "drops" / name, try_parse_dates=True).rename({"date": "captured_on", "ticker": "symbol"})
    both = upside.join(theirs, on=["captured_on", "symbol"])
    assert both.height == theirs.height
    assert (both["upside_pct"].cast(pl.Float64) - both["upside"]).abs().max() <= 0.00505 + 5e-5  # type: ignore[operator]
    exact = (pl.col("target_mean") / pl.col("price") - 1) * 100
    due = theirs.group_by("captured_on").agg(pl.len(), mean=exact.mean(), median=exact.median()).sort("captured_on")
    found = screen.sort("captured_on")
    assert found.height == 13
    assert found["n"].to_list() == due["len"].to_list()
    for ours, column in (("mean_upside_pct", "mean"), ("median_upside_pct", "median")):
        assert found[ours].cast(pl.Float64).to_list() == pytest.approx(due[column].to_list(), abs=1.1e-4)
    assert found["undated_n"].to_list() == found["stocks_n"].to_list()  # the list dates no target: none is called fresh or outdated


@pytest.mark.independent("fct_earnings_growth", against="Polars")
def test_growth_with_and_without_health_care_is_what_polars_computes(model_sql: Callable[[str], str]) -> None:
    random = np.random.default_rng(11)
    sectors = ["Energy", "Health Care", "Industrials", "Technology"]
    days = [date(2025, 1, 6) + timedelta(w) for w in range(0, 350, 7)]
    lines = pl.DataFrame({"captured_on": days}).join(pl.DataFrame({"sector": sectors}), how="cross")
    lines = lines.with_columns(
        pl.lit("R2000").alias("universe_id"), pl.lit("2026Q1").alias("period"), pl.lit("s").alias("source_id"), pl.lit(5).alias("n"),
        earnings_base=pl.Series(random.normal(5, 9, lines.height)), earnings_expected=pl.Series(random.normal(6, 9, lines.height)),
        stated_growth_pct=pl.lit(None, pl.Float64), known_on="captured_on", pulled_at="captured_on", provenance=pl.lit("observed"),
    )  # fmt: skip
    clock = pl.DataFrame({"as_of_date": [days[-1]]})
    columns = (
        "captured_on universe_id period basis source_id earnings_base earnings_expected growth_pct growth_source value_status "
        "growth_ex_health_care_pct growth_ex_health_care_source ex_health_care_status n known_on provenance"
    )
    no_filings = pl.DataFrame(schema=dict.fromkeys(columns.split(), pl.Null))
    _, growth = built(
        model_sql,
        ["int_earnings_growth_consensus", "fct_earnings_growth"],
        {"stg_drop__consensus": lines, "stg_clock__day": clock, "int_earnings_growth_from_filings": no_filings},
    )
    for column, status, kept in (
        ("growth_pct", "value_status", lines),
        ("growth_ex_health_care_pct", "ex_health_care_status", lines.filter(pl.col("sector") != "Health Care")),
    ):
        sums = kept.group_by("captured_on").agg(pl.col("earnings_base", "earnings_expected").sum()).sort("captured_on")
        due = [100 * (e / b - 1) if b > 0 else None for b, e in sums.select("earnings_base", "earnings_expected").iter_rows()]
        found = growth.sort("captured_on")
        assert [None if v is None else float(v) for v in found[column]] == pytest.approx(due, abs=1.1e-4)
        assert found[status].to_list() == ["not_meaningful" if d is None else "ok" for d in due]
        assert 0 < found[column].null_count() < len(days)


def seeded(kind: str) -> list[dict[str, str]]:
    with Path(SEED).open(encoding="utf-8", newline="") as handle:
        return [row for row in csv.DictReader(handle) if row["kind"] == kind]


def test_dates_by_rule_follow_their_rule_and_are_known_a_year_before() -> None:
    by_rule = [row for kind in ("earnings_season", "data_release") for row in seeded(kind) if row["source"].startswith("rule: ")]
    assert len(by_rule) == 4 * 34 + 12 * 28
    for row in by_rule:
        day, known = date.fromisoformat(row["event_date"]), date.fromisoformat(row["known_on"])
        assert 365 <= (day - known).days <= 366
        if row["kind"] == "earnings_season":
            assert (day.weekday(), day.month % 3) == (4, 1)
            assert 8 <= day.day <= 14
        else:
            twelfth = (day.replace(day=1) - timedelta(1)).replace(day=12)
            third_friday = twelfth + timedelta((5 - twelfth.weekday()) % 7 + 20)
            late_january, early_july = third_friday.month == 1 and third_friday.day < 4, day.month == 7 and day.weekday() == 3
            assert day == third_friday + timedelta(7 * late_january - early_july), row
            assert not early_july or day.day in (2, 3)


def test_the_rule_gives_every_release_that_was_kept_and_moved_ones_stand_on_their_day() -> None:
    rows = seeded("data_release")
    due = {date(int(year), int(d[:2]), int(d[2:])) for year, *days in map(str.split, RELEASED.strip().splitlines()) for d in days}
    held = {date.fromisoformat(r["event_date"]) for r in rows if not r["withdrawn_on"]}
    assert len(due) == 45
    assert {d for d in held if date(2022, 1, 1) <= d <= date(2025, 9, 30)} == due
    assert {str(d) for d in held if date(2025, 10, 1) <= d <= date(2026, 3, 1)} == {"2025-11-20", "2025-12-16", "2026-01-09", "2026-02-11"}
    for row in rows:
        assert not row["withdrawn_on"] or row["known_on"] < row["withdrawn_on"] < row["event_date"]


def test_every_kind_the_calendar_promises_has_a_past_and_a_next_date() -> None:
    day = "2026-01-09"
    for kind in ("fomc", "earnings_season", "reconstitution", "data_release", "policy"):
        known = [r["event_date"] for r in seeded(kind) if r["known_on"] <= day and not ("" < r["withdrawn_on"] <= day)]
        assert min(known) < day < max(known), kind
