"""Malicious drops, second part: workbooks, archives and Parquet files that are made to hurt whoever opens them. Not for names and text (malicious_names.py)."""

import gzip
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from bench.reliability.malicious_names import BARS, GOOD, Case, put

MB = 1 << 20
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TITLES = ("Date", "Symbol", "Open", "High", "Low", "Close", "Volume")
LINE = ("2026-01-08", "AAA", 10, 12, 9, 11, 1000)


def book(line: tuple[object, ...] = LINE, write: Callable[[xlsxwriter.Workbook, object], None] = lambda *_: None) -> bytes:
    """A workbook that would be good, with one more thing written to it."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, TITLES)
        page.write_row(1, 0, line)
        write(made, page)
    return file.getvalue()


def again(
    content: bytes,
    changed: dict[str, bytes],
    more: tuple[tuple[zipfile.ZipInfo | str, bytes], ...] = (),
    renamed: tuple[str, str] = ("\n", "\n"),
) -> bytes:
    """The archive once more, some of its members changed, some added, one under another name."""
    file = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            text = changed.get(name, old.read(name))
            new.writestr(name.replace(*renamed), text.replace(renamed[0].encode(), renamed[1].encode()))
        for name, text in more:
            new.writestr(name, text)
    return file.getvalue()


def sheet(cells: bytes, before: bytes = b"") -> dict[str, bytes]:
    return {
        SHEET: b'<?xml version="1.0"?>' + before + f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + cells + b"</sheetData></worksheet>"
    }


def xlsx(content: bytes) -> Callable[[Path], None]:
    return put(f"{BARS}/evil.xlsx", content)


def lazily(make: Callable[[], bytes], ending: str = "xlsx") -> Callable[[Path], None]:
    """Made only when it is tried: some are large before they are packed."""
    return put(f"{BARS}/evil.{ending}", make)


def formula(text: str, saved: str) -> bytes:
    """A close that is a formula, and what the program that wrote it saved of it."""
    return book(write=lambda _, page: page.write_formula(1, 5, text, None, saved))  # type: ignore[attr-defined]


def gigabyte() -> bytes:
    return again(book(), {}, more=tuple((f"xl/media/{n}", b"0" * (31 * MB)) for n in range(40)))


def corner() -> bytes:
    return book(write=lambda _, page: page.write(1_048_575, 16_383, "x"))  # type: ignore[attr-defined]


def elsewhere() -> bytes:
    """Two cells in far corners of a sheet that does not lie where sheets lie."""
    return again(corner(), {}, renamed=("worksheets/sheet1.xml", "pages/of/mine.xml"))


def unreferenced() -> bytes:
    """A wide row and a far one, whose cells do not say where they are."""
    return again(book(), sheet(b'<row r="1">' + b"<c><v>1</v></c>" * 16_000 + b'</row><row r="1048576"><c><v>1</v></c></row>'))


def shared() -> bytes:
    return again(book(), {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">'.encode() + b"<si/>" * 100_000_000 + b"</sst>"})


def laughs() -> bytes:
    entities = b'<!ENTITY a0 "ha">' + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 12))
    return again(book(), sheet(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a11;</t></is></c></row>', b"<!DOCTYPE x [" + entities + b"]>"))


def outside_entity() -> bytes:
    dtd = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return again(book(), sheet(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>', dtd))


def deep_xml() -> bytes:
    return again(book(), sheet(b"<a>" * 3_000_000 + b"</a>" * 3_000_000))


def wide_dimension() -> bytes:
    wide = f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    return again(book(), {SHEET: wide.encode()})


def many_sheets() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        for n in range(3000):
            made.add_worksheet(f"s{n}")
    return file.getvalue()


def matryoshka(levels: int = 8) -> bytes:
    """An archive in an archive in an archive: none of the inner ones is opened."""
    content = b"0" * (30 * MB)
    for n in range(levels):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{n}.zip", content)
        content = file.getvalue()
    return content


def linked() -> bytes:
    info = zipfile.ZipInfo("xl/media/image1.png")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return again(book(), {}, more=((info, b"/etc/passwd"),))


def locked(content: bytes) -> bytes:
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(sign) + place
        content = content[:at] + b"\x01" + content[at + 1 :]
    return content


def understated() -> bytes:
    """A member that says it is a thousand bytes, sum and all, and unpacks to 300 MB: whoever believes it sees nothing wrong."""
    truth = sheet(b'<row r="1">' + b"<c/>" * 30_000)[SHEET]
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = packer.compress(truth) + b"".join(packer.compress(b" " * MB) for _ in range(300)) + packer.flush()
    said = truth[:1000]
    made = again(book(), {SHEET: b"x"})
    with zipfile.ZipFile(io.BytesIO(made)) as old:
        parts = [(i.filename, old.read(i)) for i in old.infolist() if i.filename != SHEET]
    file, directory = io.BytesIO(), b""
    for name, text in [*parts, (SHEET, None)]:
        body = packed if text is None else text
        size, crc, method = (len(said), zlib.crc32(said), 8) if text is None else (len(body), zlib.crc32(body), 0)
        at, common = file.tell(), struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, crc, len(body), size, len(name), 0)
        file.write(b"PK\x03\x04" + common + name.encode() + body)
        directory += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, at) + name.encode()
    at, n = file.tell(), len(parts) + 1
    file.write(directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), at, 0))
    return file.getvalue()


def behind_another() -> bytes:
    """Two workbooks in one file: which of them is read depends on who reads."""
    return corner() + book()


def with_note() -> bytes:
    """An end of another archive in the note of this one."""
    file = io.BytesIO(book())
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = corner()[-200:]
    return file.getvalue()


def spreadsheet_of_another_kind() -> bytes:
    """An OpenDocument sheet with a row repeated a million times, dressed as xlsx."""
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    page = f'<office:body><office:spreadsheet><table:table table:name="a">{row}</table:table></office:spreadsheet></office:body>'
    body = f"<office:document-content{names}>{page}</office:document-content>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", "<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>"
        )
        archive.writestr("content.xml", body)
        archive.writestr("xl/workbook.xml", "<broken")
    return file.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def columns(n: int) -> dict[str, list[object]]:
    return {name: [value] * n for name, value in zip(TITLES, LINE, strict=True)}


def long_texts() -> bytes:
    """One text of 32 MB, four thousand times: a few kilobytes packed, 128 GB as values."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), pa.array(["A" * (32 * MB)]))
    return parquet(pa.table({**columns(4000), "Symbol": text}), compression="zstd")


