"""Wild days of prices: histories of closes and what came next, as the tables of a provider or a dropped file. Not for other inputs (wild_lists)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bench.reliability.raw_ground import Line, Offer
from pipelines.assets.landing.drops import as_series
from pipelines.catalog import catalog
from pipelines.sources import exchange

HISTORY = 40


@dataclass(frozen=True)
class Wild:
    """An input that is odd and right, and what it stands for."""

    name: str
    offer: Offer


def sessions(until: str, n: int = HISTORY) -> list[str]:
    """The last n sessions up to a day."""
    day = date.fromisoformat(until)
    found: list[date] = exchange.sessions(date(day.year - 1, 1, 1), day)["session_date"].to_list()
    return [str(d) for d in found[-n:]]


def calm(level: float, n: int = HISTORY - 1) -> list[float]:
    """Closes around a level, none twice alike in a row."""
    return [round(level * (1 + ((k * 7) % 5 - 2) / 400), 6) for k in range(n)]


def bar(day: str, close: float, volume: float, **others: str | None) -> Line:
    return {
        "session_date": day, "open": str(close), "high": str(close * 1.01), "low": str(close * 0.99), "close": str(close),
        "volume": str(int(volume)), **others,
    }  # fmt: skip


def stock(
    name: str, days: Sequence[str], closes: Sequence[float], volumes: Sequence[float], new: int = 1, basis: str = "split_adjusted"
) -> Wild:
    """A small company's bars in a dropped file; the last `new` of them are new."""
    about = {"collection": "R2000", "symbol": "WILD", "price_basis": basis}
    lines = [bar(d, c, v, **about, _line=str(n)) for n, (d, c, v) in enumerate(zip(days, closes, volumes, strict=True), start=2)]
    held = {"drop_bars": lines[:-new]} if lines[:-new] else {}
    return Wild(name, Offer(as_series("bars/R2000/wild.csv"), held, {"drop_bars": lines}))


def series(
    name: str, days: Sequence[str], closes: Sequence[float], *, of: str = "IWM", volume: float = 5e7, new: int = 1,
    action: tuple[str, float] | None = None, limit: float | None = None,
) -> Wild:  # fmt: skip
    """A series of the catalogue at its provider; an action is of the first new day, and rewrites the adjusted closes before it."""
    one = replace(catalog()[of], is_required=True, witness_series_id=None)
    one = replace(one, max_move_pct=limit) if limit else one
    bars: list[Line] = [bar(d, c, volume, symbol=one.symbol, is_partial="false") for d, c in zip(days, closes, strict=True)]
    held, now = {f"{one.provider}_bars": bars[:-new]}, {f"{one.provider}_bars": bars}
    if one.kind == "fund" and one.provider in ("yahoo", "tiingo", "alphavantage"):
        adjusted: list[Line] = [{"symbol": one.symbol, "session_date": str(b["session_date"]), "adjusted_close": b["close"]} for b in bars]
        held[f"{one.provider}_adjusted_closes"] = adjusted[:-new]
        factor = 1.0
        now[f"{one.provider}_actions"] = []
        if action:
            kind, value = action
            factor = 1 / value if kind == "split" else 1 - value / closes[-new - 1]
            now[f"{one.provider}_actions"] = [{"symbol": one.symbol, "action_date": days[-new], "kind": kind, "value": str(value)}]
        moved = [a | {"adjusted_close": str(float(str(a["adjusted_close"])) * factor)} for a in adjusted[:-new]]
        now[f"{one.provider}_adjusted_closes"] = [*moved, *adjusted[-new:]]
    return Wild(name, Offer(one, held, now))


