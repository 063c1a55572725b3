"""The worked universe of docs/method/discount.md, computed again from the page's own tables. Not for other definitions (test_fundamentals.py)."""

import statistics
from collections.abc import Callable
from datetime import date

import duckdb
import polars as pl
import pytest

from pipelines.settings import ROOT

PAGE = ROOT / "docs" / "method" / "discount.md"
MONTH = date(2024, 3, 31)


def table(after: str) -> list[list[str]]:
    """Cells of the first table below a heading."""
    lines = PAGE.read_text(encoding="utf-8").split(f"### {after}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    end = next(i for i, line in enumerate(lines) if i > start and not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start + 2 : end]]


@pytest.fixture(scope="module")
def companies() -> pl.DataFrame:
    names = ("cap_usd", "debt", "cash", "ebit_usd", "net_income_to_common_usd", "book_equity_usd", "revenue_usd")
    rows = [[float(cell) for cell in row[1:]] for row in table("Ten companies")]
    frame = pl.DataFrame(rows, schema=list(names), orient="row")
    return frame.with_columns(ev_usd=pl.col("cap_usd") + pl.col("debt") - pl.col("cash"))


def test_the_page_says_what_the_model_computes(companies: pl.DataFrame, model_sql: Callable[[str], str]) -> None:
    members = companies.with_columns(
        month_end=pl.lit(MONTH), universe_id=pl.lit("TEN"), weight_pct=pl.lit(None, pl.Float64), membership_basis=pl.lit("constituents"), is_in_ev_ebit=True,
        known_on=pl.lit(MONTH), provenance=pl.lit("derived"),
    )  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("int_member_fundamentals_monthly", members.to_arrow())
        connection.execute("create table int_sessions as select date '2024-03-28' as session_date")
        found = connection.execute(
            f"select metric, aggregation, loss_treatment, value, n_used, n_loss, n_missing from ({model_sql('int_valuations_from_filings')})"
        ).fetchall()
    said = [(m, a, losses, float(value), int(used), int(left)) for m, a, losses, value, used, left in table("Its nine numbers")]
    assert sorted((m, a, losses, round(value, 4), used, left) for m, a, losses, value, used, left, _ in found) == sorted(said)
    assert {row[-1] for row in found} == {0}


def test_the_page_says_what_plain_arithmetic_gives(companies: pl.DataFrame) -> None:
    rows = companies.to_dicts()
    earn = [r for r in rows if r["net_income_to_common_usd"] > 0]
    multiples = [(r["cap_usd"], r["cap_usd"] / r["net_income_to_common_usd"]) for r in earn]

    def over(column: str, among: list[dict[str, float]], price: str = "cap_usd") -> float:
        return sum(r[price] for r in among) / sum(r[column] for r in among)

    by_hand = {
        ("pe", "aggregate", "included"): over("net_income_to_common_usd", rows),
        ("pe", "aggregate", "excluded"): over("net_income_to_common_usd", earn),
        ("pe", "harmonic_capped", "excluded"): sum(c for c, _ in multiples) / sum(c / min(m, 60) for c, m in multiples),
        ("pe", "median", "excluded"): statistics.median(m for _, m in multiples),
        ("earnings_yield", "aggregate", "included"): 100 / over("net_income_to_common_usd", rows),
        ("ev_ebit", "median", "excluded"): statistics.median(
            r["ev_usd"] / r["ebit_usd"] for r in rows if r["ebit_usd"] > 0 and r["ev_usd"] > 0
        ),
        ("ev_ebit", "aggregate", "included"): over("ebit_usd", rows, "ev_usd"),
        ("pb", "aggregate", "included"): over("book_equity_usd", rows),
        ("ps", "aggregate", "included"): over("revenue_usd", rows),
    }
    assert {(m, a, losses): float(value) for m, a, losses, value, *_ in table("Its nine numbers")} == {
        k: round(v, 4) for k, v in by_hand.items()
    }


def test_one_pair_is_cheap_and_dear(companies: pl.DataFrame, model_sql: Callable[[str], str]) -> None:
    said = table("So the discount depends on it")
    sides = pl.DataFrame(
        [{"loss_treatment": losses, "small_value": float(small), "large_value": float(large)} for losses, small, large, *_ in said]
    ).with_columns(
        month_end=pl.lit(MONTH), small_universe_id=pl.lit("TEN"), large_universe_id=pl.lit("L"), metric=pl.lit("pe"), basis=pl.lit("ltm"),
        aggregation=pl.lit("aggregate"), small_source_id=pl.lit("s"), large_source_id=pl.lit("s"), small_earnings_definition=pl.lit("e"),
        small_financials_treatment=pl.lit("included"), refusal_reason=pl.lit(None, pl.String), known_on=pl.lit(MONTH), provenance=pl.lit("derived"),
        relative=pl.col("small_value") / pl.col("large_value"),
    )  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("int_discounts_monthly", sides.to_arrow())
        found = connection.execute(
            f"select loss_treatment, relative, discount_pct, is_sign_flipped, flipped_on from ({model_sql('fct_discount_monthly')})"
        ).fetchall()
    other = {"excluded": "aggregate included", "included": "aggregate excluded"}
    wanted = {(losses, relative, discount, True, other[losses]) for losses, _, _, relative, discount in said}
    assert {(losses, str(relative), str(discount), flipped, on) for losses, relative, discount, flipped, on in found} == wanted