def nothing_in_many() -> bytes:
    """490 columns of nothing, three million rows."""
    none = pa.nulls(3_000_000, pa.float64())
    return parquet(pa.table(dict.fromkeys((*TITLES, *(f"c{n}" for n in range(480))), none)), compression="zstd")


def nested_type() -> bytes:
    kind: pa.DataType = pa.string()
    for _ in range(60):
        kind = pa.list_(kind)
    return parquet(pa.table({**columns(1), "Name": pa.nulls(1, kind)}))


def wide() -> bytes:
    return parquet(pa.table({**columns(1), **{f"c{n}": [1.0] for n in range(20_000)}}))


def cases() -> list[Case]:
    """Every one of them must be refused by name."""
    cells, plain_names, no_book, no_header = "cells", "plain names", "xl/|an Excel file|zip archive|other bytes", "a header with"
    no_parquet = "a readable Parquet file"
    return [
        Case("two cells in far corners", cells, lazily(corner)),
        Case("far corners of a sheet that lies elsewhere", cells, lazily(elsewhere)),
        Case("cells that do not say where they are", cells, lazily(unreferenced)),
        Case("a hundred million shared strings", "cells|packed more|bytes unpacked", lazily(shared)),
        Case("a billion laughs", f"{no_header}|readable xlsx|document type", lazily(laughs)),
        Case("an entity of a system file", f"{no_header}|readable xlsx|document type", lazily(outside_entity)),
        Case("XML three million levels deep", f"{no_header}|readable xlsx|packed more", lazily(deep_xml)),
        Case("a sheet that says it is full", no_header, lazily(wide_dimension)),
        Case("three thousand sheets", f"sheets|{no_header}", lazily(many_sheets)),
        Case("a formula that was never computed", "empty ones|is not a number", xlsx(formula("=10+1", ""))),
        Case("a formula for a command", "is not a number", xlsx(formula("=cmd|'/c calc'!A0", "=cmd|'/c calc'!A0"))),
        Case("an escape sequence in a cell", "control", xlsx(book(("2026-01-08", "A\u009b2J", *LINE[2:])))),
        Case("SQL in a cell", "is not of the form", xlsx(book(("2026-01-08", "A'; drop table raw.drop_bars; --", *LINE[2:])))),
        Case("an escape sequence in a sheet's name", no_header, xlsx(again(book(("x",) * 7), {"xl/workbook.xml": workbook("a&#x9b;2J"), **sheet(b"")}))),
        Case("a member packed a thousand times", "packed more than", lazily(lambda: again(book(), {}, more=(("xl/media/a.bin", b"0" * (200 * MB)),)))),
        Case("a gigabyte and more unpacked", "bytes unpacked|packed more", lazily(gigabyte)),
        Case("twenty thousand members", "members", lazily(lambda: again(book(), {}, more=tuple((f"xl/media/{n}", b"") for n in range(20_000))))),
        Case("archives in archives", no_book, lazily(matryoshka)),
        Case("a member that climbs out", plain_names, xlsx(again(book(), {}, more=(("../../../../tmp/owned", b"x"),)))),
        Case("a member from the root", plain_names, xlsx(again(book(), {}, more=(("/etc/cron.d/owned", b"x"),)))),
        Case("a member with a line end in its name", plain_names, xlsx(again(book(), {}, more=(("xl/a\nb", b"x"),)))),
        Case("a link in an archive", "link", lazily(linked)),
        Case("a member twice", "every member once", xlsx(again(book(), {}, more=((SHEET, b"x"),)))),
        Case("a locked archive", "locked otherwise", lazily(lambda: locked(book()))),
        Case("a member that says it is smaller than it is", "more than it says|damaged", lazily(understated)),
        Case("two workbooks in one file", "one archive", lazily(behind_another)),
        Case("an archive in the note of another", "one archive|damaged", lazily(with_note)),
        Case("a spreadsheet of another kind", no_book + "|xlsx", lazily(spreadsheet_of_another_kind)),
        Case("half a workbook", "half a body|damaged|zip", xlsx(book()[:3000])),
        Case("a workbook as text", "other bytes", put(f"{BARS}/evil.csv", book())),
        Case("a packed file as text", "other bytes", lazily(lambda: gzip.compress(GOOD.encode() * 1000), "csv")),
        Case("a web page as a workbook", "an HTML page", xlsx(b"<html><script>alert(1)</script></html>")),
        Case("an old workbook of nothing", "readable xlsx", xlsx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)),
        Case("long texts by reference in Parquet", "characters", lazily(long_texts, "parquet")),
        Case("three million rows of five hundred nothings in Parquet", cells, lazily(nothing_in_many, "parquet")),
        Case("lists of lists of lists in Parquet", "columns of text, numbers, dates", lazily(nested_type, "parquet")),
        Case("twenty thousand columns in Parquet", "columns of text, numbers, dates", lazily(wide, "parquet")),
        Case("an escape sequence in a Parquet cell", "control", lazily(lambda: parquet(pa.table({**columns(1), "Symbol": ["A\x1b[2J"]})), "parquet")),
        Case("an escape sequence in a Parquet title", "columns of text, numbers, dates", put(f"{BARS}/evil.parquet", parquet(pa.table({"a\x1b[2J": [[1]]})))),
        Case("SQL in a Parquet cell", "is not of the form", lazily(lambda: parquet(pa.table({**columns(1), "Symbol": ["A'; drop table x; --"]})), "parquet")),
        Case("half a Parquet file", no_parquet, lazily(lambda: parquet(pa.table(columns(1000)))[:-400], "parquet")),
        Case("Parquet with noise for a footer", no_parquet, put(f"{BARS}/evil.parquet", b"PAR1" + bytes(range(256)) * 40 + struct.pack("<I", 9000) + b"PAR1")),
        Case("a Parquet footer larger than the file", no_parquet, put(f"{BARS}/evil.parquet", b"PAR1" + struct.pack("<I", 0xFFFFFFF0) + b"PAR1")),
    ]  # fmt: skip


def workbook(name: str) -> bytes:
    """The list of sheets, with one of this name."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<workbook xmlns="{MAIN}" xmlns:r="{relations}"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'.encode()
