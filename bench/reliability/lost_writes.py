"""What a power cut leaves on a disk: recorded operations, of which those not yet synced are lost in part, in any order. Not for what must be there (power.py).

What a sync has made sure of is there; of the rest, any part is. An operation on names (make, link, rename, remove) is sure once the folder of its
name is synced, for a rename the folder it goes to; content is sure once the file is synced, before that it is whole, cut in half or empty.
That is less than journals promise: operations of one folder may be lost out of order, and a synced file may lose its name.
"""

import hashlib
import itertools
import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.reliability.operations import Operation, heard

NEVER = float("inf")
ALL_SUBSETS_UP_TO = 6
WHOLE, CUT, EMPTY = "whole", "cut in half", "empty"

Disk = dict[str, tuple[int, str]]  # name of a file: number of its content, and what there is of it


@dataclass
class Content:
    """What a file holds; it is written once."""

    data: bytes
    sure_at: float = NEVER

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Names:
    """One operation on names, at a moment; `sure_at`: the moment of the sync after which no power cut takes it away. `folder`: inode of the folder."""

    kind: str
    path: str
    target: str
    moment: int
    folder: int
    content: int = -1
    sure_at: float = NEVER


@dataclass
class Recording:
    """A disk, and what was asked of it since; `moments` are the points after each operation."""

    before: Disk = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    contents: list[Content] = field(default_factory=list)
    names: list[Names] = field(default_factory=list)
    moments: int = 0


def record(root: Path, unsure: Path, do: Callable[[], Any]) -> Recording:
    """Do something to a folder, and record it. What lies in it is sure, but for what lies in `unsure`, which was written a moment ago."""
    recording, by_inode = Recording(), dict[int, int]()

    def name(path: Path) -> str:
        return str(path.relative_to(root))

    def content_of(path: Path, sure_at: float) -> int:
        inode = path.stat().st_ino
        if inode not in by_inode:
            recording.contents.append(Content(path.read_bytes(), sure_at))
            by_inode[inode] = len(recording.contents) - 1
        return by_inode[inode]

    for path in sorted(root.rglob("*")):
        if path.is_relative_to(unsure) and path != unsure:
            kind, content = ("mkdir", -1) if path.is_dir() else ("make", content_of(path, NEVER))
            recording.names.append(Names(kind, name(path), "", 0, path.parent.stat().st_ino, content))
        elif path.is_dir():
            recording.folders.add(name(path))
        else:
            recording.before[name(path)] = (content_of(path, 0), WHOLE)

    def hear(op: Operation, act: Callable[[], Any]) -> Any:
        recording.moments += 1
        now, goes_to = recording.moments, op.target or op.path
        if op.kind == "fsync":
            result = act()
            if op.path.is_file():
                content = recording.contents[content_of(op.path, NEVER)]
                content.sure_at = min(content.sure_at, now)
                return result
            sure = [one for one in recording.names if one.folder == op.path.stat().st_ino and one.sure_at == NEVER]
            moved = {
                one.path for one in sure if one.kind == "rename"
            }  # a name that is sure leads to its file, whatever became of the old name
            for one in [*sure, *(o for o in recording.names if (o.target or o.path) in moved and o.sure_at == NEVER)]:
                one.sure_at = now
            return result
        if op.kind in ("unlink", "rmdir") and goes_to.is_file() and goes_to.stat().st_nlink == 1:
            by_inode.pop(goes_to.stat().st_ino, None)  # the number may come again
        result = act()
        if op.kind != "chmod":
            kind = "make" if op.kind in ("copy", "write") else op.kind
            content = content_of(goes_to, NEVER) if kind == "make" else -1
            source, target = (name(goes_to), "") if kind == "make" else (name(op.path), name(op.target) if op.target else "")
            recording.names.append(Names(kind, source, target, now, goes_to.parent.stat().st_ino, content))
        return result

    with heard(root, hear):
        do()
    written_later = [
        c
        for n, c in by_inode.items()
        for p in root.rglob("*")
        if p.is_file() and p.stat().st_ino == n and p.read_bytes() != recording.contents[c].data
    ]
    if written_later:
        raise ValueError(f"{len(written_later)} files were written to after they were heard of: the recording does not hold")
    return recording


def unsure_at(recording: Recording, moment: int) -> list[int]:
    """Operations that a power cut after a moment may take away."""
    return [n for n, one in enumerate(recording.names) if one.moment <= moment < one.sure_at]


def disk_after(recording: Recording, moment: int, kept: Mapping[int, bool], form: Callable[[int], str]) -> Disk:
    """The disk where the power went off after a moment. `kept`: which of the unsure operations are there; `form`: how unsure contents are."""
    disk, folders = dict(recording.before), set(recording.folders)
    for n, one in enumerate(recording.names):
        if one.moment > moment or not kept.get(n, True):
            continue
        if one.kind not in ("unlink", "rmdir") and str(Path(one.target or one.path).parent) not in folders:
            continue  # with its folder
        if one.kind == "mkdir":
            folders.add(one.path)
        elif one.kind == "make":
            disk[one.path] = (one.content, WHOLE if recording.contents[one.content].sure_at <= moment else form(one.content))
        elif one.kind == "link" and one.path in disk:
            disk[one.target] = disk[one.path]
        elif one.kind == "unlink":
            disk.pop(one.path, None)
        elif one.kind == "rmdir" and not any(f.startswith(f"{one.path}/") for f in (*disk, *folders)):
            folders.discard(one.path)
        elif one.kind == "rename":
            moved = [f for f in disk if f == one.path or f.startswith(f"{one.path}/")]
            disk |= {one.target + f[len(one.path) :]: disk.pop(f) for f in moved}
            went = {f for f in folders if f == one.path or f.startswith(f"{one.path}/")}
            folders = (folders - went) | {one.target + f[len(one.path) :] for f in went}
    return disk


def disks(recording: Recording, moment: int, chance: random.Random, tries: int) -> Iterator[Disk]:
    """Disks a power cut after a moment may leave: all parts of few unsure operations; of more none, all, each alone, all but each, the first ones, and
    `tries` at random; of all these at most `tries` drawn, where it is small. Each with unsure contents whole, cut, empty and mixed."""
    unsure = unsure_at(recording, moment)
    if len(unsure) <= ALL_SUBSETS_UP_TO:
        parts = [set(s) for k in range(len(unsure) + 1) for s in itertools.combinations(unsure, k)]
    else:
        parts = [
            set[int](),
            *({n} for n in unsure),
            *(set(unsure) - {n} for n in unsure),
            *(set(unsure[:k]) for k in range(1, len(unsure) + 1)),
        ]
        parts += [{n for n in unsure if chance.random() < share} for share in (chance.random() for _ in range(tries))]
    for part in parts if tries >= len(unsure) else [parts[0], *chance.sample(parts, min(tries, len(parts)))]:
        kept = {n: n in part for n in unsure}
        forms = {n: chance.choice((WHOLE, CUT, EMPTY)) for n in range(len(recording.contents))}
        for form in (lambda _: WHOLE, lambda _: CUT, lambda _: EMPTY, lambda n, forms=forms: forms[n]):
            yield disk_after(recording, moment, kept, form)


def lay(recording: Recording, disk: Disk, root: Path) -> None:
    """Such a disk, as files; names of one content are links of one file."""
    first: dict[tuple[int, str], Path] = {}
    for name, (content, form) in disk.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if (content, form) in first:
            os.link(first[(content, form)], path)
        else:
            data = recording.contents[content].data
            path.write_bytes({WHOLE: data, CUT: data[: len(data) // 2], EMPTY: b""}[form])
            first[(content, form)] = path
