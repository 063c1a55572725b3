"""A publication killed at each of its steps, and before and after each of its file operations. Not for power cuts, where writes are lost too (power.py)."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.reliability import numbered
from bench.reliability.cut_short import cut_short, die
from bench.reliability.operations import Operation, heard
from bench.reliability.row import Row, Tell

FULL = 100  # from here on every one is tried, however many there are

OLD, NEW = numbered.KEEP, numbered.KEEP + 1


@dataclass(frozen=True)
class Cut:
    """Where a publication is killed: at its step `n`, or before or after its file operation `n`; on a file system with or without hard links."""

    kind: str
    n: int
    has_links: bool
    name: str


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Each time from the same publication: killed at one place, read, published again, held against a publication nothing happened to."""
    base = numbered.full(folder / "base")
    cuts = [cut for has_links in (True, False) for cut in _places(numbered.copy(base, folder / f"calm-{has_links}"), has_links)]
    chosen = cuts if count >= FULL else [cuts[i * len(cuts) // count] for i in range(count)]
    wanted, failures = numbered.contents(folder / "calm-True"), []
    for done, cut in enumerate(chosen):
        tell(f"{done} of {len(chosen)}: {cut.name}")
        failures += [f"killed at {cut.name}: {said}" for said in _one(numbered.copy(base, folder / "market"), cut, wanted)]
        shutil.rmtree(folder / "market")
    steps = sum(c.kind == "step" for c in cuts)
    said = f"{steps} steps, {len(cuts) - steps} sides of file operations, with and without hard links; {'all' if chosen == cuts else len(chosen)} of {len(cuts)} places"
    return Row("kill at each step of the publication", len(chosen), tuple(failures), said)


def _places(market: Path, has_links: bool) -> list[Cut]:
    steps, operations = list[str](), list[str]()
    with heard(market, lambda op, do: (operations.append(str(op)), _done(op, do, has_links))[1]):
        numbered.publish(market, NEW, steps.append)
    how = "" if has_links else ", without hard links"
    found = [Cut("step", n, has_links, f"step {n}, {step}{how}") for n, step in enumerate(steps)]
    found += [Cut("before", n, has_links, f"before {n}, {op}{how}") for n, op in enumerate(operations)]
    return [*found, Cut("after", len(operations) - 1, has_links, f"after {operations[-1]}{how}")]


def _done(op: Operation, do: Callable[[], Any], has_links: bool) -> Any:
    return numbered.no_links(op, do) if op.kind == "link" and not has_links else do()


def _one(market: Path, cut: Cut, wanted: dict[str, str]) -> list[str]:
    ended = cut_short(partial(_publish_and_die, market, cut))
    said = [] if ended == "killed" else [f"the publication was not killed, it {ended}"]
    said += numbered.broken(market, OLD, NEW) + numbered.kept_are_whole(market)
    numbered.publish(market, NEW)
    said += [
        f"published again: {one}"
        for one in numbered.broken(market, None, NEW) + numbered.leftovers(market) + numbered.kept_are_whole(market)
    ]
    return said + (["published again: other hashes than an undisturbed publication"] if numbered.contents(market) != wanted else [])


def _publish_and_die(market: Path, cut: Cut) -> None:
    steps_n = operations_n = -1

    def at(kind: str, n: int) -> bool:
        return (kind, n) == (cut.kind, cut.n)

    def step(_: str) -> None:
        nonlocal steps_n
        steps_n += 1
        if at("step", steps_n):
            die()

    def hear(op: Operation, do: Callable[[], Any]) -> Any:
        nonlocal operations_n
        operations_n += 1
        if at("before", operations_n):
            die()
        result = _done(op, do, cut.has_links)
        if at("after", operations_n):
            die()
        return result

    with heard(market, hear):
        numbered.publish(market, NEW, step)
