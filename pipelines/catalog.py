"""The series catalogue as objects: what is fetched, from whom, required or optional, how late it may be. Not for values."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from pipelines.settings import ROOT

PRICES = ("index", "fund")
CATALOG_FILE = ROOT / "dbt_project" / "seeds" / "series_catalog.csv"


class CatalogError(Exception):
    """A row of the series catalogue cannot be used; the message names file, line, column and cure."""


@dataclass(frozen=True)
class Series:
    """One row of the catalogue. Lags in calendar days, lateness in sessions, moves in percent a session, tolerance in basis points."""

    series_id: str
    provider: str
    symbol: str
    instrument_id: str | None
    name: str
    kind: str
    size_segment: str | None
    sector: str | None
    proxy_of: str | None
    unit: str
    frequency: str
    lag_days: int
    late_after_sessions: int
    is_required: bool
    priority: int
    witness_series_id: str | None
    min_value: float | None
    max_value: float | None
    max_move_pct: float | None
    tolerance_bp: float | None = None


@dataclass(frozen=True)
class Catalog:
    """All series, in the order of the file."""

    series: tuple[Series, ...]

    def __iter__(self) -> Iterator[Series]:
        return iter(self.series)

    def of(self, provider: str) -> tuple[Series, ...]:
        return tuple(s for s in self.series if s.provider == provider)

    def chain(self, instrument_id: str) -> tuple[Series, ...]:
        """The price series of an instrument, the one that comes first in front; each next one stands in for those before it."""
        own = (s for s in self.series if s.instrument_id == instrument_id and s.kind in PRICES)
        return tuple(sorted(own, key=lambda s: s.priority))

    @property
    def required(self) -> tuple[Series, ...]:
        return tuple(s for s in self.series if s.is_required)

    def __getitem__(self, series_id: str) -> Series:
        found = [s for s in self.series if s.series_id == series_id]
        if not found:
            raise CatalogError(f"{CATALOG_FILE.name} has no series {series_id!r}. Add a row, or correct the name.")
        return found[0]


def _cast(value: str, kind: object, where: str) -> object:
    text = value.strip()
    optional = "None" in str(kind)
    if text == "" and optional:
        return None
    try:
        if kind is bool:
            return {"true": True, "false": False}[text]
        if kind is int:
            return int(text)
        if "float" in str(kind):
            return float(text)
    except (ValueError, KeyError):
        raise CatalogError(f"{where}: expected {kind}, found {value!r}. Correct the cell.") from None
    if text == "":
        raise CatalogError(f"{where}: empty, but a value is needed. Fill the cell.")
    return text


def read_catalog(path: Path = CATALOG_FILE) -> Catalog:
    """Read the catalogue.

    Raises:
        CatalogError: a missing column, an unusable cell, a series named twice, a witness that is not a series, or two series of an instrument in one place.
    """
    with path.open(newline="", encoding="utf-8") as handle:
        reader = csv.DictReader(handle)
        wanted = {f.name: f.type for f in fields(Series)}
        missing = set(wanted) - set(reader.fieldnames or [])
        if missing:
            raise CatalogError(f"{path.name}: columns {sorted(missing)} are missing. Take the header from the file in the repository.")
        rows = [
            Series(**{n: _cast(row[n] or "", t, f"{path.name} line {line}, column {n}") for n, t in wanted.items()})  # type: ignore[arg-type]
            for line, row in enumerate(reader, start=2)
        ]
    ids = [s.series_id for s in rows]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise CatalogError(f"{path.name}: {twice} are named twice. Give each series one row.")
    lost = sorted({s.witness_series_id for s in rows if s.witness_series_id} - set(ids))
    if lost:
        raise CatalogError(f"{path.name}: witnesses {lost} are not series of the catalogue. Correct witness_series_id.")
    found = Catalog(tuple(rows))
    for instrument in {s.instrument_id for s in rows if s.instrument_id}:
        places = [s.priority for s in found.chain(instrument)]
        if len(set(places)) < len(places):
            told = ", ".join(f"{s.series_id} {s.priority}" for s in found.chain(instrument))
            raise CatalogError(f"{path.name}: series of {instrument} share a place in its chain ({told}). Give each a priority of its own.")
    return found


@cache
def catalog() -> Catalog:
    """The catalogue of this process, read once."""
    return read_catalog()
