"""Twelve months, caps and valuations from filings against plain loops, and against the future. Not for single traps (dbt unit tests)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from filings import FUNDAMENTALS, VALUATIONS, build, fact, fetched, warehouse

COMPANIES = 12
QUARTERS = [date(2020, 3, 31), date(2020, 6, 30), date(2020, 9, 30), date(2020, 12, 31)]
QUARTERS += [day.replace(year=2021) for day in QUARTERS] + [day.replace(year=2022) for day in QUARTERS]
MONTHS = [date(y, m, 1) - timedelta(days=1) for y, m in [(y, m) for y in (2021, 2022) for m in range(1, 13)] + [(2023, 1), (2023, 2)]]
FLOWS = {"Revenues": 100.0, "NetIncomeLoss": 8.0, "OperatingIncomeLoss": 11.0}
SHEET = {"Assets": 900.0, "StockholdersEquity": 300.0, "CashAndCashEquivalentsAtCarryingValue": 60.0, "LongTermDebtNoncurrent": 200.0}


def accounts(seed: int) -> tuple[list[dict[str, Any]], dict[tuple[int, str, date], float]]:
    """Filings of companies by year to date, some amended later, some quarter by quarter; and the true quarters."""
    random = np.random.default_rng(seed)
    facts, quarters = [], {}
    for cik in range(1, COMPANIES + 1):
        by_quarter = cik % 4 == 0
        for end in QUARTERS:
            filed = end + timedelta(days=int(random.integers(25, 70)))
            known = filed + timedelta(days=1)
            form = "10-K" if end.month == 12 else "10-Q"
            first = date(end.year, 1, 1)
            start = date(end.year, end.month - 2, 1)
            for tag, size in FLOWS.items():
                quarters[cik, tag, end] = float(np.rint(1e6 * size * (1 + random.normal(0, 0.8))))
                year = sum(quarters[cik, tag, day] for day in QUARTERS if day.year == end.year and day <= end)
                span, value = (start, quarters[cik, tag, end]) if by_quarter and end.month != 12 else (first, year)
                facts.append(fact(tag, span, end, value, filed, known, cik=cik, form=form))
                if random.random() < 0.15:  # an amendment restates the same span
                    later = filed + timedelta(days=int(random.integers(5, 90)))
                    restated = float(np.rint(value * 0.9))
                    facts.append(fact(tag, span, end, restated, later, later + timedelta(days=1), cik=cik, form=f"{form}/A"))
            for tag, size in SHEET.items():
                facts.append(fact(tag, end, end, float(np.rint(1e6 * size * (1 + random.random()))), filed, known, cik=cik, form=form))
            count = fact("EntityCommonStockSharesOutstanding", end, end, 1e6 * cik, filed, known, cik=cik, form=form)
            facts.append(count | {"taxonomy": "dei", "unit": "shares"})
    return facts, quarters


def market(seed: int, facts: list[dict[str, Any]], as_of: date = date(2023, 2, 28)) -> dict[str, Any]:
    """Prices, members and filers beside the facts."""
    random = np.random.default_rng(seed + 1)
    ciks = range(1, COMPANIES + 1)
    symbol = {cik: f"S{cik:02d}" for cik in ciks}
    closes = {(cik, month): round(float(10 * np.exp(random.normal(0, 0.4))), 2) for month in MONTHS for cik in ciks}
    return {
        "as_of": as_of,
        "stg_sec__facts": facts,
        "stg_sec__filings": [{"cik": c, "accession": "x", "sic": 3600, "form": "10-K", "filed_on": date(2020, 1, 2), "known_on": date(2020, 1, 3)} for c in ciks],
        "stg_sec__companies": [{"snapshot_date": date(2020, 1, 2), "cik": c, "ticker": symbol[c], "known_on": date(2020, 1, 2)} for c in ciks],
        "stg_drop__bars": [
            {"collection": "R2000", "symbol": symbol[c], "session_date": m, "close": v, "close_basis": "raw", "known_on": m} for (c, m), v in closes.items()
        ],
        "int_sessions": [{"session_date": month} for month in MONTHS],
        "int_memberships_monthly": [
            {"month_end": m, "universe_id": "R2000", "symbol": symbol[c], "cik": c, "sector": "Technology", "known_on": m, "provenance": "observed",
             "membership_basis": "holdings"}
            for m in MONTHS for c in ciks if m <= as_of
        ],
    }  # fmt: skip


def valued(model_sql: Callable[[str], str], rows: dict[str, Any]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Everything that is said of each month: companies' figures and the universe's values."""
    with warehouse(**rows) as connection:
        build(connection, model_sql, *FUNDAMENTALS, *VALUATIONS)
        companies = (
            "select month_end, cik, revenue_usd, ebit_usd, net_income_to_common_usd, debt_usd, book_equity_usd, cap_usd, ev_usd, known_on "
        )
        companies += "from int_member_fundamentals_monthly"
        values = "select month_end, metric, aggregation, loss_treatment, value, value_status, n_used, n_missing, known_on from int_valuations_from_filings"
        said = {row[:2]: row[2:] for row in fetched(connection, companies)}
        return said | {row[:4]: row[4:] for row in fetched(connection, values)}


