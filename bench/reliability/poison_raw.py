"""Poison for gate 1: of every raw table and every expectation on it, a batch that breaks just what it guards. Not for landing it (raw_ground)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bench.reliability.raw_ground import Frames, Ground, Landed, Line, Offer, ready
from pipelines.checks.expectations import check_names
from pipelines.checks.stories import ANSWERED
from pipelines.contracts import Column, TableContract, contracts

Spoil = Callable[[list[Line]], list[Line]]
PRICES = ("open", "high", "low", "close")
SATURDAY = "2026-01-03"
SCALED = ("open", "high", "low", "close", "value", "adjusted_close", "dividend", "earnings", "cpi", "cape")


@dataclass(frozen=True)
class RawPoison:
    """A spoiled batch of one raw table, and the check that must fail; `part`: which of its expectations."""

    table: str
    check: str
    part: str
    spoil: Spoil

    @property
    def name(self) -> str:
        return " ".join(p for p in (f"raw.{self.table}", self.check, self.part) if p)

    def batch(self, offer: Offer) -> Frames:
        return dict(offer.now) | {self.table: self.spoil([dict(line) for line in offer.now[self.table]])}


def missed(poison: RawPoison, ground: Ground, contract: TableContract | None = None) -> str | None:
    """Why the poison was not caught by its check before anything of it was merged; None where it was. `contract` in the place of the table's own."""
    offer = ready()[poison.table]
    landed = ground.land(offer, poison.batch(offer), {poison.table: contract} if contract else None)
    return _missed(poison, offer, landed)


def _missed(poison: RawPoison, offer: Offer, landed: Landed) -> str | None:
    first = next(iter(offer.now))  # whether a provider answered is said of its first table
    named = (first if poison.check == ANSWERED else poison.table, poison.check)
    if named in landed.failed:
        if landed.rows[poison.table]:
            return f"{sum(landed.rows[poison.table].values())} rows were merged though {poison.check} failed"
        if offer.series.is_required and not (landed.blocked and landed.severities[named] == "block"):
            return f"{poison.check} failed and the run was not stopped"
        return None
    if not contracts()[poison.table].sets_rows_aside or named not in landed.aside:
        return f"{poison.check} did not see it; seen by {sorted(c for t, c in landed.failed | landed.aside) or 'nothing'}"
    return None


def poisons() -> list[RawPoison]:
    """Every poison, by table and check."""
    return [poison for table, contract in contracts().items() if table in ready() for poison in _of_table(table, contract)]


def _of_table(table: str, contract: TableContract) -> Iterator[RawPoison]:
    text = next((c for c in contract.columns if c.data_type != "varchar" and c.name not in contract.key), None) or next(
        c for c in contract.columns if c.data_type != "varchar"
    )
    needed = next(c for c in contract.columns if not c.nullable)
    yield RawPoison(
        table, ANSWERED, f"without {needed.name}", lambda lines: [{k: v for k, v in r.items() if k != needed.name} for r in lines]
    )
    for check in check_names(contract):
        if check == "rows_readable":
            yield RawPoison(table, check, f"text in {text.name}", put(text.name, "twelve"))
            yield RawPoison(table, check, f"{needed.name} empty", put(needed.name, None))
        elif check == "key_is_unique":
            yield RawPoison(table, check, "", twice_otherwise(contract))
        elif check == "values_in_limits":
            for column in contract.columns:
                for limit, value in beyond(column):
                    yield RawPoison(table, check, f"{column.name} {limit}", put(column.name, value))
        else:
            yield from (RawPoison(table, check, part, spoil) for part, spoil in SPOILS[check](contract))


