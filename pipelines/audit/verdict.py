"""From values and definitions to one of five verdicts, with its reason in words. Not for computing values."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipelines.audit.claims import Claim
from pipelines.audit.evidence import Found, plain
from pipelines.audit.measures import Measure

Word = Literal["reproduced", "contradicted", "definition_dependent", "stale", "not_testable"]
RELATIONS: dict[str, tuple[Callable[[Decimal, Decimal], bool], str]] = {
    ">": (operator.gt, "above"),
    "<": (operator.lt, "below"),
    ">=": (operator.ge, "at least"),
    "<=": (operator.le, "at most"),
}


@dataclass(frozen=True)
class Allowed:
    """How far off a figure may be; `value` is None where nothing is measured: a yes or no."""

    value: Decimal | None
    reason: str


@dataclass(frozen=True)
class Verdict:
    """`value` decides: the first that counts."""

    word: Word
    explanation: str
    value: Found | None = None


def allowed(claim: Claim, measure: Measure, relation: str) -> Allowed:
    """The measure's tolerance where its words fit; else half a unit of the figure's last digit; an inequality has none."""
    if measure.is_yes_no or claim.value is None:
        return Allowed(None, "a yes or no has no tolerance")
    for one in measure.tolerances:
        if not one.when or re.search(one.when, f"{claim.statement} {claim.note}", re.IGNORECASE):
            return Allowed(one.value, one.reason)
    if relation in RELATIONS:
        return Allowed(Decimal(0), f"the statement says {RELATIONS[relation][1]}, not equal")
    half = Decimal(5).scaleb(int(claim.value.as_tuple().exponent) - 1)
    return Allowed(half, f"half a unit of the last digit of {claim.reported}")


def fits(claim: Claim, found: Found, relation: str, tolerance: Allowed) -> bool:
    """Does a value say what the claim says?"""
    if isinstance(found.value, bool) or found.value is None:
        return found.value is (claim.says_yes if claim.is_yes_no else True)
    assert claim.value is not None
    assert tolerance.value is not None
    if relation in RELATIONS:
        return RELATIONS[relation][0](found.value, claim.value)
    return abs(found.value - claim.value) <= tolerance.value


def judge(claim: Claim, rows: Sequence[Found], relation: str, tolerance: Allowed) -> Verdict | None:
    """The verdict the rows give; None where no definition that counts has a value."""
    counted = [r for r in rows if r.role == "counts" and r.value is not None]
    if not counted:
        return None
    by_fit = {ok: [r for r in counted if fits(claim, r, relation, tolerance) is ok] for ok in (True, False)}
    others = [r for r in rows if r.role != "counts" and r.value is not None and fits(claim, r, relation, tolerance)]
    earlier = [r for r in others if r.role == "earlier"]
    first = counted[0]
    if not by_fit[False]:
        return Verdict("reproduced", f"{_compared(claim, first, relation)}{_all(counted)}.", first)
    if by_fit[True]:
        return Verdict(
            "definition_dependent",
            f"It depends on the definition. It holds by: {_listed(by_fit[True])}. It does not by: {_listed(by_fit[False])}.",
            first,
        )
    if earlier:
        return Verdict("stale", f"{_compared(claim, first, relation)}. The figure was true of {_listed(earlier)}.", first)
    text = f"{_compared(claim, first, relation)}{_nearest(claim, counted, relation)}."
    if claim.value and isinstance(first.value, Decimal) and first.value * claim.value < 0:
        text += " Even the sign differs."
    if not isinstance(first.value, bool):  # that another definition also says yes is no trace of where a figure is from
        text += "".join(f" {claim.reported} is: {r.definition} ({r.shown})." for r in others[:2])
    return Verdict("contradicted", text, first)


def _listed(rows: Sequence[Found]) -> str:
    """Values by definition, each definition named once."""
    by_name: dict[str, list[str]] = {}
    for r in rows:
        by_name.setdefault(r.definition, []).append(f"{r.text} ({r.shown})" if r.shown else r.text)
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in by_name.items())


def _said(row: Found) -> str:
    return f"{row.definition}: {row.text} ({row.shown})" if row.shown else f"{row.definition}: {row.text}"


def _compared(claim: Claim, found: Found, relation: str) -> str:
    if isinstance(found.value, bool):
        return f"Found {found.text} ({found.definition}{': ' + found.shown if found.shown else ''})"
    said = f"{RELATIONS[relation][1]} {claim.reported}" if relation in RELATIONS else claim.reported
    return f"Said {said}, found {found.text} ({found.definition}{': ' + found.shown if found.shown else ''})"


def _all(counted: Sequence[Found]) -> str:
    return f". The same by {len(counted) - 1} other definition{'s' if len(counted) > 2 else ''}" if len(counted) > 1 else ""


def _nearest(claim: Claim, counted: Sequence[Found], relation: str) -> str:
    """Which of several definitions comes nearest to a figure that none of them gives."""
    if len(counted) < 2:
        return ""
    if isinstance(counted[0].value, bool) or relation in RELATIONS or claim.value is None:
        return f". The same by {len(counted) - 1} other definition{'s' if len(counted) > 2 else ''}"
    said = claim.value
    near = min(counted, key=lambda r: abs(Decimal(r.value or 0) - said))
    if near is counted[0]:
        return f". None of {len(counted)} definitions gives it; this is the nearest"
    gap = abs(Decimal(near.value or 0) - said)
    return f". None of {len(counted)} definitions gives it; the nearest, {_said(near)}, is {plain(gap)} off"
