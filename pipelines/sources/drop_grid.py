"""A dropped file as a grid below its header: encoding told, delimiter and header found. Not for what the cells mean (drop_columns.py)."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.sources.interface import SourceError
from pipelines.sources.payload import look_at

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = {"utf-8-sig": "UTF-8 with its mark", "utf-16": "UTF-16", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
HEADER_WITHIN = 50
MAX_COLUMNS = 500
MAX_ROWS = 10_000_000
MAX_CELLS = 60_000_000  # of text: eight years of seven columns for every listed share
MAX_PARQUET_CELLS = 200_000_000
MAX_UNPACKED = 1 << 30
MAX_SHEETS = 200
MAX_TEXT = 10_000
PART, PIECE = 2_000_000, 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")

_PLAIN = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null)

Lacking = Callable[[list[str]], list[str]]  # the needed columns a row of titles does not have; none: it is the header


class GridError(Exception):
    """The file is no table we can find; the parts of a SourceError without its source."""

    def __init__(self, expected: str, found: str, cure: str) -> None:
        self.expected, self.found, self.cure = expected, found, cure
        super().__init__(f"expected {expected}, found {found}")


@dataclass(frozen=True)
class Grid:
    """`cells`: one column a header name, numbered `c0`, `c1`, …, beside `_line`; text, but for Parquet, which knows types.

    `form`: how the bytes were read, in words.
    """

    header: list[str]
    header_line: int
    cells: pl.DataFrame
    form: str
    delimiter: str | None = None


def read_grid(content: bytes, ending: str, lacking: Lacking) -> Grid:
    """Find the table in the bytes of a file.

    Raises:
        GridError: not the kind its ending says, no header, uneven rows, or too large.
    """
    if ending == ".parquet":
        return _parquet(content, lacking)
    if ending == ".xlsx":
        return _xlsx(content, lacking)
    return _csv(content, _encoding(content), lacking)


def _encoding(content: bytes) -> str:
    """The encoding of the bytes: by its mark, else UTF-8, else Windows-1252. Decoded piece by piece: as a whole it could be four times as large."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    for encoding in next(([e] for mark, e in marks.items() if content.startswith(mark)), ["utf-8", "cp1252"]):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            pieces = (decoder.decode(content[at : at + PIECE], at + PIECE >= len(content)) for at in range(0, len(content), PIECE))
            if not any(_CONTROL.search(piece) for piece in pieces):
                return encoding
        except UnicodeDecodeError:
            continue
    raise GridError("text in UTF-8, UTF-16 with its mark, or Windows-1252", "other bytes", "Save the file as CSV in UTF-8.")


def _no_header(first: str, rows: Iterable[list[str]], lacking: Lacking) -> GridError:
    """The row that comes nearest to a header is told what it lacks."""
    all_of_them = lacking([])
    lacks, n = min(((lacking(row), n) for n, row in enumerate(rows, 1)), key=lambda found: len(found[0]), default=(all_of_them, 0))
    near = f"line {n} lacks {', '.join(lacks)}" if len(lacks) < len(all_of_them) else f"the file begins {first[:120]!r}"
    wanted = f"a header with {', '.join(all_of_them)} within the first {HEADER_WITHIN} lines"
    return GridError(wanted, f"none; {near}", "Name the columns as in docs/sources/drop.md.")


def _csv(content: bytes, encoding: str, lacking: Lacking) -> Grid:
    head = content[: 1 << 20].decode(encoding, "ignore").splitlines()[:HEADER_WITHIN]
    seen, widest = [], 0
    for delimiter in DELIMITERS:
        for line in head:
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                cells = []
            widest = max(widest, len(cells))
            if len(cells) <= MAX_COLUMNS:
                if not lacking(cells):
                    return _csv_grid(content, encoding, delimiter, lacking)
                seen.append((cells, delimiter))
    if widest > MAX_COLUMNS and (len(head) == 1 or not lacking([c.strip() for c in head[0].split(",", 20)])):
        raise GridError(f"at most {MAX_COLUMNS} columns", f"{widest:,}", "Leave out what is not needed.")
    likely = min((d for _, d in seen), key=lambda d: min(len(lacking(c)) for c, other in seen if other == d), default=",")
    raise _no_header("\n".join(line[:200] for line in head[:3]), [cells for cells, d in seen if d == likely], lacking)


def _csv_grid(content: bytes, encoding: str, delimiter: str, lacking: Lacking) -> Grid:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    header_line, lines, rows, parts, rows_n = 0, list[int](), list[list[str]](), list[pl.DataFrame](), 0
    try:
        for row in reader:
            if header is None:
                if not lacking(row):
                    header, header_line = row, reader.line_num
                    _few_enough(content.count(b"\n") * len(header))  # before any is read
            elif "".join(row).strip():
                if len(row) != len(header):
                    found = f"{len(row):,} in line {reader.line_num}"
                    raise GridError(f"{len(header)} fields in every row", found, "Make the rows even.")
                lines.append(reader.line_num)
                rows.append(row)
                rows_n += 1
                if rows_n > MAX_ROWS:
                    raise GridError(f"at most {MAX_ROWS:,} rows", "more", "Split the file.")
                _few_enough(rows_n * len(header))
                if len(rows) * len(header) >= PART:  # as Polars holds them texts take a fraction of the room
                    parts.append(_cells(len(header), lines, rows))
                    lines, rows = [], []
    except csv.Error as problem:
        raise GridError("CSV", f"{problem} near line {reader.line_num}", "Mend the quotes of the file.") from None
    if header is None:
        raise _no_header("", [], lacking)
    cells = pl.concat([*parts, _cells(len(header), lines, rows)])
    form = f"text in {ENCODINGS[encoding]} parted by {delimiter!r}, header in line {header_line}"
    return Grid(header, header_line, cells, form, delimiter)


