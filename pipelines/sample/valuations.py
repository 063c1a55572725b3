"""Index multiples of the two universes from accounts known on the day. Not for the accounts (fundamentals.py)."""

import numpy as np
import polars as pl

from pipelines.sample.calendar import Days
from pipelines.sample.chance import Floats, stream, unit_ar1
from pipelines.sample.companies import Companies, Flags, Ints
from pipelines.sample.fundamentals import Accounts

SOURCE = "SIMULATED_VENDOR"
CAP_ON_MULTIPLE = 60.0
ENOUGH_PCT = 85.0
PUBLISHED_AFTER_SESSIONS = 3

COLUMNS = (
    "month_end", "universe_id", "metric", "basis", "aggregation", "loss_treatment", "financials_treatment", "earnings_definition",
    "value", "value_status", "n_used", "n_loss", "n_missing", "weight_coverage_pct", "source_id", "published_on",
)  # fmt: skip


def known_quarters(books: Accounts, days: Days) -> Ints:
    """Days x companies: position of the last quarter filed before that day (known: the day after filing), -1 for none."""
    counts = np.array([((books.filed < day) & books.reports).sum(axis=0) for day in days])
    first = np.argmax(books.reports, axis=0)
    return np.where(counts > 0, first + counts - 1, -1)


def last_twelve_months(books: Accounts, last: Ints, name: str) -> Floats:
    """Sum of four quarters up to a position, NaN where there are not four."""
    sums = np.vstack([np.zeros((1, books.reports.shape[1])), np.cumsum(np.where(books.reports, books.flows[name], 0.0), axis=0)])
    who = np.arange(books.reports.shape[1])
    first = np.argmax(books.reports, axis=0)
    total = sums[last + 1, who] - sums[np.maximum(last - 3, 0), who]
    return np.where(last - first >= 3, total, np.nan)


def valuations(seed: int, firms: Companies, books: Accounts, caps: Floats, members: dict[str, Flags], month_ends: Days) -> pl.DataFrame:
    """One row a month, universe and measure. `caps` is sessions x companies; months without four sessions after them are not out yet."""
    at = np.searchsorted(firms.days, month_ends, side="right") - 1
    out = at + PUBLISHED_AFTER_SESSIONS < len(firms.days)
    month_ends, at = month_ends[out], at[out]
    last = known_quarters(books, month_ends)
    who = np.arange(len(firms))
    flow = {name: last_twelve_months(books, last, name) for name in ("revenue", "ebit", "net_income")}
    stock = {name: table[np.maximum(last, 0), who] for name, table in books.stocks.items()}
    random = stream(seed, "consensus")
    mood = unit_ar1(random, (len(month_ends), len(firms)), 0.9)
    cap = caps[at]
    # Analysts look a year ahead and are hopeful: losses narrow, profits grow.
    expected = flow["net_income"] * np.where(flow["net_income"] > 0, 1.10, 0.55) + 0.006 * cap * (mood + 0.4)
    value = cap + stock["debt"] - stock["cash"]
    financial = np.isin(firms.sector, ("Financials",))
    rows: list[tuple[object, ...]] = []
    for i, month_end in enumerate(month_ends.tolist()):
        published = firms.days[at[i] + PUBLISHED_AFTER_SESSIONS].item()
        for universe, flags in members.items():
            inside = flags[at[i]]
            c, ni, ntm = cap[i, inside], flow["net_income"][i, inside], expected[i, inside]
            book, sales = np.where(np.isnan(ni), np.nan, stock["equity"][i, inside]), flow["revenue"][i, inside]
            kept = ~financial[inside]
            ev, ebit = value[i, inside][kept], flow["ebit"][i, inside][kept]
            gaap, operating = "gaap_net_to_common", "operating"
            for key, result in (
                (("pe", "ltm", "aggregate", "included", "included", gaap), _aggregate(c, ni)),
                (("pe", "ltm", "aggregate", "excluded", "included", gaap), _aggregate(c, ni, without_losses=True)),
                (("pe", "ltm", "harmonic_capped", "excluded", "included", gaap), _harmonic(c, ni)),
                (("pe", "ltm", "median", "excluded", "included", gaap), _median(c, c, ni)),
                (("earnings_yield", "ltm", "aggregate", "included", "included", gaap), _yield(c, ni)),
                (("pe", "ntm", "aggregate", "included", "included", operating), _aggregate(c, ntm)),
                (("pe", "ntm", "aggregate", "excluded", "included", operating), _aggregate(c, ntm, without_losses=True)),
                (("ev_ebit", "ltm", "median", "excluded", "excluded", "ebit"), _median(c[kept], ev, ebit)),
                (("pb", "ltm", "aggregate", "included", "included", "book_equity"), _aggregate(c, book)),
                (("ps", "ltm", "aggregate", "included", "included", "revenue"), _aggregate(c, sales)),
            ):
                rows.append((month_end, universe, *key, *result, SOURCE, published))
    return pl.DataFrame(rows, schema=list(COLUMNS), orient="row", schema_overrides={"value": pl.Float64()}).sort(COLUMNS[:6])


Result = tuple[float | None, str, int, int, int, float]


def _judged(value: float, used: Flags, losses: Flags, there: Flags, cap: Floats) -> Result:
    """A number with what it rests on; none where it would mislead."""
    coverage = round(100 * float(cap[there].sum() / cap.sum()), 4)
    counts = int(used.sum()), int(losses.sum()), int((~there).sum())
    if coverage < ENOUGH_PCT:
        return None, "insufficient_coverage", *counts, coverage
    if not np.isfinite(value):
        return None, "not_meaningful", *counts, coverage
    return round(float(value), 4), "ok", *counts, coverage


def _aggregate(cap: Floats, base: Floats, without_losses: bool = False) -> Result:
    """Sum of caps over sum of what they are paid for; both sums leave out the same companies."""
    there = ~np.isnan(base)
    losses = there & (base <= 0)
    used = there & ~losses if without_losses else there
    total = base[used].sum()
    return _judged(cap[used].sum() / total if total > 0 else np.nan, used, losses if without_losses else losses & ~used, there, cap)


def _harmonic(cap: Floats, base: Floats) -> Result:
    there = ~np.isnan(base)
    used = there & (base > 0)
    multiple = np.minimum(cap[used] / base[used], CAP_ON_MULTIPLE)
    return _judged(cap[used].sum() / (cap[used] / multiple).sum(), used, there & ~used, there, cap)


def _median(cap: Floats, price: Floats, base: Floats) -> Result:
    there = ~np.isnan(base)
    used = there & (base > 0) & (price > 0)
    return _judged(float(np.median(price[used] / base[used])), used, there & ~used, there, cap)


def _yield(cap: Floats, base: Floats) -> Result:
    there = ~np.isnan(base)
    return _judged(100 * base[there].sum() / cap[there].sum(), there, there & False, there, cap)
