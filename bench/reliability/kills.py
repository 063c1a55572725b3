"""Runs killed at a random moment, then read, then run again: nothing unreadable, nothing lost or doubled, the hashes of an undisturbed run.
Not for kills at a chosen instruction of the publication (another row)."""

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import pairwise
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from bench.clone import clone
from bench.reliability import kept
from bench.reliability.row import Row, Tell
from bench.reliability.warm import Ended, Running, Warm, apart, fork, in_a_process, say

DAY, NEXT = date(2026, 1, 7), date(2026, 1, 8)
# Of a run most is landing and dbt; the short phases are aimed at more often than a moment drawn over its length would hit them.
PHASES = {"landing": 30, "dbt": 20, "gate 3": 15, "release": 15, "install": 20}
STEPS = {"dbt_build": "dbt", "check_the_candidate": "gate 3", "published__warehouse": "release"}
FROM_NOTHING = 0.06  # share of the trials that begin in an empty folder
AGAIN = 0.5  # share of the runs after a kill that are killed, too

kills: Callable[[int, Path, Tell], Row] = partial(in_a_process, "bench.reliability.kills")


@dataclass
class Lane:
    """One process with warehouses of its own, and what it knows of how long phases take."""

    warm: Warm
    folder: Path
    bases: dict[bool, tuple[Path | None, Path]]  # by "begins with nothing": the state before, and the undisturbed state after
    seconds: dict[str, float]
    hit: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def one(self, seed: str) -> int:
        """One warehouse: a run killed, perhaps again, and brought to its end. How many were killed."""
        chance = random.Random(seed)  # noqa: S311 # chance that can be repeated
        is_new = chance.random() < FROM_NOTHING
        before, undisturbed = self.bases[is_new]
        day, here, n = DAY if is_new else NEXT, self.folder / "warehouse", 0
        shutil.rmtree(here, ignore_errors=True)
        if before:
            clone(before, here)
        while n == 0 or chance.random() < AGAIN:
            (aimed,), at = chance.choices(list(PHASES), list(PHASES.values())), chance.random()
            running = self.warm.start(here, day, is_whole=is_new)
            hit = self._kill(running, here, aimed, at)
            if hit is None:  # it was over first: nothing was killed
                break
            n += 1
            self.hit[hit] += 1
            self._look(here, before, undisturbed, f"seed {seed}, killed in {hit}", is_over=False)
        ended = self.timed(self.warm.start(here, day, is_whole=is_new), here)
        said = f"seed {seed}, run again after {n} kills"
        if not ended.is_published:
            self.failures.append(f"{said}: not published: {' | '.join(ended.failures)[:400]}")
            return n
        self._look(here, before, undisturbed, said, is_over=True)
        if apart_of := kept.differences(kept.contents(here), kept.contents(undisturbed)):
            self.failures.append(f"{said}: other hashes than undisturbed: {', '.join(apart_of)}")
        return n

    def _look(self, here: Path, before: Path | None, undisturbed: Path, said: str, is_over: bool) -> None:
        wrong = apart(kept.unreadable, here, is_over) + apart(kept.misplaced, here, before, undisturbed, is_over)
        self.failures += [f"{said}: {w}" for w in wrong]
        if before and not kept.published(here).database.exists():
            self.failures.append(f"{said}: what was published is gone")

    def _kill(self, running: Running, here: Path, aimed: str, at: float) -> str | None:
        """Wait until the phase begins, then for a random part of its usual length; the phase it was in when it died."""
        releases = set(kept.published(here).history.glob("*"))
        while _phase(running, here, releases) not in list(PHASES)[list(PHASES).index(aimed) :]:
            if not running.hear(0.0005 if running.steps[-1:] == ["published__warehouse"] else 0.02) or running.ended:
                break
        until = time.perf_counter() + at * self.seconds[aimed]
        while (left := until - time.perf_counter()) > 0 and running.hear(left) and not running.ended:
            pass
        running.kill()
        if not running.ended and running.child.exitcode != -signal.SIGKILL:
            self.failures.append(f"{here}: the run ended by itself with {running.child.exitcode}, see {here}.log")
        return None if running.ended else _phase(running, here, releases)

    def timed(self, running: Running, here: Path) -> Ended:
        """Hear a run to its end and learn how long its phases took."""
        releases, began = set(kept.published(here).history.glob("*")), dict[str, float]()
        while running.hear(0.002 if running.steps[-1:] == ["published__warehouse"] else 0.05) and not running.ended:
            began.setdefault(_phase(running, here, releases), time.perf_counter())
        over, ended = time.perf_counter(), running.finish()
        moments = [*began.items(), ("", over)]
        lengths = {phase: later - start for (phase, start), (_, later) in pairwise(moments)}
        if ended.is_published:
            self.seconds |= {phase: (self.seconds.get(phase, n) + n) / 2 for phase, n in lengths.items()}
        return ended


