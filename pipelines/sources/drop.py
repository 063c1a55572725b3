"""The drop folder: what vendors and desks put in, each file read whole or refused whole. Not for moving files."""

import os
import re
import stat
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl

from pipelines.contracts import TableContract, contracts
from pipelines.sources.drop_columns import PROBLEMS, recognise, values
from pipelines.sources.drop_grid import Grid, GridError, read_grid
from pipelines.sources.interface import Receipt, SourceError
from pipelines.sources.plain import is_plain, plain_line

PROVIDER = "drop"
LINE = "_line"  # a row's line in its file, carried as far as a refusal may need it
FOLDERED = {"bars": "collection", "constituents": "universe_id", "targets": "list_id"}  # kinds with a folder a name, and what it names
FLAT = ("valuations", "consensus", "fundamentals", "events")
TABLES = tuple(f"drop_{kind}" for kind in (*FOLDERED, *FLAT))
LAYOUT = (
    f"{', '.join(f'{kind}/<{name}>/FILE' for kind, name in FOLDERED.items())}, {' or '.join(f'{kind}/FILE' for kind in FLAT)}, "
    "as .csv, .txt, .parquet or .xlsx"
)
ENDINGS = (".csv", ".txt", ".parquet", ".xlsx")
MAX_BYTES = 512 << 20
PRICES = ("open", "high", "low", "close", "volume")
NEEDED: dict[str, tuple[frozenset[str], ...]] = {  # each set: at least one of these columns
    "drop_bars": (frozenset({"session_date"}), frozenset({"symbol"}), frozenset({"close", "adjusted_close"})),
    "drop_constituents": (frozenset({"symbol"}),),
    "drop_valuations": tuple(
        frozenset({name})
        for name in (
            *("month_end", "universe_id", "metric", "basis", "aggregation", "loss_treatment", "financials_treatment"),
            *("earnings_definition", "value", "value_status", "source_id"),
        )
    ),
    "drop_targets": tuple(frozenset({name}) for name in ("symbol", "price", "target_mean")),
    "drop_consensus": (
        *(frozenset({name}) for name in ("universe_id", "period", "source_id")),
        frozenset({"earnings_expected", "growth_pct"}),
    ),
    "drop_fundamentals": tuple(frozenset({name}) for name in ("period_end", "universe_id", "measure", "value", "source_id")),
    "drop_events": tuple(frozenset({name}) for name in ("event_id", "kind", "event_date", "is_scheduled", "title")),
}
# The day something stood so or was announced; where a file does not say, the day the file was taken in: nothing is back-dated.
CAPTURED = {"drop_targets": "captured_on", "drop_consensus": "captured_on", "drop_events": "announced_on"}
DEEPEST = 8  # folders below the drop folder: places have at most two
MOST_SHOWN = 200  # characters of a name, value or cell in a message
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_UNFINISHED = re.compile(r"^(\.|~)|\.(part|tmp|crdownload)$|^readme", re.IGNORECASE)
_NAME_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_]?(\d{2})(?:[-_]?(\d{2}))?(?!\d)")


class DropRefused(SourceError):  # noqa: N818 - said of a file, as the field says it
    """A dropped file is refused as a whole. `problems`: line, column, value, reason."""

    def __init__(self, source: str, expected: str, found: str, cure: str, problems: pl.DataFrame | None = None) -> None:
        super().__init__(source, expected, found, cure)
        self.problems = pl.DataFrame(schema=PROBLEMS) if problems is None else problems


@dataclass(frozen=True)
class DropFile:
    """One file in the folder. Where `refusal` says why it cannot even be opened, there is no hash."""

    path: Path
    name: str
    table: str | None
    collection: str | None
    size_bytes: int
    sha256: str
    refusal: str | None = None

    def content(self) -> bytes:
        """The bytes that were hashed.

        Raises:
            DropRefused: refused at the door, or written to since.
        """
        source = f"drop {self.name}"
        if self.refusal is not None:
            raise DropRefused(source, LAYOUT, self.refusal, "Put a plain file, of a plain name, into its place.")
        try:
            content = _bytes(self.path)
        except OSError as problem:
            raise DropRefused(
                source, "a file that lies still", f"one that cannot be opened ({problem.strerror})", "Drop it again."
            ) from None
        if sha256(content).hexdigest() != self.sha256:
            cure = "Drop it again when it is whole."
            raise DropRefused(source, "a file that lies still", "one that was written to while it was read", cure)
        return content

    def receipt(self, now: datetime) -> Receipt:
        return Receipt(PROVIDER, f"FILE {self.name}", now, 0, self.size_bytes, self.sha256)


