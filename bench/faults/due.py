"""What may come of each fault, and how many requests it may take: the rule every cell is held to. Not for what did come (cells.py)."""

from bench.faults.cells import RETRIES, Cell, is_dropped
from bench.faults.table import Form

ONCE, AGAIN = 1, RETRIES + 1  # what cannot pass later is asked once; what can, as often as the setting says

NAMED = frozenset({"refused"})
STOPPED = frozenset({"refused", "gate 1", "rows aside"})  # named by the reader, by a check, or row by row
READ_BY_NAME = frozenset({"same", "refused", "gate 1"})
MAY_END: dict[str, frozenset[str]] = {
    **dict.fromkeys(("timeout", "trickle", "trickling headers", "refused", "DNS failure", "reset", "403", "404"), NAMED),
    **dict.fromkeys(("429 without Retry-After", "429 with Retry-After past the deadline"), NAMED),
    **dict.fromkeys(("429 with Retry-After in seconds", "429 with Retry-After as a date", "500, then good"), frozenset({"asked again"})),
    **dict.fromkeys(("HTML with 200", "empty", "half body, length unsaid", "zip for CSV", "clock skew"), NAMED),
    "half body": frozenset({"refused", "gate 1"}),
    "wrong content type": frozenset({"same", "refused"}),
    "header renamed": frozenset({"refused", "gate 1"}),
    "column missing": frozenset({"refused", "gate 1"}),
    "extra column": READ_BY_NAME,
    "columns reordered": READ_BY_NAME,
    "text in numbers": STOPPED,
    "duplicated dates": STOPPED,
    "unsorted": READ_BY_NAME,
    "future dates": frozenset({"later", "same", "refused", "gate 1"}),
    "NaN and Infinity": STOPPED,
    "negative price": STOPPED,
    "zero where null was meant": STOPPED,
    "unit ×100": STOPPED,
    "shortened history": frozenset({"ours stays", "gate 1", "refused"}),
    "time zone shift": frozenset({"gate 1", "refused"}),
}
TRIES = {"refused": AGAIN, "DNS failure": AGAIN, "reset": AGAIN, "429 without Retry-After": AGAIN}
# A dropped file of fewer rows is a file of its own: what it does not speak of stays, and is not missed.
FILES_MAY = {"shortened history": frozenset({"same", "gate 1"})}


def wrong(form: Form, cell: Cell) -> str | None:
    """Why a cell is not as it must be; None where it is."""
    allowed = MAY_END[cell.fault] | (FILES_MAY.get(cell.fault, frozenset()) if is_dropped(form) else frozenset())
    if cell.end == "not applicable":
        return None if cell.said else "not applicable, and nothing says why"
    if cell.end not in allowed:
        return f"ended as {cell.end!r} ({cell.said}), which is none of {', '.join(sorted(allowed))}"
    if cell.end != "same" and not cell.said:
        return "nothing says what happened"
    due = 0 if is_dropped(form) else len(form.render(form.now, False))
    at_most = TRIES.get(cell.fault, due + 1 if cell.end == "asked again" else max(due, ONCE))
    if not is_dropped(form) and not 0 < cell.requests <= at_most:
        return f"{cell.requests} requests were made, {at_most} at most are due"
    return None
