"""Text from outside written so that it can command nothing: no escape sequences, line ends or turned directions. Not for secrets (redaction.py)."""

import re

LIVELY = r"[\x00-\x1f\x7f-\x9f\x{061c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]"  # as Polars writes it
_LIVELY = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """The text with every control and direction character as an escape such as \\x1b; of several lines each one stays a line."""
    return "\n".join(_LIVELY.sub(_written, line) for line in text.split("\n"))


def plain_line(text: str) -> str:
    """The same as one line: a name can begin no other line of a log."""
    return _LIVELY.sub(_written, text)


def is_plain(text: str) -> bool:
    """No control or direction character and no lone surrogate in it, line ends included."""
    return _LIVELY.search(text) is None


def _written(found: re.Match[str]) -> str:
    code = ord(found.group())
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
