"""A publication killed at each of its steps, and before and after each of its file operations. Not for power cuts, where writes are lost too (power.py)."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.reliability import numbered
from bench.reliability.cut_short import cut_short, die
from bench.reliability.operations import Operation, heard
from bench.reliability.row import Row, Tell

FULL = 100  # from here on every one is tried, however many there are

Cut = tuple[str, int]


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Each time from the same publication: killed at one place, read, published again, held against a publication nothing happened to."""
    base = numbered.begin(folder / "base")
    numbered.publish(base, 1)
    calm = numbered.copy(base, folder / "calm")
    steps: list[str] = []
    operations: list[str] = []
    with heard(calm, lambda op, do: (operations.append(str(op)), do())[1]):
        numbered.publish(calm, 2, steps.append)
    cuts: list[Cut] = (
        [("step", n) for n in range(len(steps))] + [("before", n) for n in range(len(operations))] + [("after", len(operations) - 1)]
    )
    chosen = cuts if count >= FULL else [cuts[i * len(cuts) // count] for i in range(count)]
    wanted, failures = numbered.contents(calm), []
    for done, (kind, n) in enumerate(chosen):
        name = f"{kind} {n}, {(steps if kind == 'step' else operations)[n]}"
        tell(f"{done} of {len(chosen)}: {name}")
        failures += [f"killed at {name}: {said}" for said in _one(numbered.copy(base, folder / "market"), (kind, n), wanted)]
        shutil.rmtree(folder / "market")
    said = f"{len(steps)} steps, {len(operations)} file operations with both their sides; {'all' if chosen == cuts else len(chosen)} of {len(cuts)} places"
    return Row("kill at each step of the publication", len(chosen), tuple(failures), said)


def _one(market: Path, cut: Cut, wanted: dict[str, str]) -> list[str]:
    ended = cut_short(partial(_publish_and_die, market, cut))
    said = [] if ended == "killed" else [f"the publication was not killed, it {ended}"]
    said += numbered.broken(market, 1, 2) + numbered.kept_are_whole(market)
    numbered.publish(market, 2)
    said += [
        f"published again: {one}" for one in numbered.broken(market, None, 2) + numbered.leftovers(market) + numbered.kept_are_whole(market)
    ]
    return said + (["published again: other hashes than an undisturbed publication"] if numbered.contents(market) != wanted else [])


def _publish_and_die(market: Path, cut: Cut) -> None:
    kind, at = cut
    steps_n = operations_n = -1

    def step(_: str) -> None:
        nonlocal steps_n
        steps_n += 1
        if (kind, at) == ("step", steps_n):
            die()

    def hear(_: Operation, do: Callable[[], Any]) -> Any:
        nonlocal operations_n
        operations_n += 1
        if (kind, at) == ("before", operations_n):
            die()
        result = do()
        if (kind, at) == ("after", operations_n):
            die()
        return result

    with heard(market, hear):
        numbered.publish(market, 2, step)
