"""Malicious drops, first part: names, places, links, and text that is not what it seems. Not for archives and Parquet (malicious_bytes.py) or landing them."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HEAD = "Date,Symbol,Open,High,Low,Close,Volume\n"
ROW = "2026-01-08,AAA,10,12,9,11,1000\n"
GOOD = HEAD + ROW
EVENTS = "event_id,kind,date,is_scheduled,title\n"
BARS = "bars/R2000"


@dataclass(frozen=True)
class Case:
    """`build(drop)` puts something into the folder; the refusal must say `because`. `outside` lies beside the drop folder, and must stay."""

    name: str
    because: str
    build: Callable[[Path], None]


Content = str | bytes | Callable[[], bytes]


def put(name: str | bytes, content: Content = GOOD) -> Callable[[Path], None]:
    """A file at this place of the drop folder; what is large is made when it is tried."""

    def build(drop: Path) -> None:
        path = os.path.join(os.fsencode(drop), os.fsencode(name))  # noqa: PTH118 - names that are no text
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            made = content() if callable(content) else content
            file.write(made.encode() if isinstance(made, str) else made)

    return build


def text(content: Content) -> Callable[[Path], None]:
    return put(f"{BARS}/evil.csv", content)


def link(name: str, to: str) -> Callable[[Path], None]:
    def build(drop: Path) -> None:
        path = drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(to)

    return build


def nested(levels: int) -> Callable[[Path], None]:
    """Folders within folders, further down than a path can be written."""

    def build(drop: Path) -> None:
        (drop / "bars").mkdir(parents=True, exist_ok=True)
        at = os.open(drop / "bars", os.O_RDONLY)
        for _ in range(levels):
            os.mkdir("deep-deep-deep", dir_fd=at)
            further = os.open("deep-deep-deep", os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = further
        with open(os.open("evil.csv", os.O_CREAT | os.O_WRONLY, dir_fd=at), "w") as file:  # noqa: PTH123
            file.write(GOOD)
        os.close(at)

    return build


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def pipe(drop: Path) -> None:
    (drop / BARS).mkdir(parents=True)
    os.mkfifo(drop / BARS / "evil.csv")


def ear(drop: Path) -> None:
    """A socket, whose path has to be short."""
    (drop / BARS).mkdir(parents=True)
    with _in(drop / BARS), socket.socket(socket.AF_UNIX) as made:
        made.bind("evil.csv")


def many(drop: Path) -> None:
    for n in range(1500):
        put(f"{BARS}/evil{n:04}.csv", "no table\n")(drop)


def reason_of_another(drop: Path) -> None:
    """A file named as the reason of another one: neither may overwrite the other."""
    put(f"{BARS}/evil.csv", "no table\n")(drop)
    put(f"{BARS}/evil.csv.reason.txt", "what was in it\n")(drop)
    put(f"{BARS}/evil.csv.problems.csv", "what was in it\n")(drop)


def symbol(value: str) -> str:
    quoted = value.replace('"', '""')
    return HEAD + ROW + ROW.replace("AAA", f'"{quoted}"')


def cases() -> list[Case]:
    """Every one of them must be refused by name."""
    other_place, link_, plain_name = "another place", "a link or device", "a name with"
    no_symbol, no_header, no_text = "is not of the form", "a header with", "other bytes"
    return [
        Case("a line end in the name", plain_name, put(f"{BARS}/a\n2026-01-09 published run 1.csv")),
        Case("an escape sequence in the name", plain_name, put(f"{BARS}/a\x1b[2J\x1b]0;owned\x07.csv")),
        Case("a turned direction in the name", plain_name, put(f"{BARS}/a\u202evsc.exe.csv")),
        Case("a name that is no text", plain_name, put(f"{BARS}/".encode() + b"a\xff\xfe\x80.csv")),
        Case("a name as long as can be", no_header, put(f"{BARS}/{'a' * 251}.csv", "no table\n")),
        Case("SQL in the name", no_header, put(f"{BARS}/a'); drop table raw.drop_bars; --.csv", "no table\n")),
        Case("markup in the name", no_header, put(f"{BARS}/[bold red]a[link=x].csv", "no table\n")),
        Case("a folder with SQL in its name", other_place, put("bars/R2000'; drop table raw.drop_bars; --/evil.csv")),
        Case("a folder upwards, written in percent", other_place, put("bars/..%2f..%2f..%2fetc/evil.csv")),
        Case("an escape sequence in a folder's name", plain_name, put("bars/\x1b[31mR2000/evil.csv")),
        Case("a folder that is no kind", other_place, put("secrets/evil.csv")),
        Case("a file at the top", other_place, put("evil.csv")),
        Case("a folder named as a file", other_place, put(f"{BARS}/evil.csv/evil.csv")),
        Case("a program", "a file ending in", put(f"{BARS}/evil.csv.exe", b"MZ\x90")),
        Case("a workbook with macros by its ending", "a file ending in", put(f"{BARS}/evil.xlsm", b"PK\x03\x04")),
        Case("folders nested twenty deep", "nested", nested(20)),
        Case("folders nested deeper than a path can say", "nested", nested(400)),
        Case("a link to a file outside", link_, link(f"{BARS}/evil.csv", "../../../outside/secret.csv")),
        Case("a link to a system file", link_, link(f"{BARS}/evil.csv", "/etc/passwd")),
        Case("a link to itself", link_, link(f"{BARS}/evil.csv", "evil.csv")),
        Case("a link to nothing", link_, link(f"{BARS}/evil.csv", "/nowhere/at/all.csv")),
        Case("a linked universe", link_, link(BARS, "../../outside")),
        Case("a linked kind", link_, link("constituents", "../outside")),
        Case("a link to the root", link_, link(f"{BARS}/evil", "/")),
        Case("a pipe that nobody writes to", link_, pipe),
        Case("a socket", link_, ear),
        Case("fifteen hundred files of nothing", no_header, many),
        Case("a file named as another's reason", no_header, reason_of_another),
        Case("SQL in a symbol", no_symbol, text(symbol("AAA'; drop table raw.drop_bars; --"))),
        Case("SQL in a symbol, the other quote", no_symbol, text(symbol('AAA"; attach \'/etc/passwd\' as x; --'))),
        Case("a shell's words in a symbol", no_symbol, text(symbol("$(touch /tmp/owned)`id`"))),
        Case("a path in a symbol", no_symbol, text(symbol("../../../../etc/passwd"))),
        Case("a script in a symbol", no_symbol, text(symbol("<script>alert(1)</script>"))),
        Case("a formula in a symbol", no_symbol, text(symbol("=cmd|'/c calc'!A0"))),
        Case("an escape sequence in a symbol", no_text, text(symbol("\x1b[2J"))),
        Case("a command of eight bits in a symbol", "control", text(symbol("A\u009b2J"))),
        Case("a line end in a symbol", "control", text(symbol("AAA\nBBB"))),
        Case("a turned direction in a symbol", "control", text(symbol("A\u202eBBB"))),
        Case("a title of a megabyte", "field|characters", put("events/evil.csv", f"{EVENTS}a,policy,2026-01-09,true,{'x' * 1_000_000}\n")),
        Case("a script in what must be a kind", "is not of the form", put("events/evil.csv", f"{EVENTS}a,<script>,2026-01-09,true,x\n")),
        Case("a formula in a price", "is not a number", text(HEAD + '2026-01-08,AAA,10,12,9,"=HYPERLINK(""http://x"",1)",1000\n')),
        Case("a formula in a day", "is not a date", text(HEAD + "@SUM(1+1),AAA,10,12,9,11,1000\n")),
        Case("a formula that begins with a minus", "is not a number", text(HEAD + "2026-01-08,AAA,10,12,9,-1+cmd|' /c calc'!A0,1000\n")),
        Case("a million columns", "columns", text(lambda: (HEAD.strip() + ",x" * 1_000_000 + "\n").encode())),
        Case("a million columns in a row", "fields in every row", text(lambda: (HEAD + "1," * 1_000_000 + "1\n").encode())),
        Case("a line of two hundred megabytes", no_header, text(lambda: b"x" * (200 << 20))),
        Case("eighty million cells", "cells", text(crowded)),
        Case("nothing but line ends", no_header, text(lambda: b"\n" * (100 << 20))),
        Case("a quote that never ends", "CSV|field", text(lambda: (GOOD + '2026-01-09,"' + "x" * (50 << 20)).encode())),
        Case("larger than a file may be", "bytes, more than", large),
        Case("UTF-16 without its mark", no_text, text(GOOD.encode("utf-16-le"))),
        Case("UTF-32", no_text, text(GOOD.encode("utf-32"))),
        Case("UTF-16 with half a character", no_text, text(GOOD.encode("utf-16") + b"\x00\xd8")),
        Case("EBCDIC", no_header + "|" + no_text, text(GOOD.encode("cp500"))),
        Case("UTF-7", no_symbol, text(symbol("+ADw-script+AD4-"))),
        Case("Shift JIS in a symbol", f"{no_symbol}|{no_text}", text(HEAD.encode() + ROW.replace("AAA", "日経平均").encode("shift-jis"))),
        Case("UTF-8 that breaks off after a megabyte", f"{no_text}|fields in every row", text((HEAD + ROW * 40_000 + "Ä").encode()[:-1])),
        Case("a zero byte after a megabyte", no_text, text((HEAD + ROW * 40_000).encode() + b"2026-01-09,A\x00A,10,12,9,11,1000\n")),
        Case("a web page", no_header, text("<!doctype html><html><script>alert(1)</script></html>")),
        Case("a machine's program as text", no_text, text(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100)),
        Case("an empty file", no_header, text("")),
    ]  # fmt: skip


def crowded() -> bytes:
    return HEAD.strip().encode() + b",x" * 400 + b"\n" + (ROW.strip().encode() + b",1" * 400 + b"\n") * 200_000


def large(drop: Path) -> None:
    """Sparse: it takes no room on the disk."""
    put(f"{BARS}/evil.csv")(drop)
    os.truncate(drop / BARS / "evil.csv", 2 << 30)
