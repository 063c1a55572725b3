"""A payload looked at before anything parses it: whole, of the declared kind, no error page. Not for what it says (readers)."""

import json
from typing import Any, Literal

from pipelines.sources.interface import SourceError
from pipelines.sources.unzip import USUAL, Limits, look_into, look_into_workbook

Kind = Literal["json", "csv", "zip", "excel", "text"]

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f"))

ASK_LATER = "Try again later; if it stays so, open the address in a browser and see what the provider says."
LOOK = "The provider changed its form: compare with docs/sources and mend the reader."


def look_at(source: str, content: bytes, kind: Kind, limits: Limits = USUAL) -> Any:
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
        if not content.startswith(ZIP_MAGIC):
            raise SourceError(source, "a zip archive", _name(content), LOOK)
        look_into(source, content, limits)
    elif kind == "excel":
        if content.startswith(ZIP_MAGIC):
            look_into_workbook(source, content)
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
        # NaN and Infinity are no JSON numbers: they stay words, for the cast to reject.
        return json.loads(content, parse_constant=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        cut = "" if "twice in one object" in str(problem) else ": half a body?"
        found = f"{_name(content)}, not readable as JSON ({str(problem)[:100]}){cut}"
        raise SourceError(source, "a whole JSON document", found, ASK_LATER) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; Python would keep the last of two values under one name and say nothing."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} twice in one object")
    return found


def _plain(source: str, content: bytes, kind: Kind) -> None:
    if _name(content) in ("a zip archive", "an Excel (xls) file", "binary data"):
        raise SourceError(source, f"{kind} data", _name(content), LOOK)
    if kind == "csv" and not content.endswith((b"\n", b"\r")):  # a number cut short still is a number
        found = f"a last line without an end: {content[-60:].splitlines()[-1]!r}: half a body?"
        raise SourceError(source, "CSV whose last line is whole", found, ASK_LATER)
