"""The power goes off at every moment of a publication, and what was not synced is lost in every order tried. Not for how a disk loses it (lost_writes.py)."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.reliability import numbered
from bench.reliability.lost_writes import WHOLE, Disk, Recording, disks, lay, record
from bench.reliability.operations import heard
from bench.reliability.row import Row, Tell
from pipelines.assets.release import bring_out
from pipelines.resources.publication import DATABASE, GONE, MANIFEST, sha256

SEED = 20260109
FULL = 8_000  # different disks; from here on every order that is told of a moment is tried, and MORE at random
MORE = 60
LAID_OF_EACH = 10  # disks of each case that are laid as files, settled and published on; with few tries, 1
AT = f"published/{numbered.MODE}/"

Whole = dict[str, str]  # a release: hash of the content by name


@dataclass(frozen=True)
class Case:
    """Something that moves what readers see from release `old` to `new`."""

    name: str
    old: int | None
    new: int
    market: Path
    do: Callable[[], Any]


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Record each case, and try disks of all its moments: as many orders as `count` wants. What counts as done are disks that differ."""
    chance = random.Random(SEED)  # noqa: S311 (orders, no secrets)
    failures, orders, differ, moments, laid = [], 0, 0, 0, 0
    cases = _cases(folder)
    for case in cases:
        recording = record(case.market, case.market / "candidate" / numbered.MODE, case.do)
        releases = _releases(case)
        moments += recording.moments
        some = MORE if count >= FULL else max(1, count // len(cases) // recording.moments)
        found: dict[frozenset[tuple[str, tuple[int, str]]], Disk] = {}
        for moment in range(recording.moments + 1):
            tell(f"{case.name}: moment {moment} of {recording.moments}, {orders:,} orders")
            for disk in disks(recording, moment, chance, some):
                orders += 1
                failures += [f"{case.name}, after operation {moment}: {said}" for said in _broken(recording, disk, case, releases)]
                found.setdefault(frozenset(disk.items()), disk)
        differ += len(found)
        for disk in chance.sample(list(found.values()), min(len(found), LAID_OF_EACH if count >= FULL else 1)):
            laid += 1
            tell(f"{case.name}: {laid} disks laid as files")
            failures += [f"{case.name}, laid as files: {said}" for said in _published_on(recording, disk, case, folder / "laid")]
    said = f"{orders:,} orders of {moments} moments in {len(cases)} cases, seed {SEED}; {laid} of the disks laid as files, settled and published on"
    return Row("power cut: writes not yet synced are dropped", differ, tuple(dict.fromkeys(failures)), said)


def _cases(folder: Path) -> list[Case]:
    """The first publication; one over another with tables that go and come, a strange log and an old release to remove; one without hard links; going back."""

    def case(name: str, old: int | None, new: int, *, links: bool = True) -> Case:
        market = numbered.begin(folder / name.replace(" ", "-"))
        for number in range(1, new):
            numbered.publish(market, number)
        with numbered.working_in(market) as settings:
            staged, manifest = numbered.make(settings, numbered.publication(market), new)
        log = Path(f"{numbered.publication(market).database}.wal")
        if old:
            log.write_bytes(b"of no file here")

        def do() -> None:
            if links:
                bring_out(numbered.publication(market), staged, manifest, numbered.KEEP)
            else:
                with heard(market, numbered.no_links):
                    bring_out(numbered.publication(market), staged, manifest, numbered.KEEP)

        return Case(name, old, new, market, do)

    first = case("the first publication", None, 1)
    over = case("one over another", numbered.KEEP, numbered.KEEP + 1)
    copied = case("without hard links", 1, 2, links=False)
    back = numbered.begin(folder / "going-back")
    for number in (1, 2):
        numbered.publish(back, number)
    return [first, over, copied, Case("going back", 2, 1, back, lambda: numbered.publication(back).install(numbered.run_of(1)))]


def _releases(case: Case) -> dict[str, Whole]:
    """Every release of history, and those that went, as they are when whole; read after all is done, so only those kept."""
    history = numbered.publication(case.market).history
    files = ((p.relative_to(history), p) for p in history.rglob("*") if p.is_file())
    whole: dict[str, Whole] = {}
    for name, path in files:
        whole.setdefault(name.parts[0], {})[str(Path(*name.parts[1:]))] = sha256(path)
    return whole


def _broken(recording: Recording, disk: Disk, case: Case, releases: dict[str, Whole]) -> list[str]:
    """Why what is on a disk is neither the old publication nor the new one, in the order that is documented."""
    on_it = {name.removeprefix(AT): _told(recording, *found) for name, found in disk.items() if name.startswith(AT)}
    there = {n: c for n, c in on_it.items() if not n.startswith("history/") and not Path(n).name.startswith(".")}
    old, new = releases[numbered.run_of(case.old)] if case.old else {}, releases[numbered.run_of(case.new)]
    log, database, manifest = there.pop(f"{DATABASE}.wal", None), there.get(DATABASE), there.get(MANIFEST)
    said = [f"{n} is neither the old one nor the new one, but {c}" for n, c in there.items() if c not in (old.get(n), new.get(n))]
    said += [f"{n} is gone" for n in old if n not in there and (n in new or database != new[DATABASE])]
    if manifest == new[MANIFEST] and there != new:
        said.append(f"the manifest is the new one, but {', '.join(n for n in {**new, **there} if there.get(n) != new.get(n))} is not")
    if manifest != new[MANIFEST] and database == old.get(DATABASE) and there != old:
        said.append(f"the database is the old one, but {', '.join(n for n in {**old, **there} if there.get(n) != old.get(n))} is not")
    if log and database == new[DATABASE]:
        said.append("a log that is not its own lies beside the new database")
    kept = {
        n.split("/")[1] for n in on_it if n.startswith("history/") and n.endswith(f"/{MANIFEST}") and not n.split("/")[1].startswith(GONE)
    }
    for run in sorted(kept & set(releases)):
        here = {n.removeprefix(f"history/{run}/"): c for n, c in on_it.items() if n.startswith(f"history/{run}/")}
        said += [] if here == releases[run] else [f"{run} can be gone back to, but is not whole"]
    return said


def _told(recording: Recording, content: int, form: str) -> str:
    return recording.contents[content].hash if form == WHOLE else form


def _published_on(recording: Recording, disk: Disk, case: Case, folder: Path) -> list[str]:
    """What is wrong after the power is back and the next run has been."""
    shutil.rmtree(folder, ignore_errors=True)
    lay(recording, disk, folder)
    here = numbered.publication(folder)
    here.settle()
    said = [f"settled: {one}" for one in numbered.leftovers(folder) + numbered.kept_are_whole(folder)]
    if here.database.exists():
        number = numbered.number_read(here.database)
        said += [f"settled: {one}" for one in numbered.broken(folder, number, number)]
    numbered.publish(folder, case.new + 1)
    return said + [f"published on: {one}" for one in numbered.broken(folder, None, case.new + 1) + numbered.leftovers(folder)]