def scan(folder: Path) -> list[DropFile]:
    """Every file below the folder, by name; hidden, unfinished and README files are passed over, links are not followed.

    What cannot be looked into, a folder too, is there with its refusal.
    """
    found: list[DropFile] = []

    def closed(problem: OSError) -> None:
        if Path(problem.filename) != folder:
            found.append(_refused(folder, Path(problem.filename), f"what cannot be opened ({problem.strerror})"))

    for root, folders, names in os.walk(folder, followlinks=False, onerror=closed):
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        found += [_drop_file(folder, Path(root) / name) for name in (*names, *links) if not _UNFINISHED.search(name)]
        if len(Path(root).relative_to(folder).parts) == DEEPEST and folders:
            found.append(_refused(folder, Path(root), f"folders nested more than {DEEPEST} deep"))
            folders.clear()
    return sorted(found, key=lambda f: f.name)


@dataclass(frozen=True)
class Reading:
    """The frame of a file in the columns of its raw table, the line of each row in the file beside them, and how it was read, in words."""

    table: str
    frame: pl.DataFrame
    form: str


def table_of(name: str) -> str:
    """The raw table a file was meant for, by the folder it lies in."""
    kind = name.split("/")[0]
    return f"raw.drop_{kind}" if kind in (*FOLDERED, *FLAT) else "none"


def identity(name: str, digest: str) -> str:
    """What makes two files one: the folder, the content, and where the name of a list tells its day, that day."""
    folder, _, file = name.rpartition("/")
    named = "-".join("".join(parts) for parts in _NAME_DATE.findall(file)) if name.startswith("constituents/") else ""
    return f"{folder} {named} {digest}"


def read(file: DropFile, taken_in: date | None = None, today: date | None = None) -> Reading:
    """What a file says.

    `taken_in` dates what the file does not date; nothing can have been captured after `today`.

    Raises:
        DropRefused: anything in the file that cannot be used, with every problem listed.
    """
    content = file.content()
    source, contract = f"drop {file.name}", contracts()[str(file.table)]  # one without a table is refused at the door
    try:
        grid = read_grid(content, file.path.suffix.lower(), lambda header: _lacking(contract, header))
        columns = recognise(contract.name, grid.header)
        cells = values(grid, columns, contract)
    except GridError as problem:
        raise DropRefused(source, problem.expected, problem.found, problem.cure) from None
    if not (problems := cells.problems).is_empty():
        first = problems.row(0, named=True)
        found = f"{problems.height:,} problems; the first in line {first['line']}, {first['column']}: {str(first['value'])[:MOST_SHOWN]!r} {first['reason']}"
        cure = "Correct the lines listed and drop the file again."
        raise DropRefused(source, f"values of raw.{contract.name}", found, cure, problems)
    frame = _completed(source, file, cells.frame, contract)
    if contract.name in CAPTURED:
        frame = _captured(source, frame, CAPTURED[contract.name], taken_in, today)
    _refuse_empty(source, frame, grid, contract)
    return Reading(contract.name, frame.select(*(c.name for c in contract.columns), LINE), cells.form)


def _lacking(contract: TableContract, header: list[str]) -> list[str]:
    """The needed columns that a row of titles does not have."""
    known = set(recognise(contract.name, header))
    return [" or ".join(sorted(one_of)) for one_of in NEEDED[contract.name] if not known & one_of]


def _completed(source: str, file: DropFile, frame: pl.DataFrame, contract: TableContract) -> pl.DataFrame:
    """What the folder and the file's name say, and the columns the vendor does not have."""
    if file.collection is not None:
        frame = frame.with_columns(pl.lit(file.collection).alias(FOLDERED[contract.name.removeprefix("drop_")]))
    if contract.name == "drop_bars":
        basis = "split_adjusted"
        if "close" not in frame.columns:
            frame, basis = frame.rename({"adjusted_close": "close"}), "total_return"
        if "price_basis" not in frame.columns:
            frame = frame.with_columns(price_basis=pl.lit(basis))
        prices = [c for c in PRICES if c in frame.columns]
        frame = frame.filter(~pl.all_horizontal(pl.col(prices).is_null()))  # a panel's way to say: not traded
    if contract.name == "drop_constituents" and "snapshot_date" not in frame.columns:
        frame = frame.with_columns(snapshot_date=pl.lit(_named_day(source, file.path.name)))
    if contract.name == "drop_consensus":
        sector = pl.col("sector") if "sector" in frame.columns else pl.lit(None, pl.String())
        frame = frame.with_columns(sector=sector.fill_null("all"))
    absent = [pl.lit(None, c.polars_type).alias(c.name) for c in contract.columns if c.name not in frame.columns]
    return frame.with_columns(absent)


