"""The disk is full at each write of a publication: refused operation by operation, and on a real small disk. Not for what a power cut loses (power.py)."""

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from bench.reliability import numbered
from bench.reliability.operations import Operation, heard
from bench.reliability.row import Row, Tell
from pipelines.assets.release import PublishError
from pipelines.resources import run as run_module
from pipelines.resources.disk import DiskError, refusal

FULL = 60  # from here on every one is tried, however many there are
PAGE = 64 * 1024
PUBLISHED = "it was published"
OLD, NEW = numbered.KEEP, numbered.KEEP + 1
FULL_NOW = ("The disk is full", "has reached the size allowed")  # what a reader of the message must be told
NO_ROOM = "MB free, as much as the last publication takes"  # and where a run sees beforehand that it will not fit


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Each time from the same publication: full at one operation, or with so much room on a real disk; then room is made and it is published again."""
    base = numbered.full(folder / "base")
    calm = numbered.copy(base, folder / "calm")
    numbered.publish(calm, NEW)
    wanted, failures, done = numbered.contents(calm), [], 0
    for has_links in (True, False):
        places, before_removal = _places(numbered.copy(base, folder / "market"), has_links)
        shutil.rmtree(folder / "market")
        share = max(1, count // 3)
        for n in range(len(places)) if count >= FULL else _spread(share, len(places)):
            name = f"{places[n]}{'' if has_links else ', without hard links'}"
            tell(f"full at {n} of {len(places)}: {name}")
            market = numbered.copy(base, folder / "market")
            with heard(market, _full_at(n, has_links)):
                said = _refused(market, FULL_NOW)
            if said == [PUBLISHED] and n >= before_removal:  # an old release that cannot be removed undoes nothing
                said = numbered.broken(market, None, NEW)
            failures += [f"full at {name}: {one}" for one in said]
            failures += [f"full at {name}: {said}" for said in _again(market, wanted)]
            shutil.rmtree(market)
            done += 1
    written = sum(p.stat().st_size for p in (calm / "published" / numbered.MODE / "history" / numbered.run_of(NEW)).rglob("*"))
    rooms = range(0, 2 * written, PAGE) if count >= FULL else _spread(max(1, count // 3), written)
    real, kinds = 0, set[str]()
    for room, looks in ((room, looks) for room in rooms for looks in (True, False)):
        tell(f"a disk with {room // 1024} kB free")
        with _small_disk(base, folder, room) as (market, kind, limited):
            # who does not look is a run that found room before others filled the disk
            with limited(), nullcontext() if looks else patch.object(run_module, "demand_room", lambda *_: None):
                said = _refused(market, (*FULL_NOW, NO_ROOM) if looks else FULL_NOW)
            if said == [PUBLISHED]:
                break
            real += 1
            kinds.add(kind)
            failures += [f"{kind} with {room // 1024} kB free{'' if looks else ', filled meanwhile'}: {one}" for one in said]
        done += 1
    said = f"{done - real} times refused at one operation, {real} times on {', '.join(sorted(kinds))}, {PAGE // 1024} kB apart, each with and without looking first"
    return Row("disk full at each write", done, tuple(failures), said)


def _spread(count: int, over: int) -> list[int]:
    """So many numbers below another, evenly apart."""
    return [(2 * n + 1) * over // (2 * count) for n in range(count)]


def _needs_room(op: Operation) -> bool:
    return op.kind in ("write", "copy", "link", "fsync") or (op.kind == "mkdir" and not op.path.exists())


def _places(market: Path, has_links: bool) -> tuple[list[str], int]:
    """Operations that need room, and how many of them come before old releases are removed."""
    places: list[str] = []
    removal = 0

    def hear(op: Operation, do: Callable[[], Any]) -> Any:
        if op.kind == "link" and not has_links:
            return numbered.no_links(op, do)
        if _needs_room(op):
            places.append(str(op))
        return do()

    def step(name: str) -> None:
        nonlocal removal
        if name == f"discard {numbered.run_of(1)}":
            removal = len(places)

    with heard(market, hear):
        numbered.publish(market, NEW, step)
    assert removal, "no old release was removed: the market does not hold as many as are kept"
    return places, removal


def _full_at(place: int, has_links: bool) -> Callable[[Operation, Callable[[], Any]], Any]:
    at = -1

    def hear(op: Operation, do: Callable[[], Any]) -> Any:
        nonlocal at
        if op.kind == "link" and not has_links:
            return numbered.no_links(op, do)
        at += (needs_room := _needs_room(op))
        if needs_room and at == place:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(op.path))
        return do()

    return hear


def _refused(market: Path, words: tuple[str, ...]) -> list[str]:
    """What is wrong with how a publication ended on a full disk; PUBLISHED where it did not."""
    try:
        numbered.publish(market, NEW)
        return [PUBLISHED]
    except (DiskError, OSError, duckdb.Error, PublishError) as problem:
        said = str(problem) if isinstance(problem, DiskError) else refusal(problem) or str(problem)
    told = [] if any(word in said for word in words) else [f"it is not told that the disk is full: {said}"]
    return told + numbered.broken(market, OLD, OLD) + numbered.kept_are_whole(market)


def _again(market: Path, wanted: dict[str, str]) -> list[str]:
    """What is wrong after there is room again and the next run has been."""
    numbered.publish(market, NEW)
    said = numbered.broken(market, None, NEW) + numbered.leftovers(market) + numbered.kept_are_whole(market)
    return [f"published again: {one}" for one in said] + ([] if numbered.contents(market) == wanted else ["published again: other hashes"])


@contextmanager
def _small_disk(base: Path, folder: Path, room: int) -> Iterator[tuple[Path, str, Callable[[], Any]]]:
    """The market on a file system with so much room left; where none can be mounted, with files that may not grow beyond it."""
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    held = sum(p.stat().st_blocks * 512 for p in base.rglob("*")) + (1 << 20)
    size = f"size={held + room + (8 << 20)}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=False, capture_output=True)  # noqa: S607
    try:
        market = numbered.copy(base, disk / "market")
        if mounted.returncode != 0:
            yield market, "files of limited size", lambda: _limited(room)
            return
        free = shutil.disk_usage(disk).free
        with (disk / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(1, free - room))
        yield market, "a small tmpfs", nullcontext
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(disk)], check=True)  # noqa: S607
        shutil.rmtree(disk)


@contextmanager
def _limited(room: int) -> Iterator[None]:
    """No file may grow beyond this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