def _phase(running: Running, here: Path, releases: set[Path]) -> str:
    """Where the run is, by the last step it told of; a release is being installed once it lies in the history."""
    if not running.steps:
        return "landing"
    phase = STEPS.get(running.steps[-1], "landing")
    if phase == "release" and set(kept.published(here).history.glob("*")) - releases:
        return "install"
    return phase


def _work(lane: Lane, told: Any, seed: int, first: int, step: int, count: int) -> None:
    """The trials of one lane, each told when it is over."""
    done, n = 0, first
    while done < count:
        killed = lane.one(f"{seed}-{n}")
        done, n = done + killed, n + step
        told.send((killed, lane.hit, lane.failures))
        lane.hit, lane.failures = Counter(), []


def _must(ended: Ended) -> None:
    if not ended.is_published:
        raise SystemExit(f"an undisturbed run was not published: {ended.failures}")


def main(count: int, folder: Path) -> Row:
    """All lanes, as many as there are cores, and what they found."""
    say("importing, reading the dbt project, making the market")
    warm, seed = Warm(folder), random.SystemRandom().randrange(10**6)
    say(f"seed {seed}: undisturbed runs")
    base, after, probe = folder / "base", folder / "after", Lane(warm, folder, {}, {})
    _must(warm.run(base, DAY, is_whole=True))
    _must(probe.timed(warm.start(clone(base, after), NEXT), after))
    bases: dict[bool, tuple[Path | None, Path]] = {True: (None, base), False: (base, after)}
    lanes_n, pipes, children = max(1, min(os.cpu_count() or 1, 4, count)), [], []
    for n in range(lanes_n):
        own = folder / f"lane-{n}"
        own.mkdir()
        ours, theirs = fork.Pipe(duplex=False)
        share = count // lanes_n + (n < count % lanes_n)
        lane = Lane(warm, own, bases, dict.fromkeys(PHASES, 1.0) | probe.seconds)
        children.append(fork.Process(target=_work, args=(lane, theirs, seed, n, lanes_n, share)))
        children[-1].start()
        theirs.close()
        pipes.append(ours)
    done, hit, failures = 0, Counter[str](), []
    while pipes:
        for pipe in wait(pipes):
            try:
                killed, where, wrong = pipe.recv()  # type: ignore[union-attr]
            except EOFError:
                pipes.remove(pipe)  # type: ignore[arg-type]
                continue
            done, hit, failures = done + killed, hit + where, failures + wrong
            say(f"seed {seed}: {done} of {count} killed, {len(failures)} failures {failures[-1:] or ''}")
    for child in children:
        child.join()
    where = ", ".join(f"{hit[phase]} in {phase}" for phase in PHASES)
    return Row("runs killed at a random moment, read, and run again", done, tuple(failures), f"seed {seed}; {where}")


if __name__ == "__main__":
    say(main(int(sys.argv[1]), Path(sys.argv[2])))
