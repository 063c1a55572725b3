"""The file operations of Python code, one by one: heard before they are done, so that they can be recorded, refused or cut short at. Not for DuckDB's own writes."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("fsync", "link", "rename", "replace", "unlink", "rmdir", "mkdir", "chmod")


@dataclass(frozen=True)
class Operation:
    """`path` is what is worked on; `target` its new name, where there is one."""

    kind: str
    path: Path
    target: Path | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.path.name}" + (f" to {self.target.name}" if self.target else "")


Hear = Callable[[Operation, Callable[[], Any]], Any]


def _path(said: Any, dir_fd: int | None = None) -> Path:
    if isinstance(said, int):
        return Path(f"/proc/self/fd/{said}").readlink()
    return Path(f"/proc/self/fd/{dir_fd}").readlink() / said if dir_fd is not None else Path(said)


@contextmanager
def heard(under: Path, hear: Hear) -> Iterator[None]:
    """Every operation on files under a folder goes through `hear`, which does it by calling what it is given."""
    at_work = False

    def wrapped(kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*words: Any, **named: Any) -> Any:
            nonlocal at_work
            path = _path(words[0], named.get("dir_fd"))
            if at_work or not path.is_relative_to(under):  # what an operation does within itself is part of it
                return real(*words, **named)
            target = _path(words[1]) if kind in ("link", "rename", "replace", "copy") else None
            at_work = True
            try:
                return hear(Operation("rename" if kind == "replace" else kind, path, target), lambda: real(*words, **named))
            finally:
                at_work = False

        return instead

    before = {kind: getattr(os, kind) for kind in KINDS}
    copy2, write_text = shutil.copy2, Path.write_text
    try:
        for kind, real in before.items():
            setattr(os, kind, wrapped(kind, real))
        shutil.copy2 = wrapped("copy", copy2)  # type: ignore[assignment]
        Path.write_text = wrapped("write", write_text)  # type: ignore[method-assign]
        yield
    finally:
        for kind, real in before.items():
            setattr(os, kind, real)
        shutil.copy2, Path.write_text = copy2, write_text  # type: ignore[method-assign]
