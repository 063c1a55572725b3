"""The form of a story: what a check guards against, whether it blocks, what to do when it fires, where its threshold comes from. Not for the stories."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["block", "warn"]


@dataclass(frozen=True)
class Story:
    """What a check guards against, and the cure; `threshold`: what it is and how it was found, empty where there is none to set."""

    guards_against: str
    cure: str
    threshold: str = ""
    severity: Severity = "block"
