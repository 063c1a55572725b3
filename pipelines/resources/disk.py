"""What a disk refuses, in words: what, where, and the cure. Not for what was to be written (each module) or for undoing it (publication.py)."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SPACE = "Free some space there (`du -sh` shows where it went: history/ holds the publications that are kept for rollback), then run again."
_RIGHTS = (
    "Give this user the right to write there (`ls -ld` shows whose it is), or set ROTATION_WAREHOUSE to another folder; then run again."
)
_REFUSALS = {
    errno.ENOSPC: ("The disk is full", _SPACE),
    errno.EDQUOT: ("The quota of this user is used up", _SPACE),
    errno.EFBIG: ("A file has reached the size allowed to it", "Raise the limit (`ulimit -f`) or move to a file system that takes larger files; then run again."),
    errno.EROFS: ("The file system is read-only", "Mount it for writing (after an error of the disk it turns read-only by itself: see `dmesg`), then run again."),
    errno.EACCES: ("This user may not write there", _RIGHTS),
    errno.EPERM: ("This user may not do that there", _RIGHTS),
    errno.EIO: ("The disk reports an error", "Look at the disk (`dmesg`) before running again."),
}  # fmt: skip


class DiskError(Exception):
    """The disk refuses what is to be written; the message says where and what to do. Nothing that readers see was changed."""


def refusal(said: object) -> str | None:
    """What a disk refused and the cure, out of an error of the system, of DuckDB or of dbt, or of its text; None where it is none of these."""
    text = str(said)
    for code, (what, cure) in _REFUSALS.items():
        if getattr(said, "errno", None) == code or f"[Errno {code}]" in text or os.strerror(code).lower() in text.lower():
            return f"{what}: {text.strip().rstrip('.')}. {cure}"
    return None


@contextmanager
def in_words(kind: type[Exception]) -> Iterator[None]:
    """Errors of this kind that come of a refusing disk, as what they mean.

    Raises:
        DiskError: the disk refused.
    """
    try:
        yield
    except kind as problem:
        if said := refusal(problem):
            raise DiskError(said) from None
        raise


def demand_room(folder: Path, needed: int) -> None:
    """Stop before anything is begun where the disk has less free than will surely be needed.

    Raises:
        DiskError: it has less.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskError(
            f"{folder}: expected {needed / 1e6:,.0f} MB free, as much as the last publication takes, for the next one beside it; "
            f"found {free / 1e6:,.0f} MB. {_SPACE}"
        )
