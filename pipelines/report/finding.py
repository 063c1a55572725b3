"""What `rotation doctor` says of one thing it looked at. Not for looking (machine.py, belongings.py)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`good`, a `warning`, or `fatal`: a run would fail."""

    subject: str
    state: Literal["good", "warning", "fatal"]
    what: str
    why: str = ""
    cure: str = ""

    @property
    def is_fatal(self) -> bool:
        return self.state == "fatal"


def good(subject: str, what: str) -> Finding:
    return Finding(subject, "good", what)
