"""What simulated analysts and desks send: price targets, consensus, series of debt and revenue, events. Not for multiples (valuations.py)."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipelines.sample.calendar import SAMPLE_END, Days, month_ends
from pipelines.sample.chance import Floats, stream, unit_ar1
from pipelines.sample.companies import Companies, Flags, Ints
from pipelines.sample.fundamentals import Accounts
from pipelines.sample.membership import SMALL
from pipelines.sample.valuations import PUBLISHED_AFTER_SESSIONS, SOURCE, known_quarters, last_twelve_months

TARGET_LIST, LIST_SIZE = "SIM30", 30
STRATEGIST = "SIMULATED_STRATEGIST"
FIRST_CAPTURE = date(2023, 1, 1)
FLOATING_PCT = {True: 45.0, False: 15.0}  # small, large: share of debt at floating rates
HOME_PCT = {True: 79.0, False: 61.0}


def targets(seed: int, firms: Companies, members: dict[str, Flags]) -> pl.DataFrame:
    """The 30 largest members of the small universe on the last session of each month, as the vendor names the columns."""
    random = stream(seed, "targets")
    at = _last_sessions(firms)
    rows: list[tuple[object, ...]] = []
    lean = 0.16 + 0.12 * random.standard_normal(len(firms))  # analysts are fond of some companies for years
    for session in at:
        day: date = firms.days[session].item()
        noise, spread = 0.05 * random.standard_normal(len(firms)), random.uniform(0.12, 0.35, len(firms))
        age, count, has = random.integers(0, 150, len(firms)), random.integers(1, 16, len(firms)), random.random(len(firms)) > 0.04
        inside = np.flatnonzero(members[SMALL][session])
        price = firms.raw_close[session]
        chosen = inside[np.argsort(-firms.first_cap[inside] * firms.growth[session, inside], kind="stable")[:LIST_SIZE]]
        for i in sorted(chosen.tolist(), key=lambda i: str(firms.symbol[i])):
            mean = round(float(price[i] * (1 + lean[i] + noise[i])), 2)
            given = (mean, round(mean * (1 + spread[i]), 2), round(mean * (1 - spread[i]), 2), int(count[i]), day - timedelta(int(age[i])))
            rows.append((day, str(firms.symbol[i]), str(firms.name[i]), float(price[i]), *(given if has[i] else (None,) * 5)))
    columns = ["date", "ticker", "company", "price", "target_mean", "target_high", "target_low", "analysts", "target_date"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def consensus(seed: int, firms: Companies, books: Accounts, members: dict[str, Flags]) -> pl.DataFrame:
    """Expected earnings of the quarter under way, USD millions, by sector from one source; growth as stated from another."""
    random = stream(seed, "consensus by sector")
    at = _last_sessions(firms)
    days = firms.days[at]
    quarter = np.searchsorted(books.quarter_ends, days)  # the quarter that is not over yet
    rows: list[tuple[object, ...]] = []
    for session, day, now in zip(at, days, quarter, strict=True):
        surprise = random.standard_normal(len(firms))
        month = day.astype("datetime64[M]").astype(int)
        period = f"{1970 + month // 12}Q{month % 12 // 3 + 1}"
        for universe, flags in members.items():
            earned = np.where(books.reports[now - 4], books.flows["net_income"][now - 4], 0.0)
            # Hopeful, as for the multiples: losses narrow, profits grow.
            expected = earned * np.where(earned > 0, 1.08, 0.7) + 0.02 * np.abs(earned) * surprise
            inside = flags[session] & books.reports[now - 4]
            for sector in sorted(set(firms.sector[inside].tolist())):
                of = inside & (firms.sector == sector)
                sums = (round(float(v[of].sum()) / 1e6, 3) for v in (earned, expected))
                rows.append((day.item(), universe, period, sector, *sums, None, int(of.sum()), SOURCE))
            for name, of in (("all", inside), ("ex_health_care", inside & (firms.sector != "Health Care"))):
                base = float(earned[of].sum())
                if base > 0:
                    stated = round(100 * (float(expected[of].sum()) / base - 1), 1)
                    rows.append((day.item(), universe, period, name, None, None, stated, int(of.sum()), STRATEGIST))
    columns = ["captured_on", "universe_id", "period", "sector", "earnings_base", "earnings_expected", "growth_pct", "n", "source_id"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def series(seed: int, firms: Companies, books: Accounts, caps: Floats, members: dict[str, Flags]) -> pl.DataFrame:
    """Debt by month and revenue at home by quarter, of both universes, out some sessions after the period."""
    random = stream(seed, "debt and revenue")
    ends = month_ends(FIRST_CAPTURE, SAMPLE_END)
    at = np.searchsorted(firms.days, ends, side="right") - 1
    ends, at = ends[at + PUBLISHED_AFTER_SESSIONS < len(firms.days)], at[at + PUBLISHED_AFTER_SESSIONS < len(firms.days)]
    last = known_quarters(books, ends)
    ebit, interest = (last_twelve_months(books, last, name) for name in ("ebit", "interest_expense"))
    debt = books.stocks["debt"][np.maximum(last, 0), np.arange(len(firms))]
    due = 12 + 2 * unit_ar1(random, (len(ends), len(members)), 0.95)
    home = np.clip(random.normal(0, 14, len(firms)) + np.where(firms.is_small, HOME_PCT[True], HOME_PCT[False]), 2, 100)
    rows: list[tuple[object, ...]] = []
    for k, (end, session) in enumerate(zip(ends.tolist(), at, strict=True)):
        out = firms.days[session + PUBLISHED_AFTER_SESSIONS].item()
        for u, (universe, flags) in enumerate(members.items()):
            is_small = universe == SMALL
            inside = flags[session]
            told = inside & ~np.isnan(ebit[k]) & (interest[k] > 0)
            coverage = _share(caps[session], told, inside)
            cover = ebit[k][told] / interest[k][told]
            dearer = interest[k][told] + 0.01 * FLOATING_PCT[is_small] / 100 * debt[k][told]
            found = {
                "interest_cover_below_1_pct": 100 * float((cover < 1).mean()),
                "debt_due_1y_pct": float(due[k, u]) + (4 if is_small else 0),
                "median_interest_cover": float(np.median(cover)),
                "cover_change_per_100bp": float(np.median(ebit[k][told] / dearer) - np.median(cover)),
                "floating_share_pct": FLOATING_PCT[is_small],
            }
            rows += [(end, universe, m, round(v, 4), int(told.sum()), coverage, SOURCE, out) for m, v in found.items()]
            if end.month % 3 == 0:
                split = inside & (np.arange(len(firms)) % 9 > 0)  # one company in nine gives no split
                weighted = float((home * caps[session])[split].sum() / caps[session][split].sum())
                shares = {"domestic_revenue_pct": weighted, "median_domestic_revenue_pct": float(np.median(home[split]))}
                coverage = _share(caps[session], split, inside)
                rows += [(end, universe, m, round(v, 4), int(split.sum()), coverage, SOURCE, out) for m, v in shares.items()]
    columns = ["period_end", "universe_id", "measure", "value", "n", "coverage_pct", "source_id", "published_on"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def events() -> pl.DataFrame:
    """A conference that does not exist, on the third Wednesday of March and September, announced a quarter before: a desk's own kind."""
    rows = [
        (f"conference_{day:%Y_%m_%d}", "conference", day, "true", "SIMULATED small-cap conference", SOURCE, day - timedelta(91))
        for day in _conferences()
    ]
    return pl.DataFrame(rows, schema=["event_id", "kind", "date", "is_scheduled", "title", "source", "announced_on"], orient="row")


def _conferences() -> Iterator[date]:
    for year in range(2014, SAMPLE_END.year + 1):
        for month in (3, 9):
            first = date(year, month, 1)
            yield first + timedelta((2 - first.weekday()) % 7 + 14)


def _last_sessions(firms: Companies) -> Ints:
    """Positions of the last session of each month that is over, from the first capture on."""
    ends: Days = month_ends(FIRST_CAPTURE, SAMPLE_END)[:-1]
    return np.searchsorted(firms.days, ends, side="right") - 1


def _share(caps: Floats, part: Flags, whole: Flags) -> float:
    return round(100 * float(caps[part].sum() / caps[whole].sum()), 4)