def beyond(column: Column) -> list[tuple[str, str]]:
    """A value beyond each limit of a column, by the limit's name."""
    found = []
    if column.above is not None:
        found.append(("above", str(column.above)))
    if column.min is not None:
        found.append(("min", str(column.min - 1)))
    if column.max is not None:
        found.append(("max", str(column.max + 1)))
    if column.values is not None:
        found.append(("values", "unheard_of"))
    if column.pattern is not None:
        found.append(("pattern", "Not So!"))
    if column.nonzero:
        found.append(("nonzero", "0"))
    return [(limit, value.removesuffix(".0") if column.data_type == "bigint" else value) for limit, value in found]


def put(name: str, value: str | None, at: int = -1) -> Spoil:
    """One cell of the newest line."""

    def spoil(lines: list[Line]) -> list[Line]:
        lines[at][name] = value
        return lines

    return spoil


def scaled(by: float, *names: str, first: int | None = -1, last: int | None = None) -> Spoil:
    """Numbers of some lines by a factor."""

    def spoil(lines: list[Line]) -> list[Line]:
        for line in lines[first:last]:
            for name in names:
                if line.get(name) is not None:
                    line[name] = str(float(str(line[name])) * by)
        return lines

    return spoil


def between(name: str, low: str, high: str) -> Spoil:
    """One number of the newest line set between two others."""

    def spoil(lines: list[Line]) -> list[Line]:
        lines[-1][name] = str((float(str(lines[-1][low])) + float(str(lines[-1][high]))) / 2)
        return lines

    return spoil


def twice_otherwise(contract: TableContract) -> Spoil:
    """The newest line twice, with another value where it has one beside its key."""

    def spoil(lines: list[Line]) -> list[Line]:
        again = dict(lines[-1])
        number = next(
            (c.name for c in contract.columns if c.name in contract.compared_columns and c.data_type == "double" and again[c.name]), None
        )
        if number:
            again[number] = str(float(str(again[number])) * 1.0001)
        elif "cik" in contract.compared_columns:
            again["cik"] = "99"
        elif "form" in contract.compared_columns:
            again["form"] = "10-K"
        return [*lines, again]

    return spoil


def swapped(lines: list[Line]) -> list[Line]:
    return [*lines[:-2], lines[-1], lines[-2]]


def on_saturday(day: str) -> Spoil:
    """A line more, of a Saturday, in its place."""

    def spoil(lines: list[Line]) -> list[Line]:
        before = [line for line in lines if str(line[day]) < SATURDAY]
        return [*before, dict(before[-1]) | {day: SATURDAY}, *lines[len(before) :]]

    return spoil


def without(*at: int) -> Spoil:
    return lambda lines: [line for n, line in enumerate(lines) if n - len(lines) not in at]


def halved(lines: list[Line]) -> list[Line]:
    """The last line as two alike: the sums stay."""
    lines = scaled(0.5, "weight_pct", "shares", "market_value_usd")(lines)
    again = dict(lines[-1])
    again["line_no"] = str(int(str(again["line_no"])) + 1)
    return [*lines, again]


def last_vintage_without_two(lines: list[Line]) -> list[Line]:
    months = sorted({str(line["period_end"]) for line in lines if line["frequency"] == "monthly"})[5:7]
    return [line for line in lines if line["frequency"] != "monthly" or line["period_end"] not in months]


def first_day_as(name: str, other: str) -> Spoil:
    """Two cells of the newest line changed for one another."""

    def spoil(lines: list[Line]) -> list[Line]:
        lines[-1][name], lines[-1][other] = lines[-1][other], lines[-1][name]
        return lines

    return spoil


def each(**values: str | None) -> Spoil:
    """Cells of the newest line."""

    def spoil(lines: list[Line]) -> list[Line]:
        lines[-1] |= values
        return lines

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(lines: list[Line]) -> list[Line]:
        for one in spoils:
            lines = one(lines)
        return lines

    return spoil


Parts = list[tuple[str, Spoil]]


def _one(spoil: Spoil) -> Callable[[TableContract], Parts]:
    return lambda _: [("", spoil)]


