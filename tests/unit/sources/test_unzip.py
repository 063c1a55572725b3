"""Archives that are no data: too large, too many, packed too tightly, strangely named, damaged. Each is refused by name, before it is unpacked."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from pipelines.sources import unzip
from pipelines.sources.interface import SourceError
from pipelines.sources.payload import look_at

MILLION = b"0" * (1 << 20)

Fill = Callable[[zipfile.ZipFile], object]


def zeros(archive: zipfile.ZipFile) -> None:
    for name in "abc":
        archive.writestr(name, MILLION)


def packed(fill: Fill, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        fill(archive)
    return file.getvalue()


def members(*names: str) -> Fill:
    def fill(archive: zipfile.ZipFile) -> None:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"x")

    return fill


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return content.replace(old, new)


def locked(content: bytes) -> bytes:
    """The flag that says a member needs a password, in both of its headers."""
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(sign) + place
        content = content[:at] + b"\x01" + content[at + 1 :]
    return content


def overlapping() -> bytes:
    """Two names in the directory for one place in the file."""
    content = packed(lambda archive: archive.writestr(zipfile.ZipInfo("a.csv"), b"0123456789" * 400), zipfile.ZIP_STORED)
    begin, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, tail = content[begin:end], bytearray(content[end:])
    tail[8:12], tail[12:16] = b"\x02\x00\x02\x00", (2 * len(entry)).to_bytes(4, "little")
    return content[:begin] + entry + renamed(entry, b"a.csv", b"b.csv") + bytes(tail)


REFUSED = {
    "a member packed too tightly": (packed(lambda a: a.writestr("a.csv", MILLION * 40)), "packed more than 250 times"),
    "more bytes than the limit": (packed(zeros), "bytes unpacked"),
    "more members than the limit": (packed(members(*(f"{n}.csv" for n in range(200)))), "at most 100 members"),
    "a path upwards": (packed(members("../../etc/passwd")), "plain names"),
    "a path from the root": (packed(members("/etc/passwd")), "plain names"),
    "a drive": (packed(members("C:/a.csv")), "plain names"),
    "a backslash": (renamed(packed(members("a/b.csv")), b"a/b.csv", b"a\\b.csv"), "plain names"),
    "a control character": (renamed(packed(members("a_b.csv")), b"a_b.csv", b"a\x07b.csv"), "plain names"),
    "a name cut by a zero byte": (renamed(packed(members("a.csv_exe")), b"a.csv_exe", b"a.csv\x00exe"), "plain names|damaged"),
    "a very long name": (packed(members("a" * 300)), "plain names"),
    "one name twice": (renamed(packed(members("a.csv", "b.csv")), b"b.csv", b"a.csv"), "'a.csv' 2 times"),
    "a locked member": (locked(packed(members("a.csv"))), "locked otherwise"),
    "another method": (packed(lambda a: a.writestr("a.csv", b"x"), zipfile.ZIP_LZMA), "packed or locked otherwise"),
    "members that overlap": (overlapping(), "overlap|damaged"),
    "nothing in it": (packed(lambda a: None), "a whole zip archive|zip"),
    "half of it": (packed(members("a.csv", "b.csv"))[:60], "half a body"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_archive_that_is_no_data_is_refused_by_name(case: str) -> None:
    content, says = REFUSED[case]
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(SourceError, match=says) as caught:
        look_at("x", content, "zip", unzip.Limits(unpacked=48 << 20 if "tightly" in case else 2 << 20, members=100))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.cure
    assert most < 8 << 20, "refused before it was unpacked"
    assert time.monotonic() - begun < 5


def test_a_byte_flipped_in_a_member_is_seen() -> None:
    content = packed(lambda archive: archive.writestr("a.csv", b"0123456789" * 10), zipfile.ZIP_STORED)
    assert look_at("x", content, "zip") is None
    with pytest.raises(SourceError, match=r"damaged member 'a.csv'"):
        look_at("x", content.replace(b"0123", b"0124", 1), "zip")


def test_two_cells_in_far_corners_of_a_workbook_are_not_held() -> None:
    for row, column in ((1_048_575, 16_383), (1_048_575, 9), (999, 16_383)):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            page = book.add_worksheet()
            page.write(0, 0, "Date")
            page.write(row, column, "x")
        with pytest.raises(SourceError, match="cells in a sheet"):
            look_at("x", file.getvalue(), "excel")


def test_a_workbook_of_usual_size_passes() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        for row in range(2000):
            page.write_row(row, 0, range(20))
    assert look_at("x", file.getvalue(), "excel") is None
