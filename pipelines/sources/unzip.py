"""The one place where a zip archive is opened: looked at first, unpacked in memory, within limits. Not for what its members say (readers)."""

import io
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

from pipelines.sources.interface import SourceError

LARGE_BYTES = 32 << 20
# Workbooks are held as a rectangle of cells: two cells in far corners are 17 billion.
MOST_CELLS = 10_000_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAME = re.compile(r"[^\x00-\x1f\x7f\\]{1,255}")
_TOKEN = re.compile(rb"""<(?:[\w.-]+:)?(c|row|si)(?=[\s/>])|\sr\s*=\s*["']([A-Za-z]{0,7})([0-9]{1,8})["']""")
PIECE, LONGEST_TAG = 1 << 20, 1 << 16
DO_NOT = "Do not use this file."
DAMAGED = "Try again later; a dropped file: save it again."


@dataclass(frozen=True)
class Limits:
    """What one archive may hold: bytes unpacked, members, and how often a large member may be packed (text packs 4 to 20 times)."""

    unpacked: int = 1 << 30
    members: int = 10_000
    ratio: int = 250


USUAL, WORKBOOK = Limits(), Limits(unpacked=512 << 20)


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
        for member in archive.infolist():
            for _ in _pieces(source, archive, member):
                pass
        names = archive.namelist()
    if not any(n.startswith(below) for n in names):
        raise SourceError(source, f"a whole zip archive with {below or 'any'} members", f"members {names[:5]}", DAMAGED)


def _pieces(source: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member, as many as it says and no more: another reader would unpack what comes after them."""
    beyond = copy(member)
    beyond.file_size += 1
    size = 0
    try:
        with archive.open(beyond) as file:
            while piece := file.read(PIECE):
                size += len(piece)
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError) as problem:
        found = f"a damaged member {member.filename!r} ({str(problem)[:100]})"
        raise SourceError(source, "a whole zip archive", found, DAMAGED) from None
    if size != member.file_size:
        raise SourceError(source, "members as large as they say", f"{member.filename!r} with more than it says or less", DO_NOT)


def look_into_workbook(source: str, content: bytes) -> None:
    """Refuse what is no whole workbook, or one whose cells are too many or lie too far apart to be held.

    Raises:
        SourceError: as for any archive, or a sheet too large.
    """
    look_into(source, content, WORKBOOK, below="xl/")
    with opened(source, content, WORKBOOK) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names or names & {"xl/workbook.bin", "content.xml", "mimetype"}:
            raise SourceError(source, "a workbook with xl/workbook.xml and of no other kind", f"members {sorted(names)[:5]}", DO_NOT)
        if archive.comment or min(member.header_offset for member in archive.infolist()):  # another reader may take the other one
            raise SourceError(source, "one archive, whole and alone in its file", "something before or behind it", DO_NOT)
        for member in archive.infolist():  # a sheet may lie anywhere
            _holdable(source, member.filename, _pieces(source, archive, member))


def _holdable(source: str, name: str, pieces: Iterator[bytes]) -> None:
    """Count cells and texts, and span the places they name; cells and rows that name none follow upon one another."""
    n = {b"c": 0, b"row": 0, b"si": 0}
    columns, rows, placed, placed_rows, in_row, widest, rest = [1 << 30, 0], [1 << 30, 0], 0, 0, 0, 0, b""
    for piece in pieces:
        text = rest + piece
        cut = max(text.rfind(b"<"), len(text) - LONGEST_TAG) if len(piece) == PIECE else len(text)
        rest = text[cut:]
        for tag, letters, number in _TOKEN.findall(text[:cut]):
            if tag:
                n[tag] += 1
                in_row = 0 if tag == b"row" else in_row + 1
                widest = max(widest, in_row)
            else:
                row = int(number)
                rows = [min(rows[0], row), max(rows[1], row)]
                if letters:
                    column, placed = _column(letters), placed + 1
                    columns = [min(columns[0], column), max(columns[1], column)]
                else:
                    placed_rows += 1
        if n[b"c"] + n[b"si"] + n[b"row"] > MOST_CELLS:
            raise SourceError(source, f"at most {MOST_CELLS:,} cells in a sheet", f"more in {name}", "Save it as CSV or Parquet.")
    width = columns[1] + widest if placed < n[b"c"] else columns[1] - columns[0] + 1
    height = rows[1] + n[b"row"] if placed_rows < n[b"row"] else rows[1] - rows[0] + 1
    if n[b"c"] and rows[1] and width * height > MOST_CELLS:
        found = f"{width * height:,} between the first and the last of {name}"
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
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SourceError(source, "members that are files", f"a link, {name!r}", DO_NOT)
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            raise SourceError(source, "members stored or deflated, and open to read", f"{name!r} packed or locked otherwise", DO_NOT)
    ((name, times),) = Counter(names).most_common(1) or [("", 0)]
    if times > 1:
        raise SourceError(source, "every member once", f"{name!r} {times} times", DO_NOT)
