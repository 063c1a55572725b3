"""How sure we are, in one strip beneath the headline: the score, the flags raised, what changed. Not for the panels it leads to (standing.py)."""

from dataclasses import dataclass

from pipelines.report.page.read import Page
from pipelines.report.page.row import Rows


@dataclass(frozen=True)
class Part:
    """One of the three, and the panel it leads to."""

    panel: str
    name: str
    value: str
    more: str


def strip(page: Page) -> tuple[Part, ...]:
    """What stands in it, from the rows the panels show."""
    panels = {f.panel.key: f for _, filled in page.sections for f in filled}
    told = []
    for key, name, tell in PARTS:
        found = panels[key]
        is_answer = found.rows or (key == "changes" and found.missing == found.panel.empty)  # that nothing changed is one, too
        told.append(Part(key, name, *(tell(found.rows) if is_answer else ("not shown", "the reason stands there"))))
    return tuple(told)


def _score(rows: Rows) -> tuple[str, str]:
    total = next(r for r in rows if r["component"] == "total")
    if total["score"] is None:
        return "none", str(total["score_reason"]).replace("_", " ")
    return f"{total['score']:.0f} of 100", f"50 is neutral; higher than on {total['percentile']:.0f} % of sessions"


def _flags(rows: Rows) -> tuple[str, str]:
    by = {status: [r["title"] for r in rows if r["status"] == status] for status in ("raised", "unknown")}
    unknown = f"; {len(by['unknown'])} unknown" if by["unknown"] else ""
    return f"{len(by['raised'])} of {len(rows)} raised", (", ".join(by["raised"]) or "none") + unknown


def _changes(rows: Rows) -> tuple[str, str]:
    if not rows:
        return "no change", "or no session before this one"
    first = rows[0]
    return f"{len(rows)} changes", f"{first['what']}: {first['before'] or '–'} → {first['now'] or '–'}"


PARTS = (("scorecard", "Score for small", _score), ("flags", "Risk flags", _flags), ("changes", "Since the last session", _changes))