def _everywhere(by: float) -> Callable[[TableContract], Parts]:
    def parts(contract: TableContract) -> Parts:
        names = [n for n in SCALED if n in contract.number_columns]
        return [("", scaled(by, *names, first=None))]

    return parts


def _rebased(contract: TableContract) -> Parts:
    names = PRICES if "close" in contract.number_columns and "open" in contract.number_columns else contract.number_columns
    return [("", scaled(1.05, *[n for n in names if n != "long_rate_pct"], first=None))]


def _jumps(contract: TableContract) -> Parts:
    up, down = (40, 0.02) if contract.max_move_pct else (2, 0.5)
    return [("up", scaled(up, *PRICES)), ("down", scaled(down, *PRICES))]


def _limits(contract: TableContract) -> Parts:
    value = "close" if "close" in contract.number_columns else "value"
    names = PRICES if "open" in contract.number_columns else (value,)
    return [("", scaled(10_000, *names))]


SPOILS: dict[str, Callable[[TableContract], Parts]] = {
    "dates_increase": _one(swapped),
    "session_of_the_calendar": lambda c: [("", on_saturday(c.date_column))],
    "days_in_rhythm": lambda c: [("", on_saturday(c.date_column))],
    "no_jump_without_split": _jumps,
    "close_in_catalog_limits": _limits,
    "value_in_catalog_limits": _limits,
    "no_missed_split": lambda _: [("told as a price", both(scaled(10, *PRICES), put("volume", "100")))],
    "high_is_highest": _one(between("high", "low", "close")),
    "low_is_lowest": _one(between("low", "close", "high")),
    "sources_agree": _one(scaled(1.02, *PRICES)),
    "unit_as_before": _everywhere(100),
    "base_as_before": _rebased,
    "closes_stay": _one(scaled(1.02, *PRICES, first=-30, last=-20)),
    "volume_is_traded": _one(put("volume", "0")),
    "past_is_reanchored_whole": _one(scaled(0.9, "adjusted_close", first=None, last=-5)),
    "weights_sum_to_100": _one(without(-1)),
    "holdings_sum_to_100": _one(without(-1)),
    "equities_near_100": _one(without(-1)),
    "security_is_once": _one(halved),
    "equity_is_held": _one(put("shares", "0")),
    "fact_fits_history": _one(scaled(1000, "value")),
    "list_is_whole": _one(without(*range(-8, 0))),
    "vintage_is_whole": _one(last_vintage_without_two),
    "zero_is_no_blank": _one(put("value", "0")),
    "value_matches_status": lambda _: [
        ("none where ok", put("value", None)),
        ("some where none is meant", put("value_status", "not_meaningful")),
    ],
    "targets_in_order": _one(first_day_as("target_high", "target_low")),
    "target_before_capture": _one(put("target_date", "2026-01-09")),
    "growth_can_be_told": lambda _: [("one sum alone", put("earnings_base", None)), ("two units", scaled(1000, "earnings_expected"))],
    "value_fits_its_measure": lambda _: [("above a hundred", put("value", "112")), ("nothing", put("value", "0"))],
    "period_is_over": lambda _: [("within a month", put("period_end", "2025-11-29")), ("told before", put("published_on", "2025-11-29"))],
    "event_is_announced_in_time": lambda _: [
        ("after its day", put("event_date", "2026-01-01")),
        ("called off before", put("withdrawn_on", "2026-01-01")),
    ],
}


def weakened(contract: TableContract, poison: RawPoison) -> TableContract:
    """The contract without the expectation the poison is for; as it is where the expectation is of every table."""
    if poison.check in contract.checks:
        return replace(contract, checks=tuple(c for c in contract.checks if c != poison.check))
    if poison.check != "values_in_limits":
        return contract
    name, limit = poison.part.split(" ")
    gone: dict[str, Any] = {limit: False if limit == "nonzero" else None}
    return replace(contract, columns=tuple(replace(c, **gone) if c.name == name else c for c in contract.columns))
