"""What of a publication is later than it should be: series by their rhythm, the whole by the exchange's calendar. Not for telling anybody (sensors.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.resources.clock import Clock
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import read_only
from pipelines.settings import Mode, Settings
from pipelines.sources.exchange import last_completed_session, session_close

# The schedule starts two and a half hours after the close; a run takes minutes, and a second one has room.
DUE_AFTER = timedelta(hours=4)


@dataclass(frozen=True)
class Lateness:
    """What is late now, a sentence each, by a key that stays the same for as long as it is the same lateness."""

    stale: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)


def look(settings: Settings, mode: Mode, clock: Clock) -> Lateness:
    """Compare what is published with what should be; nothing where nothing was ever published."""
    publication = Publication(settings.published(mode))
    manifest = publication.manifest()
    if manifest is None:
        return Lateness()
    with read_only(publication.database) as connection:
        rows = connection.execute(
            "select series_id, is_required, last_observation::varchar, expected_by::varchar, sessions_late "
            "from quality.freshness where status = 'late' order by is_required desc, series_id"
        ).fetchall()
    stale = {
        f"{series} {due}": f"{series}{' (required)' if required else ''}: last observation {last}, expected by {due}, {n} sessions late"
        for series, required, last, due, n in rows
    }
    return Lateness(stale, _late(date.fromisoformat(manifest["as_of_date"]), clock) if mode == "live" else {})


def _late(published: date, clock: Clock) -> dict[str, str]:
    """The session that should be published by now and is not; days without a session are no delay."""
    due = last_completed_session(clock.now() - DUE_AFTER)
    if published >= due:
        return {}
    hours = DUE_AFTER.total_seconds() / 3600
    return {f"publication {due}": f"Nothing is published for the session of {due}, which closed {session_close(due):%Y-%m-%d %H:%M} UTC, "
                                  f"{hours:.0f} hours and more ago"}  # fmt: skip