def _captured(source: str, frame: pl.DataFrame, column: str, taken_in: date | None, today: date | None) -> pl.DataFrame:
    """The frame with a day in every cell of the column, and none of them ahead of us."""
    if taken_in is not None:
        frame = frame.with_columns(pl.col(column).fill_null(taken_in))
    ahead = frame.filter(pl.col(column) > today) if today is not None else frame.clear()
    if ahead.height:
        problems = ahead.select(
            line="_line", column=pl.lit(column), value=pl.col(column).cast(pl.String()), reason=pl.lit("lies in the future")
        )
        found = f"{ahead.height:,} later ones, the first in line {ahead['_line'][0]}: {ahead[column][0]}"
        raise DropRefused(source, f"{column} of today ({today}) or before", found, "Write the day it was captured.", problems)
    return frame


def _named_day(source: str, name: str) -> date:
    """The day in a file's name; of a month alone, its last."""
    for year, month, day in reversed(_NAME_DATE.findall(name)):
        if 1 <= int(month) <= 12:
            last = monthrange(int(year), int(month))[1]
            if not day or 1 <= int(day) <= last:
                return date(int(year), int(month), int(day or last))
    cure = "Add a column snapshot_date, or name the file like members_2026-01-09.csv."
    raise DropRefused(source, "the day the list describes", "neither a date column nor a date in the file's name", cure)


def _refuse_empty(source: str, frame: pl.DataFrame, grid: Grid, contract: TableContract) -> None:
    if frame.is_empty():
        raise DropRefused(source, "rows", f"none below the header in line {grid.header_line}", "Drop a file with data.")
    empty = [
        frame.filter(pl.col(c.name).is_null()).select(
            line="_line", column=pl.lit(c.name), value=pl.lit(""), reason=pl.lit("is empty, but needed")
        )
        for c in contract.columns
        if not c.nullable and frame[c.name].null_count()
    ]
    if empty:
        problems = pl.concat(empty).sort("line")
        found = f"{problems.height:,} empty ones, the first in line {problems['line'][0]}, {problems['column'][0]}"
        raise DropRefused(source, f"a value in every needed cell of raw.{contract.name}", found, "Fill the lines listed.", problems)


def _drop_file(folder: Path, path: Path) -> DropFile:
    shown = path.relative_to(folder).as_posix()
    parts = shown.split("/")
    table, collection = None, None
    if len(parts) == 3 and parts[0] in FOLDERED and _FOLDER.fullmatch(parts[1]):
        table, collection = f"drop_{parts[0]}", parts[1]
    elif len(parts) == 2 and parts[0] in FLAT:
        table = f"drop_{parts[0]}"
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            return _refused(folder, path, "a link or device, not a plain file")
        if not is_plain(shown):
            return _refused(folder, path, "a name with characters that are none to be seen", facts.st_size)
        if table is None:
            return _refused(folder, path, "another place", facts.st_size)
        if path.suffix.lower() not in ENDINGS:
            return _refused(folder, path, f"a file ending in {path.suffix[:MOST_SHOWN]!r}", facts.st_size)
        if facts.st_size > MAX_BYTES:
            return _refused(folder, path, f"{facts.st_size:,} bytes, more than {MAX_BYTES:,}", facts.st_size)
        return DropFile(path, shown, table, collection, facts.st_size, sha256(_bytes(path)).hexdigest())
    except OSError as problem:  # gone, or closed to us
        return _refused(folder, path, f"what cannot be opened ({problem.strerror})")


def _refused(folder: Path, path: Path, why: str, size: int = 0) -> DropFile:
    """Something that is not even opened."""
    return DropFile(path, plain_line(path.relative_to(folder).as_posix()), None, None, size, "", why)


def _bytes(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # put in the place of the file that was looked at
            raise OSError(0, "no plain file any more")
        return file.read(MAX_BYTES + 1)
