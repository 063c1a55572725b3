"""Who belongs to the two universes from when to when, by rank of market cap. Not for prices."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.sample.chance import Floats
from pipelines.sample.companies import Companies, Flags, Ints

# The simulated universes by the universe they stand for, with the members each is filled up to.
SMALL, LARGE = "R2000", "SP500"
MEMBERS = {LARGE: 126, SMALL: 282}
# A member keeps its place until it is this many ranks outside it.
BAND = {LARGE: 18, SMALL: 12}
# The vendor follows companies this many ranks around a universe before they join it.
COVERED = {LARGE: 3, SMALL: 6}
# ... and goes on doing so until they are this many ranks away.
DROPPED = {LARGE: 18, SMALL: 18}


@dataclass(frozen=True)
class Membership:
    """Sessions x companies by universe: is it a member, and does the vendor send its bars.

    `changes` is (session, universe, company, what happened).
    """

    members: dict[str, Flags]
    covered: dict[str, Flags]
    changes: tuple[tuple[int, str, int, str], ...]


def membership(firms: Companies, caps: Floats) -> Membership:
    """Decisions use only what was known on their day. `caps` is sessions x companies."""
    t, n = caps.shape
    listed = firms.is_listed
    state = {name: np.zeros(n, np.bool_) for name in MEMBERS}
    followed = {name: np.zeros(n, np.bool_) for name in MEMBERS}
    members, covered = ({name: np.zeros((t, n), np.bool_) for name in MEMBERS} for _ in range(2))
    changes: list[tuple[int, str, int, str]] = []
    previous = 0
    for session, kind in _occasions(firms):
        for name in MEMBERS:
            members[name][previous:session] = state[name]
            covered[name][previous:session] = followed[name]
        before = {name: flags.copy() for name, flags in state.items()}
        live = listed[session] if session < t else np.zeros(n, np.bool_)
        rank = _ranks(np.where(live, caps[max(session - 1, 0)], -1.0))
        for name in MEMBERS:
            state[name] &= live
        if kind in ("start", "june"):
            _reconstitute(state, rank, live)
        elif kind == "quarter":
            _admit(state, rank, live, firms.listed, session)
        _refill(state, rank)
        for name in MEMBERS:
            _follow(followed, name, state[name], rank, live, kind)
            changes += [(session, name, int(i), "joined") for i in np.flatnonzero(state[name] & ~before[name])]
            changes += [
                (session, name, int(i), "left" if live[i] else str(firms.reason[i])) for i in np.flatnonzero(before[name] & ~state[name])
            ]
        previous = session
    for name in MEMBERS:
        members[name][previous:] = state[name]
        covered[name][previous:] = followed[name]
        covered[name] &= listed
        members[name] &= listed
    return Membership(members, covered, tuple(changes))


def _occasions(firms: Companies) -> Iterator[tuple[int, str]]:
    """Sessions on which something is decided: start, delistings, each quarter's listings, the reconstitution after June's fourth Friday."""
    first, last = firms.days[0].astype("datetime64[M]"), firms.days[-1].astype("datetime64[M]")
    found = {0: "start"}
    found |= dict.fromkeys(firms.delisted[firms.delisted < len(firms.days)].tolist(), "exit")
    for month in np.arange(first, last + 1):
        of_year = int(month.astype(np.int64)) % 12 + 1
        if of_year % 3 == 0:
            friday = np.busday_offset(month.astype("datetime64[D]"), 3 if of_year == 6 else 2, roll="forward", weekmask="Fri")
            session = int(np.searchsorted(firms.days, friday, side="right"))  # in force from the next session on
            if 0 < session < len(firms.days):
                found[session] = "june" if of_year == 6 else "quarter"
    return iter(sorted(found.items()))


def _ranks(caps: Floats) -> Ints:
    ranks = np.empty(len(caps), np.int64)
    ranks[np.argsort(-caps, kind="stable")] = np.arange(len(caps))
    return ranks


def _reconstitute(state: dict[str, Flags], rank: Ints, live: Flags) -> None:
    """Both lists anew, largest first, members favoured within the band."""
    n_large, n_small = MEMBERS[LARGE], MEMBERS[SMALL]
    standing = np.where(state[LARGE], rank - BAND[LARGE], rank).astype(np.float64)
    state[LARGE] = _first(np.where(live, standing, np.inf), n_large)
    standing = np.where(state[SMALL], rank - BAND[SMALL], rank).astype(np.float64)
    state[SMALL] = _first(np.where(live & ~state[LARGE], standing, np.inf), n_small)


def _first(standing: Floats, n: int) -> Flags:
    chosen = np.zeros(len(standing), np.bool_)
    order = np.argsort(standing, kind="stable")[:n]
    chosen[order] = np.isfinite(standing[order])
    return chosen


def _admit(state: dict[str, Flags], rank: Ints, live: Flags, listed: Ints, session: int) -> None:
    """Newly listed companies large enough join the small universe; it grows a little until June."""
    fresh = live & (listed > session - 70) & (rank < sum(MEMBERS.values())) & ~state[LARGE]
    state[SMALL] = state[SMALL] | fresh


def _refill(state: dict[str, Flags], rank: Ints) -> None:
    """A place that falls free among the large is taken at once by the largest small member: a promotion."""
    for _ in range(MEMBERS[LARGE] - int(state[LARGE].sum())):
        waiting = np.where(state[SMALL], rank, len(rank) + 1)
        best = int(np.argmin(waiting))
        if not state[SMALL][best]:
            return
        state[LARGE][best], state[SMALL][best] = True, False


def _follow(followed: dict[str, Flags], name: str, member: Flags, rank: Ints, live: Flags, kind: str) -> None:
    """Coverage starts near the universe, and ends at a reconstitution for those that are neither in it nor near it."""
    n_large, n_all = MEMBERS[LARGE], sum(MEMBERS.values())

    def near(margin: int) -> Flags:
        return np.asarray((rank < n_large + margin) if name == LARGE else ((rank >= n_large - margin) & (rank < n_all + margin)))

    keep = followed[name] & (near(DROPPED[name]) if kind == "june" else live)
    found = near(COVERED[name]) if kind != "exit" else member
    followed[name] = live & (member | keep | found)
