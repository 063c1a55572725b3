"""Claims: the form of a claims file, read whole or refused by line and reason. Not for what a claim means (recognise.py)."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.audit.measures import measures, vocabulary

COLUMNS = ("claim_id", "subject", "statement", "reported_value", "unit", "reported_as_of", "basis_stated", "note")
# What words may leave open, a column may say.
SAYING = ("measure", "instrument_id", "against_id", "horizon")
YES_NO = "yes/no"
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class ClaimsError(Exception):
    """A claims file cannot be used; the message lists every wrong line with its reason."""


@dataclass(frozen=True)
class Claim:
    """One figure, or one yes or no, that somebody published. `reported` is the figure as it was printed: its digits set the tolerance."""

    claim_id: str
    subject: str
    statement: str
    reported: str
    unit: str
    as_of: date
    basis_stated: str = ""
    note: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_yes_no(self) -> bool:
        return self.unit == YES_NO

    @property
    def value(self) -> Decimal | None:
        return None if self.is_yes_no else Decimal(self.reported)

    @property
    def says_yes(self) -> bool:
        return self.reported.lower() != "no"


def units() -> set[str]:
    """Every unit some measure can be stated in."""
    return {unit for m in measures().values() for unit in m.units}


def read_claims(path: Path) -> list[Claim]:
    """The claims of a CSV file.

    Raises:
        ClaimsError: no such file, no UTF-8, a column missing or unknown, or wrong rows: all of them by line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ClaimsError(f"There is no file {path}. A claims file is a CSV with the columns {', '.join(COLUMNS)}.") from None
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as problem:
        raise ClaimsError(f"{path}: expected a CSV file in UTF-8, found {problem}. Save it as CSV UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as problem:
        raise ClaimsError(f"{path}: line {reader.line_num}: expected CSV, found {problem}. Save it as CSV UTF-8.") from None
    return parse_claims(rows, header, str(path))


def parse_claims(rows: Iterable[tuple[int, Mapping[Any, Any]]], header: Iterable[str], where: str) -> list[Claim]:
    """Claims from rows with their line numbers.

    Raises:
        ClaimsError: see read_claims.
    """
    header = list(header)
    missing = [c for c in COLUMNS if c not in header]
    unknown = [c for c in header if c not in (*COLUMNS, *SAYING)]
    if missing or unknown or len(set(header)) < len(header):
        raise ClaimsError(
            f"{where}: line 1: expected the columns {', '.join(COLUMNS)} (and, if wished, {', '.join(SAYING)}), "
            f"missing: {', '.join(missing) or 'none'}, unknown: {', '.join(unknown) or 'none'}, twice: "
            f"{', '.join(sorted({c for c in header if header.count(c) > 1})) or 'none'}. Correct the header."
        )
    found: list[Claim] = []
    wrong: list[str] = []
    first_line: dict[str, int] = {}
    for line, row in rows:
        short = None in row or None in row.values()
        cells = {str(k): str(v or "").strip() for k, v in row.items() if k is not None}
        reasons = ["expected as many cells as the header has, found more or fewer"] if short else _faults(cells)
        name = cells.get("claim_id", "")
        if name and name in first_line:
            reasons.append(f"claim_id {name!r} is that of line {first_line[name]} too")
        first_line.setdefault(name, line)
        if reasons:
            wrong += [f"line {line}: {reason}" for reason in reasons]
            continue
        says = {c: cells[c] for c in SAYING if cells.get(c)}
        plain = {c: cells[c] for c in ("claim_id", "subject", "statement", "unit", "basis_stated", "note")}
        found.append(Claim(**plain, reported=cells["reported_value"], as_of=date.fromisoformat(cells["reported_as_of"]), says=says))
    if wrong:
        raise ClaimsError(
            f"{where}: {len(wrong)} wrong:\n  " + "\n  ".join(wrong) + "\nCorrect these lines; docs/method/claims.md has the form."
        )
    if not found:
        raise ClaimsError(f"{where}: expected at least one claim below the header, found none.")
    return found


def _faults(cells: Mapping[str, str]) -> list[str]:
    """What is wrong with a row, in the order of its columns."""
    faults = [f"{column} is empty" for column in ("claim_id", "statement") if not cells[column]]
    value, unit, day = cells["reported_value"], cells["unit"], cells["reported_as_of"]
    if unit not in units():
        faults.append(f"unit {unit!r} is unknown; known are {', '.join(sorted(units()))}")
    if unit == YES_NO and value.lower() not in ("", "yes", "no"):
        faults.append(f"reported_value of a yes/no claim is yes, no or empty (yes), found {value!r}")
    if unit != YES_NO and not NUMBER.fullmatch(value):
        faults.append(f"reported_value {value!r} is not a number such as 5.73 (a point, no thousands sign, no unit)")
    try:
        date.fromisoformat(day)
    except ValueError:
        faults.append(f"reported_as_of {day!r} is not a day as YYYY-MM-DD")
    if cells.get("measure") and cells["measure"] not in measures():
        faults.append(f"measure {cells['measure']!r} is unknown; known are {', '.join(sorted(measures()))}")
    horizons = sorted({str(entry["is"]) for entry in vocabulary()["horizon"]})
    if cells.get("horizon") and cells["horizon"] not in horizons:
        faults.append(f"horizon {cells['horizon']!r} is unknown; known are {', '.join(horizons)}")
    return faults
