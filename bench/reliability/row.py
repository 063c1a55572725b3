"""One row of the table: what was tried, how often, and what went wrong. Not for trying it (the other modules)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`done` tries of `tried`; `failures` name each one that ended as it must not; `said`: what was counted beside."""

    tried: str
    done: int
    failures: tuple[str, ...]
    said: str = ""
