"""Seven simulated months of daily runs with a fault on a third of the days; the last day's hashes are those of one clean build.
Not for the recorded providers (bench/faulty_days.py)."""

import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from bench.reliability import kept
from bench.reliability.row import Row, Tell
from bench.reliability.spoils import headless, html, newest_times_ten, without_newest
from bench.reliability.warm import Ended, Warm, apart, in_a_process, say

LAST = date(2026, 1, 9)  # where the sample market ends
REQUIRED, OPTIONAL = ("^RUT", "^GSPC", "^IXIC"), ("^SP600", "MDY", "XLE", "XLK", "DGS10", "VIXCLS", "BAA10Y")

months: Callable[[int, Path, Tell], Row] = partial(in_a_process, "bench.reliability.months")


@dataclass(frozen=True)
class Day:
    """A session that something befalls."""

    warm: Warm
    warehouse: Path
    day: date
    chance: random.Random

    def spoiled(self, symbols: tuple[str, ...], spoil: Any, most: int = 1) -> Ended:
        named = self.chance.sample(symbols, self.chance.randint(1, most))
        return self.warm.run(self.warehouse, self.day, spoils=dict.fromkeys(named, spoil))


def killed(at: Day) -> Ended:
    """Killed some time after it began, and not run again that day."""
    running = at.warm.start(at.warehouse, at.day)
    step = at.chance.choice(("set_the_clock", "land_fred", "land_yahoo", "dbt_build", "check_the_candidate", "published__warehouse"))
    while step not in running.steps and not running.ended and running.hear(60):
        pass
    running.hear(at.chance.uniform(0, 0.5))
    running.kill()
    return Ended(kept.day_of(at.warehouse) == str(at.day), ("killed",), 0)


def dropped_badly(at: Day) -> Ended:
    """A vendor's file with a price below zero."""
    file = at.warehouse / "work" / "sample" / "drop" / "bars" / "R2000" / f"bad-{at.day}.csv"
    file.write_text(f"symbol,date,open,high,low,close,volume\nSIM0200,{at.day},10,11,-9,10,1000\n", encoding="utf-8")
    ended = at.warm.run(at.warehouse, at.day)
    return Ended(ended.is_published, ("the file is still in the drop folder",), 0) if file.exists() else ended


def full(at: Day) -> Ended:
    """No file may grow beyond a part of what readers have: the candidate finds no room."""
    size = kept.published(at.warehouse).database.stat().st_size
    return at.warm.run(at.warehouse, at.day, most_bytes=int(size * at.chance.uniform(0.05, 0.7)))


def locked(at: Day) -> Ended:
    """Somebody else writes."""
    with FileLock(kept.work_file(at.warehouse).with_name("run.lock")):
        return at.warm.run(at.warehouse, at.day)


# What befalls a day, and whether it is published all the same; None: either may be.
FAULTS: Mapping[str, tuple[Callable[[Day], Ended], bool | None]] = {
    "run killed": (killed, None),
    "required price ten times too high": (lambda at: at.spoiled(REQUIRED, newest_times_ten), False),
    "required source answers a page": (lambda at: at.spoiled(REQUIRED, html), False),
    "required provider a session late": (lambda at: at.spoiled(REQUIRED, without_newest), False),
    "optional source answers a page": (lambda at: at.spoiled(OPTIONAL, html, 4), True),
    "optional source is cut short": (lambda at: at.spoiled(OPTIONAL, headless, 4), True),
    "bad file dropped": (dropped_badly, True),
    "disk full": (full, False),
    "lock held": (locked, False),
}


def sessions(count: int) -> list[date]:
    """The last sessions of the market."""
    from pipelines.sources import exchange

    return list(exchange.sessions(LAST - timedelta(days=2 * count + 10), LAST)["session_date"][-count:])


def main(count: int, folder: Path) -> Row:
    """Day after day; then the last one again, in a fresh warehouse, and both compared."""
    say("importing, reading the dbt project, making the market")
    warm, seed = Warm(folder), random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)  # noqa: S311 # chance that can be repeated
    days, daily, clean = apart(sessions, count), folder / "daily", folder / "clean"
    kinds = list(FAULTS) * (count // len(FAULTS) + 1)
    hurt = chance.sample(range(1, count - 1), min(-(-count // 3), count - 2))  # the first day and the last are good ones
    befallen = dict(zip(sorted(hurt), chance.sample(kinds[: len(hurt)], len(hurt)), strict=True))
    failures, met, stopped = list[str](), Counter[str](), 0
    for n, day in enumerate(days):
        what = befallen.get(n)
        act, is_published = FAULTS[what] if what else (_undisturbed, True)
        ended = act(Day(warm, daily, day, chance)) if n and n < count - 1 else warm.run(daily, day, is_whole=True)
        met[what or "none"] += 1
        stopped += not ended.is_published
        said = f"seed {seed}, {day}, {what or 'no fault'}"
        if is_published is not None and ended.is_published != is_published:
            failures.append(f"{said}: {'not ' if is_published else ''}published: {' | '.join(ended.failures)[:600]}")
        failures += [f"{said}: {w}" for w in apart(kept.unreadable, daily, ended.is_published and what != "run killed")]
        say(f"seed {seed}: {n + 1} of {count} sessions, {stopped} stopped, {len(failures)} failures {failures[-1:] or ''}")
        shutil.rmtree(daily / "quarantine", ignore_errors=True)
    ended = warm.run(clean, days[-1], is_whole=True)
    if not ended.is_published:
        failures.append(f"seed {seed}: the clean build was not published: {ended.failures}")
    else:
        failures += [f"seed {seed}: {w}" for w in apart(kept.misplaced, daily, None, None, True)]
        other = kept.differences(kept.contents(daily), kept.contents(clean))
        failures += [f"seed {seed}: {t} has another hash than a clean build's" for t in other]
    said = f"seed {seed}; {len(hurt)} days with faults: {', '.join(f'{n} {what}' for what, n in met.items() if what != 'none')}; {stopped} days not published; "
    return Row(
        "sessions of daily runs with faults on a third of the days, against a clean build", count, tuple(failures),
        said + f"{len(kept.contents(daily))} tables hashed",
    )  # fmt: skip


def _undisturbed(at: Day) -> Ended:
    return at.warm.run(at.warehouse, at.day)


if __name__ == "__main__":
    say(main(int(sys.argv[1]), Path(sys.argv[2])))
