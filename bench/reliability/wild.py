"""The row of wild inputs, which are odd and right: none is blocked, by gate 1 alone, by gate 3 alone, nor in whole runs. Not for the inputs (wild_days,
wild_lists, wild_market), nor for the runs (wild_runs). As a module it prints which is told in which run."""

from itertools import chain
from pathlib import Path

from bench.reliability.gates import some
from bench.reliability.raw_ground import Ground, ground
from bench.reliability.row import Row, Tell
from bench.reliability.wild_days import Wild, late_print, prices
from bench.reliability.wild_lists import lists, rates
from bench.reliability.wild_market import DAYS, days_of_the_market
from bench.reliability.wild_runs import BEFORE, Runs, alone, is_a_day, names, shared_out
from bench.reliability.wild_told import DAY
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


def whole_runs(count: int, folder: Path, tell: Tell) -> tuple[list[str], str]:
    """What whole runs were stopped by, and what was told in them: in each the day before and the day; of few the first day alone, from nothing."""
    shared, at = dict(zip(DAYS, shared_out(wild_inputs()), strict=True)), Runs(folder)
    days = (BEFORE, DAY) if count >= FULL else (DAY,)
    asked = list(shared.items())[: None if count >= FULL else 1]
    failures = []
    for n, (day, told) in enumerate(asked):
        tell(f"whole run {n + 1} of {len(asked)}: {day}, with {len(names(told))} wild inputs")
        failures += [f"{day}, with {'; '.join(names(told))}: {wrong}" for wrong in at.stopped(n, told, days)]
    return failures, f"{sum(len(names(told)) for _, told in asked)} on {len(asked)} days of the market through whole runs"


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Every wild input through landing and gate 1, every wild day of the market through gate 3, and all that go together through whole runs."""
    failures = []
    with ground(folder / "raw") as on:
        inputs, said = some(wild_inputs(), count, FULL)
        for n, wild in enumerate(inputs):
            tell(f"{n} of {len(inputs)}")
            why = blocked(wild, on)
            failures += [f"{wild.name}: {why}"] if why else []
    days = days_of_the_market(folder) if count >= FULL else {}
    failures += [f"{name}: stopped by {', '.join(sorted(stopped))}" for name, stopped in days.items() if stopped]
    stopped, told = whole_runs(count, folder / "runs", tell)
    beside = f"{len(inputs)} through gate 1, {len(days)} through gate 3, {told}{f'; {said}' if said else ''}"
    return Row("clean but wild inputs, none blocked", len(inputs) + len(days), (*failures, *stopped), beside)


def main() -> None:
    """Which wild inputs are told in which run."""
    wilds = wild_inputs()
    for day, told in zip(DAYS, shared_out(wilds), strict=True):
        print("\n  ".join([day, *names(told)]))
    print("\n  ".join(["told as the days themselves", *(wild.name for wild in wilds if is_a_day(wild))]))
    print("\n  ".join(["sessions gone by, at gate 1 alone", *alone(wilds)]))


if __name__ == "__main__":
    main()