def _few_enough(cells_n: int) -> None:
    if cells_n > MAX_CELLS:
        raise GridError(f"at most {MAX_CELLS:,} cells", f"{cells_n:,}", "Split the file, or save it as Parquet.")


def _cells(width: int, lines: list[int], rows: list[list[str]]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    cells = {f"c{i}": pl.Series(columns[i], dtype=pl.String) for i in range(width)}
    return pl.DataFrame({"_line": pl.Series(lines, dtype=pl.Int64), **cells})


def _xlsx(content: bytes, lacking: Lacking) -> Grid:
    """The first sheet with a header. Formulas are not evaluated: a cell is what the vendor's program last saved in it."""
    try:
        look_at("xlsx", content, "excel")
        book = fastexcel.read_excel(content)
        if len(book.sheet_names) > MAX_SHEETS:
            raise GridError(f"at most {MAX_SHEETS} sheets", f"{len(book.sheet_names):,}", "Leave out what is not needed.")
        seen: list[list[str]] = []
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            if sheet.width > MAX_COLUMNS:
                continue
            head = [["" if cell is None else cell for cell in row] for row in sheet.head(HEADER_WITHIN).iter_rows()]
            seen += head
            for i, row in enumerate(head):
                if not lacking(row):
                    return Grid(row, i + 1, _below(sheet, i), f"workbook, sheet {name!r}, header in line {i + 1}")
    except SourceError as problem:
        raise GridError(problem.expected, problem.found, "Save the file again as xlsx.") from None
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as problem:
        raise GridError("a readable xlsx file", str(problem)[:200], "Save the file again as xlsx.") from None
    raise _no_header(f"sheets {book.sheet_names}", seen, lacking)


def _below(sheet: pl.DataFrame, header: int) -> pl.DataFrame:
    """The rows below the header that are not blank, with their lines."""
    sheet.columns = [f"c{i}" for i in range(sheet.width)]
    numbered = sheet.fill_null("").with_row_index("_line", offset=1).with_columns(pl.col("_line").cast(pl.Int64)).slice(header + 1)
    return numbered.filter(pl.any_horizontal(pl.exclude("_line").str.strip_chars() != ""))


def _parquet(content: bytes, lacking: Lacking) -> Grid:
    try:
        schema = pl.read_parquet_schema(io.BytesIO(content))
        other = [f"{name[:40]!r} ({str(kind)[:40]})" for name, kind in schema.items() if not kind.is_numeric() and kind not in _PLAIN]
        if other or len(schema) > MAX_COLUMNS:
            found = f"{len(schema):,} columns, among them {', '.join(other[:5]) or 'only plain ones'}"
            raise GridError(f"at most {MAX_COLUMNS} columns of text, numbers, dates", found, "Write a plain table.")
        header = list(schema)
        if lacking(header):
            raise _no_header(", ".join(header), [header], lacking)
        _within_limits(pq.ParquetFile(io.BytesIO(content)).metadata)
        longest = _longest(content, [name for name, kind in schema.items() if kind in (pl.String, pl.Categorical, pl.Enum)])
        frame = pl.read_parquet(io.BytesIO(content), n_rows=MAX_ROWS) if longest <= MAX_TEXT else pl.DataFrame()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, pa.ArrowException, OSError, ValueError) as problem:
        raise GridError("a readable Parquet file", str(problem)[:200], "Write the file again.") from None
    if longest > MAX_TEXT:
        raise GridError(f"cells of at most {MAX_TEXT:,} characters", f"one of {longest:,}", "Write a plain table.")
    frame.columns = [f"c{i}" for i in range(frame.width)]
    return Grid(
        header, 0, frame.with_row_index("_line", offset=1).with_columns(pl.col("_line").cast(pl.Int64)), "Parquet, lines counted by rows"
    )


def _longest(content: bytes, texts: list[str]) -> int:
    """Bytes of the longest text. Read by reference, as it is packed: one text of many rows is looked at once, not as often as it stands there."""
    table = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts).read(columns=texts)
    lengths = (pc.max(pc.binary_length(chunk.dictionary)).as_py() for column in table.columns for chunk in column.chunks)
    return max((n or 0 for n in lengths), default=0)


def _within_limits(said: pq.FileMetaData) -> None:
    """What the footer says, before anything is unpacked."""
    unpacked = sum(said.row_group(n).total_byte_size for n in range(said.num_row_groups))
    if said.num_rows > MAX_ROWS or said.num_rows * said.num_columns > MAX_PARQUET_CELLS or unpacked > MAX_UNPACKED:
        limits = f"at most {MAX_ROWS:,} rows, {MAX_PARQUET_CELLS:,} cells and {MAX_UNPACKED:,} bytes unpacked"
        raise GridError(limits, f"{said.num_rows:,} rows of {said.num_columns:,} columns, {unpacked:,} bytes", "Split the file.")
