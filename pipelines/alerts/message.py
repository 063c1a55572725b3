"""What an alert says: what stopped, which check, since when readers see older data, the cure, where to look. Not for sending it (send.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipelines.resources.publication import Publication
from pipelines.settings import Mode, Settings
from pipelines.sources.exchange import next_session, session_close
from pipelines.sources.plain import plain, plain_line

Kind = Literal["blocked", "failed", "stale", "late", "test"]
LONGEST_CAUSE = 1500  # the whole of it is in the run's log


@dataclass(frozen=True)
class Alert:
    """One message: `subject` is a line, `text` the rest; neither holds a secret."""

    kind: Kind
    market: Mode
    subject: str
    text: str
    run_id: str | None = None
    checks: tuple[str, ...] = ()


def of_run(settings: Settings, mode: Mode, run_id: str | None, failures: Sequence[str], checks: Sequence[str]) -> Alert:
    """A run that was not published: blocked by a check, or failed."""
    kind: Kind = "blocked" if checks else "failed"
    named = f"run {run_id[:8]}" if run_id else "a run"
    why = f"blocked by {', '.join(c.split()[-1] for c in checks[:3])}{' and others' if len(checks) > 3 else ''}" if checks else "failed"
    causes = [plain(f)[:LONGEST_CAUSE] for f in failures] or ["It left no message: see its log in the UI."]
    parts = [f"What stopped: {named} of the {mode} market was not published.", *causes]
    if checks:
        parts.append(f"Checks that closed: {plain_line(', '.join(checks))}.")
    parts += [standing(settings, mode), "Cure: as the message above says; the table is in docs/operations.md, When a gate closes. Then run again.",
              _look(settings, f"/runs/{run_id}" if run_id else "")]  # fmt: skip
    return _alert(kind, mode, f"{named} of the {mode} market {why}", parts, run_id, tuple(checks))


def of_stale(settings: Settings, mode: Mode, series: Sequence[str]) -> Alert:
    """Series whose newest observation is later than their rhythm allows."""
    head = f"{len(series)} stale {'source' if len(series) == 1 else 'sources'} in the {mode} market"
    parts = ["Stale:\n" + "\n".join(f"  {plain_line(s)}" for s in series), standing(settings, mode),
             "Cure: `rotation sources` says whether the provider answers and its last error; its page in docs/sources says what it does when it breaks.",
             _look(settings)]  # fmt: skip
    return _alert("stale", mode, head, parts)


def of_late(settings: Settings, mode: Mode, said: str) -> Alert:
    """No publication of the last session."""
    parts = [f"{plain_line(said)}.", standing(settings, mode),
             "Cure: is the machine up, the schedule on, the last run ended? `rotation status` and `rotation doctor` say; then `rotation run`.",
             _look(settings)]  # fmt: skip
    return _alert("late", mode, f"the publication of the {mode} market is late", parts)


def of_test(settings: Settings, mode: Mode) -> Alert:
    """What `rotation alert --test` sends."""
    parts = ["This is a test: nothing is wrong. Alerts of failed and blocked runs, stale sources and late publications come this way.",
             standing(settings, mode), _look(settings)]  # fmt: skip
    return _alert("test", mode, "a test of the alerts", parts)


def standing(settings: Settings, mode: Mode) -> str:
    """What readers see meanwhile, and since when there should be something newer."""
    manifest = Publication(settings.published(mode)).manifest()
    if manifest is None:
        return "Readers see nothing: nothing has been published yet."
    seen = f"Readers see run {manifest['run_id'][:8]}, as of {manifest['as_of_date']}, published {manifest['created_at']}"
    if mode == "sample":
        return f"{seen}. SIMULATED market: no view of the real one."
    later = next_session(date.fromisoformat(manifest["as_of_date"]))
    return f"{seen}. They see older data since the session of {later} closed: {session_close(later):%Y-%m-%d %H:%M} UTC."


def _look(settings: Settings, page: str = "") -> str:
    return f"Look: http://{settings.ui_host}:{settings.ui_port}{page} on the machine that runs Rotation (`make ui`)."


def _alert(kind: Kind, mode: Mode, head: str, parts: Sequence[str], run_id: str | None = None, checks: tuple[str, ...] = ()) -> Alert:
    mark = "SIMULATED: " if mode == "sample" else ""
    return Alert(kind, mode, f"Rotation: {mark}{plain_line(head)}", "\n\n".join(parts), run_id, checks)
