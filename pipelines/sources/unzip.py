"""The one place where a zip archive is opened: looked at first, unpacked in memory, within limits. Not for what its members say (readers)."""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.sources.interface import SourceError

LARGE_BYTES = 32 << 20
# Workbooks are held as a rectangle of cells: two cells in far corners are 17 billion.
MOST_CELLS = 10_000_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAME = re.compile(r"[^\x00-\x1f\x7f\\]{1,255}")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,8})["']""")
DO_NOT = "Do not use this file."
DAMAGED = "Try again later; a dropped file: save it again."


@dataclass(frozen=True)
class Limits:
    """What one archive may hold: bytes unpacked, members, and how often a large member may be packed (text packs 4 to 20 times)."""

    unpacked: int = 1 << 30
    members: int = 10_000
    ratio: int = 250


USUAL = Limits()


@contextmanager
def opened(source: str, content: bytes, limits: Limits = USUAL) -> Iterator[zipfile.ZipFile]:
    """The archive, after its directory was found within the limits. Members are read into memory by name; nothing is written to disk.

    Raises:
        SourceError: a limit broken, or a damaged archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _keeps(source, archive.infolist(), len(content), limits)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as problem:
        raise SourceError(source, "a whole zip archive", f"a damaged one ({str(problem)[:100]}): half a body?", DAMAGED) from None


def look_into(source: str, content: bytes, limits: Limits = USUAL, below: str = "") -> None:
    """Refuse what is no whole archive, or has nothing below a folder.

    Raises:
        SourceError: a limit broken, a damaged archive or member, nothing where something is due.
    """
    with opened(source, content, limits) as archive:
        broken, names = archive.testzip(), archive.namelist()
    if broken is not None or not any(n.startswith(below) for n in names):
        found = f"a damaged member {broken!r}" if broken else f"members {names[:5]}"
        raise SourceError(source, f"a whole zip archive with {below or 'any'} members", found, DAMAGED)


def look_into_workbook(source: str, content: bytes) -> None:
    """Refuse what is no whole workbook, or one whose cells lie too far apart to be held.

    Raises:
        SourceError: as for any archive, or a sheet too large.
    """
    look_into(source, content, below="xl/")
    with opened(source, content) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                places = {(_column(c), int(row)) for c, row in _REFERENCE.findall(archive.read(name))}
                columns, rows = {c for c, _ in places if c}, {r for _, r in places}
                cells = (max(columns) - min(columns) + 1) * (max(rows) - min(rows) + 1) if columns else 0
                if cells > MOST_CELLS:
                    found = f"{cells:,} between the first and the last of {name}"
                    raise SourceError(source, f"at most {MOST_CELLS:,} cells in a sheet", found, "Save it as CSV or Parquet.")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _keeps(source: str, members: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len(members) > limits.members:
        raise SourceError(source, f"at most {limits.members:,} members", f"{len(members):,}", DO_NOT)
    unpacked = sum(m.file_size for m in members)
    if unpacked > limits.unpacked:
        raise SourceError(source, f"at most {limits.unpacked:,} bytes unpacked", f"{unpacked:,}", DO_NOT)
    if (packed := sum(m.compress_size for m in members)) > size:
        raise SourceError(source, "members beside one another", f"{packed:,} bytes of them in a file of {size:,}: they overlap", DO_NOT)
    names = [m.orig_filename for m in members]
    for member, name in zip(members, names, strict=True):
        if not _NAME.fullmatch(name) or name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise SourceError(source, "members with plain names", repr(name[:100]), DO_NOT)
        if member.file_size > max(LARGE_BYTES, limits.ratio * member.compress_size):
            raise SourceError(source, "members packed as data is", f"{name!r} packed more than {limits.ratio} times", DO_NOT)
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            raise SourceError(source, "members stored or deflated, and open to read", f"{name!r} packed or locked otherwise", DO_NOT)
    ((name, times),) = Counter(names).most_common(1) or [("", 0)]
    if times > 1:
        raise SourceError(source, "every member once", f"{name!r} {times} times", DO_NOT)
