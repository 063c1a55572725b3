"""A dropped file as a grid below its header: encoding told, delimiter and header found. Not for what the cells mean (drop_columns.py)."""

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import fastexcel
import polars as pl

from pipelines.sources.interface import SourceError
from pipelines.sources.payload import look_at

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = {"utf-8-sig": "UTF-8 with its mark", "utf-16": "UTF-16", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
HEADER_WITHIN = 50
MAX_COLUMNS = 500
MAX_ROWS = 10_000_000
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
    text, encoding = _text(content)
    return _csv(text, encoding, lacking)


def _text(content: bytes) -> tuple[str, str]:
    """The text of the bytes and its encoding: by its mark, else UTF-8, else Windows-1252."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encodings = next(([e] for mark, e in marks.items() if content.startswith(mark)), ["utf-8", "cp1252"])
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text[:100_000]):
            return text, ENCODINGS[encoding]
    raise GridError("text in UTF-8, UTF-16 with its mark, or Windows-1252", "other bytes", "Save the file as CSV in UTF-8.")


def _no_header(first: str, rows: Iterable[list[str]], lacking: Lacking) -> GridError:
    """The row that comes nearest to a header is told what it lacks."""
    all_of_them = lacking([])
    lacks, n = min(((lacking(row), n) for n, row in enumerate(rows, 1)), key=lambda found: len(found[0]), default=(all_of_them, 0))
    near = f"line {n} lacks {', '.join(lacks)}" if len(lacks) < len(all_of_them) else f"the file begins {first[:120]!r}"
    wanted = f"a header with {', '.join(all_of_them)} within the first {HEADER_WITHIN} lines"
    return GridError(wanted, f"none; {near}", "Name the columns as in docs/sources/drop.md.")


def _csv(text: str, encoding: str, lacking: Lacking) -> Grid:
    head = text[: 1 << 20].splitlines()[:HEADER_WITHIN]
    seen = []
    for delimiter in DELIMITERS:
        for line in head:
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                cells = []
            if len(cells) <= MAX_COLUMNS:
                if not lacking(cells):
                    return _csv_grid(text, encoding, delimiter, lacking)
                seen.append((cells, delimiter))
    likely = min((d for _, d in seen), key=lambda d: min(len(lacking(c)) for c, other in seen if other == d), default=",")
    raise _no_header("\n".join(head[:3]), [cells for cells, d in seen if d == likely], lacking)


def _csv_grid(text: str, encoding: str, delimiter: str, lacking: Lacking) -> Grid:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    header_line, lines, rows = 0, [], []
    try:
        for row in reader:
            if header is None:
                if not lacking(row):
                    header, header_line = row, reader.line_num
            elif "".join(row).strip():
                if len(row) != len(header):
                    found = f"{len(row)} in line {reader.line_num}"
                    raise GridError(f"{len(header)} fields in every row", found, "Make the rows even.")
                lines.append(reader.line_num)
                rows.append(row)
                if len(rows) > MAX_ROWS:
                    raise GridError(f"at most {MAX_ROWS:,} rows", "more", "Split the file.")
    except csv.Error as problem:
        raise GridError("CSV", f"{problem} near line {reader.line_num}", "Mend the quotes of the file.") from None
    if header is None:
        raise _no_header(text, [], lacking)
    form = f"text in {encoding} parted by {delimiter!r}, header in line {header_line}"
    return Grid(header, header_line, _cells(len(header), lines, rows), form, delimiter)


def _cells(width: int, lines: list[int], rows: list[list[str]]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    cells = {f"c{i}": pl.Series(columns[i], dtype=pl.String) for i in range(width)}
    return pl.DataFrame({"_line": pl.Series(lines, dtype=pl.Int64), **cells})


def _xlsx(content: bytes, lacking: Lacking) -> Grid:
    """The first sheet with a header. Formulas are not evaluated: a cell is what the vendor's program last saved in it."""
    try:
        look_at("xlsx", content, "excel")
        book = fastexcel.read_excel(content)
        seen: list[list[str]] = []
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            if sheet.width > MAX_COLUMNS:
                continue
            rows = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows()]
            seen += rows[:HEADER_WITHIN]
            for i, row in enumerate(rows[:HEADER_WITHIN]):
                if not lacking(row):
                    body = [(i + 2 + n, r) for n, r in enumerate(rows[i + 1 :]) if any(cell.strip() for cell in r)]
                    form = f"workbook, sheet {name!r}, header in line {i + 1}"
                    return Grid(row, i + 1, _cells(len(row), [n for n, _ in body], [r for _, r in body]), form)
    except SourceError as problem:
        raise GridError(problem.expected, problem.found, "Save the file again as xlsx.") from None
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as problem:
        raise GridError("a readable xlsx file", str(problem)[:200], "Save the file again as xlsx.") from None
    raise _no_header(f"sheets {book.sheet_names}", seen, lacking)


def _parquet(content: bytes, lacking: Lacking) -> Grid:
    try:
        schema = pl.read_parquet_schema(io.BytesIO(content))
        other = [f"{name} ({kind})" for name, kind in schema.items() if not kind.is_numeric() and kind not in _PLAIN]
        if other or len(schema) > MAX_COLUMNS:
            found = f"{len(schema)} columns, among them {', '.join(other[:5]) or 'only plain ones'}"
            raise GridError(f"at most {MAX_COLUMNS} columns of text, numbers, dates", found, "Write a plain table.")
        header = list(schema)
        if lacking(header):
            raise _no_header(", ".join(header), [header], lacking)
        frame = pl.read_parquet(io.BytesIO(content), n_rows=MAX_ROWS + 1)
    except (pl.exceptions.PolarsError, OSError, ValueError) as problem:
        raise GridError("a readable Parquet file", str(problem)[:200], "Write the file again.") from None
    if frame.height > MAX_ROWS:
        raise GridError(f"at most {MAX_ROWS:,} rows", "more", "Split the file.")
    frame.columns = [f"c{i}" for i in range(frame.width)]
    return Grid(
        header, 0, frame.with_row_index("_line", offset=1).with_columns(pl.col("_line").cast(pl.Int64)), "Parquet, lines counted by rows"
    )