def test_twelve_months_are_the_four_quarters_that_were_known(model_sql: Callable[[str], str]) -> None:
    facts, _ = accounts(5)
    with warehouse(date(2023, 2, 28), stg_sec__facts=facts) as connection:
        build(connection, model_sql, *FUNDAMENTALS[:3])
        found = fetched(
            connection, "select month_end, cik, period_end, cast(value as double) from int_company_ltm_monthly where concept = 'revenue'"
        )
    checked = 0
    for month_end, cik, period_end, value in found:
        # What stood on the day, span by span; then quarters by subtraction, then the newest four in a row.
        known = sorted(
            (f for f in facts if f["cik"] == cik and f["tag"] == "Revenues" and f["known_on"] <= month_end), key=lambda f: f["known_on"]
        )
        stood = {(f["period_start"], f["period_end"]): f["value"] for f in known}
        quarter: dict[date, float] = {}
        for end in QUARTERS:
            start, first = date(end.year, end.month - 2, 1), date(end.year, 1, 1)
            before = [day for day in QUARTERS if day.year == end.year and day < end]
            if (start, end) in stood:
                quarter[end] = stood[start, end]
            elif (first, end) in stood and all(day in quarter for day in before):
                quarter[end] = stood[first, end] - sum(quarter[day] for day in before)
        whole = {
            end: sum(quarter[day] for day in QUARTERS[i - 3 : i + 1])
            for i, end in enumerate(QUARTERS)
            if i >= 3 and all(day in quarter for day in QUARTERS[i - 3 : i + 1]) and (month_end - end).days <= 200
        }
        assert (value is not None) == bool(whole), (month_end, cik)
        if whole:
            assert (period_end, value) == (max(whole), whole[max(whole)]), (month_end, cik)
            checked += 1
    assert checked > 200


@pytest.mark.parametrize("seed", range(6))
def test_filings_that_come_later_change_no_earlier_month(model_sql: Callable[[str], str], seed: int) -> None:
    facts, _ = accounts(seed)
    random = np.random.default_rng(seed + 99)
    told = valued(model_sql, market(seed, facts))
    cutoff = MONTHS[int(random.integers(6, len(MONTHS) - 3))]
    # Every filing of after the cutoff is filed later still, by days of its own.
    delay = {f["accession"]: timedelta(days=int(random.integers(0, 120))) for f in facts if f["known_on"] > cutoff}
    late = [
        f | {d: f[d] + delay.get(f["accession"], timedelta()) for d in ("filed_on", "known_on")} if f["known_on"] > cutoff else f
        for f in facts
    ]
    shifted = valued(model_sql, market(seed, late))
    earlier = {key for key in told if key[0] <= cutoff}
    assert len(earlier) > 100
    assert {key: told[key] for key in earlier} == {key: shifted[key] for key in earlier}
    assert told != shifted


@pytest.mark.parametrize("seed", range(3))
def test_a_month_says_the_same_on_its_own_day_and_years_later(model_sql: Callable[[str], str], seed: int) -> None:
    facts, _ = accounts(seed)
    later = valued(model_sql, market(seed, facts))
    day = MONTHS[9 + 4 * seed]
    then = valued(model_sql, market(seed, facts, as_of=day))
    assert {key[0] for key in then} == {month for month in MONTHS if month <= day}
    assert then == {key: row for key, row in later.items() if key[0] <= day}


@pytest.mark.parametrize("seed", range(3))
def test_the_five_price_earnings_ratios_are_those_of_numpy(model_sql: Callable[[str], str], seed: int) -> None:
    facts, _ = accounts(seed)
    income = "cast(net_income_to_common_usd as double)"
    with warehouse(**market(seed, facts)) as connection:
        build(connection, model_sql, *FUNDAMENTALS, *VALUATIONS)
        members = fetched(
            connection,
            f"select month_end, cap_usd, {income}, ev_usd, cast(ebit_usd as double) from int_member_fundamentals_monthly",
        )
        values = fetched(
            connection, "select month_end, metric, aggregation, loss_treatment, value, value_status from int_valuations_from_filings"
        )
    checked = 0
    for month in {row[0] for row in members}:
        cap, earned, ev, ebit = np.array([row[1:] for row in members if row[0] == month], dtype=float).T
        there, works = ~np.isnan(cap + earned), (ebit > 0) & (ev > 0)
        earns = there & (earned > 0)
        multiples = cap[earns] / earned[earns]
        wanted = {
            ("pe", "aggregate", "included"): cap[there].sum() / earned[there].sum() if earned[there].sum() > 0 else None,
            ("pe", "aggregate", "excluded"): cap[earns].sum() / earned[earns].sum() if earns.any() else None,
            ("pe", "harmonic_capped", "excluded"): 1 / np.average(1 / np.minimum(multiples, 60), weights=cap[earns])
            if earns.any()
            else None,
            ("pe", "median", "excluded"): np.median(multiples) if earns.any() else None,
            ("earnings_yield", "aggregate", "included"): 100 * earned[there].sum() / cap[there].sum() if there.any() else None,
            ("ev_ebit", "median", "excluded"): np.median(ev[works] / ebit[works]) if works.any() else None,
        }
        for _, metric, aggregation, losses, value, status in (row for row in values if row[0] == month):
            if status == "insufficient_coverage" or (metric, aggregation, losses) not in wanted:
                continue
            expected = wanted[metric, aggregation, losses]
            assert (value is None) == (expected is None), (month, metric, aggregation, losses)
            assert expected is None or value == pytest.approx(expected, rel=1e-12), (month, metric, aggregation, losses)
            checked += 1
    assert checked > 60
