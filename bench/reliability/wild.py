from itertools import chain
from pathlib import Path

from bench.reliability.gates import some
from bench.reliability.raw_ground import Ground, ground
from bench.reliability.row import Row, Tell
from bench.reliability.wild_days import Wild, late_print, prices
from bench.reliability.wild_lists import lists, rates
from bench.reliability.wild_market import days_of_the_market
from pipelines.checks.stories import HISTORY  # which says what a provider no longer sends, and stops nothing

FULL, FEW = 50, 8


def wild_inputs() -> list[Wild]:
    return list(chain(prices(), late_print(), rates(), lists()))


def blocked(wild: Wild, on: Ground) -> str | None:
    """Which check did not let it pass, or what of it was not landed; None where all of it was."""
    landed = on.land(wild.offer, wild.offer.now)
    stopped = {f"{check} of raw.{table}" for table, check in landed.failed | landed.aside if check != HISTORY}
    if stopped:
        return f"stopped by {', '.join(sorted(stopped))}"
    if not any(sum(rows.values()) for rows in landed.rows.values()):
        return "passed, and nothing of it was landed"
    return None


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Every wild input through landing and gate 1, and every wild day of the market through gate 3."""
    failures = []
    with ground(folder / "raw") as on:
        inputs, said = some(wild_inputs(), count, FULL)
        for n, wild in enumerate(inputs):
            tell(f"{n} of {len(inputs)}")
            why = blocked(wild, on)
            failures += [f"{wild.name}: {why}"] if why else []
    days = days_of_the_market(folder) if count >= FULL else {}
    failures += [f"{name}: stopped by {', '.join(sorted(stopped))}" for name, stopped in days.items() if stopped]
    beside = f"{len(inputs)} through gate 1, {len(days)} through gate 3{f'; {said}' if said else ''}"
    return Row("clean but wild inputs, none blocked", len(inputs) + len(days), tuple(failures), beside)
