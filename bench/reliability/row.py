"""One row of the table: what is tried, how often, and what went wrong. Not for trying it (the other modules)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Tell = Callable[[str], None]


class NotHereError(Exception):
    """The row cannot be tried on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Row:
    """`done` tries of `tried`; `failures` name each one that ended as it must not; `said`: what was counted beside."""

    tried: str
    done: int
    failures: tuple[str, ...]
    said: str = ""


@dataclass(frozen=True)
class Trial:
    """A row to be tried: `run(count, folder, tell)` works in an empty folder and says how far it is. `full` tries for the table, `few` in CI;
    `is_wide`: it works on all cores by itself, so nothing is tried beside it.

    Where it cannot be tried at all it raises NotHereError.
    """

    name: str
    full: int
    few: int
    run: Callable[[int, Path, Tell], Row]
    is_wide: bool = False
