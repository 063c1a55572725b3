"""Stance, run and next meeting of every session of the published sample, walked through in plain Python. Not for the moves themselves."""

from bisect import bisect_left, bisect_right
from pathlib import Path

import pytest
from worlds import database, rows

pytestmark = pytest.mark.slow


@pytest.mark.independent("fct_policy_stance_daily", against="a walk through moves and meetings in plain Python")
def test_the_stance_of_every_session_follows_from_moves_and_meetings(sample_at_once: Path) -> None:
    file = database(sample_at_once)
    moves = rows(
        file, "select known_on, decision_date, effective_date, change_bp, upper_pct from marts.fct_policy_moves order by effective_date"
    )
    meetings = [d for (d,) in rows(file, "select event_date from marts.dim_event where kind = 'fomc' and is_scheduled order by 1")]
    found = rows(
        file,
        "select session_date, stance, stance_since, last_move_date, consecutive_moves, cumulative_bp, upper_pct, meetings_since_move, next_meeting_date "
        "from marts.fct_policy_stance_daily order by 1",
    )
    sessions = [d for (d,) in rows(file, "select session_date from reference.sessions order by 1")]
    assert [row[0] for row in found] == [d for d in sessions if d >= max(moves[0][0], moves[0][2])]

    expected = []
    before, since = None, None
    for day, *_ in found:
        past = [m for m in moves if max(m[0], m[2]) <= day]
        known_on, decided, effective, change, upper = past[-1]
        assert known_on <= day
        passed = max(bisect_left(meetings, day) - bisect_right(meetings, decided), 0)
        stance = "hold" if passed >= 4 else "tightening" if change > 0 else "easing"
        if stance != before:
            before, since = stance, day
        # Back through the run: same direction, fewer than four meetings between two moves.
        run = [past[-1]]
        for earlier in reversed(past[:-1]):
            between = bisect_left(meetings, run[-1][1]) - bisect_right(meetings, earlier[1])
            if (earlier[3] > 0) != (change > 0) or between >= 4:
                break
            run.append(earlier)
        upcoming = meetings[bisect_right(meetings, day) :]
        # Dates of a year are known from the end of the year before.
        following = upcoming[0] if upcoming and upcoming[0].year <= day.year + (day.month == 12 and day.day == 31) else None
        expected.append((day, stance, since, effective, len(run), sum(m[3] for m in run), upper, passed, following))
    assert found == expected
    assert {row[1] for row in found} == {"tightening", "easing", "hold"}
