"""A payload looked at before anything parses it: whole, of the declared kind, no error page. Not for what it says (readers)."""

import io
import json
import zipfile
import zlib
from typing import Any, Literal

from pipelines.sources.interface import SourceError

Kind = Literal["json", "csv", "zip", "excel", "text"]

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_UNPACKED_BYTES = 1 << 30
MAX_MEMBERS = 100_000
MAX_RATIO = 250  # of a member's size to its packed size, once it is large: text packs 4 to 20 times
LARGE_BYTES = 32 << 20
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f"))

ASK_LATER = "Try again later; if it stays so, open the address in a browser and see what the provider says."
LOOK = "The provider changed its form: compare with docs/sources and mend the reader."


def look_at(source: str, content: bytes, kind: Kind, max_unpacked: int = MAX_UNPACKED_BYTES) -> Any:
    """Check that the bytes are a whole payload of the kind; for JSON, return the document.

    Raises:
        SourceError: empty, an HTML page, another kind, or not whole.
    """
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:256].lower()
    if not start:
        raise SourceError(source, f"{kind} data", "an empty answer", ASK_LATER)
    if start.startswith(_HTML):
        raise SourceError(source, f"{kind} data", f"an HTML page: {snippet(content)}", ASK_LATER)
    if kind == "json":
        return _json(source, content)
    if kind == "zip":
        _zip(source, content, max_unpacked)
    elif kind == "excel":
        if content.startswith(ZIP_MAGIC):
            _zip(source, content, max_unpacked, member="xl/")
        elif not content.startswith(OLE_MAGIC):
            raise SourceError(source, "an Excel file", _name(content), LOOK)
    else:
        _plain(source, content, kind)
    return None


def snippet(content: bytes) -> str:
    """The start of a payload, on one line."""
    return " ".join(content[:300].decode("utf-8", "replace").split())[:160]


def _name(content: bytes) -> str:
    if content.startswith(ZIP_MAGIC):
        return "a zip archive"
    if content.startswith(OLE_MAGIC):
        return "an Excel (xls) file"
    return "binary data" if content[:4096].translate(None, _CONTROL) != content[:4096] else f"text beginning {snippet(content)!r}"


def _json(source: str, content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=str)  # NaN and Infinity are no JSON numbers: they stay words, for the cast to reject
    except (ValueError, RecursionError) as problem:
        found = f"{_name(content)}, not readable as JSON ({str(problem)[:100]}): half a body?"
        raise SourceError(source, "a whole JSON document", found, ASK_LATER) from None


def _zip(source: str, content: bytes, max_unpacked: int, member: str = "") -> None:
    if not content.startswith(ZIP_MAGIC):
        raise SourceError(source, "a zip archive", _name(content), LOOK)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            size = sum(i.file_size for i in members)
            if size > max_unpacked:
                raise SourceError(source, f"at most {max_unpacked:,} bytes unpacked", f"{size:,}", "Do not use this file.")
            if len(members) > MAX_MEMBERS:
                raise SourceError(source, f"at most {MAX_MEMBERS:,} members", f"{len(members):,}", "Do not use this file.")
            bombs = [i.filename for i in members if i.file_size > max(LARGE_BYTES, MAX_RATIO * i.compress_size)]
            if bombs:
                found = f"{bombs[0]!r} packed more than {MAX_RATIO} times"
                raise SourceError(source, "members packed as data is", found, "Do not use this file.")
            broken = archive.testzip()
            names = archive.namelist()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as problem:
        found = f"a damaged one ({str(problem)[:100]}): half a body?"
        raise SourceError(source, "a whole zip archive", found, ASK_LATER) from None
    if broken is not None or not any(n.startswith(member) for n in names):
        found = f"a damaged member {broken!r}" if broken else f"members {names[:5]}"
        raise SourceError(source, f"a whole zip archive with {member or 'any'} members", found, ASK_LATER)


def _plain(source: str, content: bytes, kind: Kind) -> None:
    if _name(content) in ("a zip archive", "an Excel (xls) file", "binary data"):
        raise SourceError(source, f"{kind} data", _name(content), LOOK)
    if kind == "csv" and not content.endswith((b"\n", b"\r")):  # a number cut short still is a number
        found = f"a last line without an end: {content[-60:].splitlines()[-1]!r}: half a body?"
        raise SourceError(source, "CSV whose last line is whole", found, ASK_LATER)