def prices() -> Iterator[Wild]:
    """Squeezes, splits, halts, listings, crashes, odd sessions."""
    end = sessions("2026-01-09")
    even = [2e6] * (HISTORY - 1)
    yield stock("a biotech triples in a day on an approval", end, [*calm(8), 24.4], [*even, 9e7])
    yield stock("a stock rises 2,400 % in a day", end, [*calm(0.8), 20.0], [*even, 4e8])
    yield stock("a failed trial takes 90 % in a day", end, [*calm(31), 3.05], [*even, 8e7])
    rise = [round(20 * 1.16**k, 4) for k in range(17)]
    path = [*calm(20, 7), *rise, *reversed(rise[:-1])]
    yield stock("a squeeze: up 1,000 % in a month and back", end, path, [3e7] * 40, new=33)
    yield stock("a halt of three weeks, then 60 % less", [*sessions("2025-12-12", 39), end[-1]], [*calm(12), 4.8], [*even, 2e7])
    yield stock("a stock at a twentieth of a cent", end, [*calm(0.0005), 0.0006], [5e8] * HISTORY)
    yield stock("a day on which no share was sold", end, [*calm(14), 14.0], [*even, 0])
    yield stock("a new listing: its first bar", end[-1:], [17.5], [3e7])
    yield stock("a new listing doubles on its second day", end[-2:], [17.5, 36.0], [3e7, 9e7])
    yield stock("a share price of three quarters of a million", end, [*calm(742_000), 748_300.0], [800] * HISTORY)
    back = [*sessions("2025-06-30", 39), end[-1]]
    yield stock("a symbol whose last bar is months old is another company's now", back, [*calm(9), 41.0], [*even, 1e6])
    yield stock(
        "a merger: a jump to the offer, then hardly a move", end, [*calm(10, 37), 16.8, 16.81, 16.8], [*[2e6] * 37, 6e7, 3e7, 1e7], new=3
    )
    for day, what in (
        ("2025-11-28", "the half day after Thanksgiving"), ("2025-12-24", "the half day of Christmas Eve"), ("2024-02-29", "a leap day"),
        ("2025-12-31", "the last session of a year"), ("2026-01-02", "the first session of a year"), ("2012-10-31", "the session after Sandy"),
        ("2001-09-17", "the session after the closure of September 2001"), ("2025-01-10", "the session after a day of mourning"),
    ):  # fmt: skip
        yield stock(what, sessions(day), [*calm(25), 25.2], [*even, 9e5])
        yield series(f"{what}, of an index", sessions(day), [*calm(2000), 1991.0], of="R2000")
    for day, move, what in (
        ("1987-10-19", -20.5, "1987-10-19"), ("2020-03-16", -12.0, "2020-03-16"), ("2020-03-24", 9.4, "2020-03-24"), ("2008-10-13", 11.6, "2008-10-13"),
        ("2001-09-17", -4.9, "the first session after six days closed"),
    ):  # fmt: skip
        yield series(f"a move as on {what}, {move} %", sessions(day), [*calm(1000), round(1000 * (1 + move / 100), 2)], of="SP500")
    for ratio, what in (
        (20, "a split of 20 for 1"), (1.5, "a split of 3 for 2"), (0.04, "a reverse split of 1 for 25"), (1.219, "a spin-off told as a split of 1.219"),
    ):  # fmt: skip
        for of in ("IWM", "IWM.tiingo", "IWM.alphavantage"):
            yield series(f"{what}, with its action, {of}", end, [*calm(180), round(181 / ratio, 4)], of=of, action=("split", ratio))
    yield series("a special dividend of a fifth of the price", end, [*calm(180), 145.0], action=("dividend", 36.0))
    yield series("a quarterly dividend rewrites the adjusted past", end, [*calm(180), 179.2], action=("dividend", 0.61))
    yield series("a split two sessions ago, told with three new days", end, [*calm(180, 37), 18.1, 18.0, 18.2], new=3, action=("split", 10))
    yield series("an index whose volume is zero", end, [*calm(2500), 2511.0], of="R2000", volume=0)
    yield series("a fund whose price stands still", end, [*[50.0] * 39, 50.0])
    yield series("a second vendor's index at the end of a year", sessions("2025-12-31"), [*calm(6900), 6880.0], of="SP500.stooq")


def late_print() -> Iterator[Wild]:
    """Pasts that providers correct."""
    wild = series("a close corrected by three tenths of a percent", sessions("2026-01-09"), [*calm(180), 181.0])
    lines = [dict(line) for line in wild.offer.now["yahoo_bars"]]
    close = float(str(lines[20]["close"])) * 1.003
    lines[20] |= {"close": str(close), "high": str(close * 1.01)}
    adjusted = [dict(line) for line in wild.offer.now["yahoo_adjusted_closes"]]
    adjusted[20]["adjusted_close"] = str(close)
    yield replace(wild, offer=replace(wild.offer, now=dict(wild.offer.now) | {"yahoo_bars": lines, "yahoo_adjusted_closes": adjusted}))
    short = series("a free key brings the last hundred sessions only", sessions("2026-01-09", 150), calm(180, 150), of="IWM.alphavantage")
    yield replace(short, offer=replace(short.offer, now={table: lines[-100:] for table, lines in short.offer.now.items()}))
