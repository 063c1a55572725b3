"""What the simulated market assumes about a price series. Not for facts (facts.csv), nor a list of what is fetched."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipelines.catalog import Series

PROFILES_FILE = Path(__file__).with_name("profiles.csv")

# Loadings on large caps, small caps and the Nasdaq of a series that the file says nothing about, by its size segment.
MAKE_UP = {"large": (1.0, 0.0, 0.0), "mid": (0.5, 0.5, 0.0), "small": (0.0, 1.0, 0.0), "micro": (-0.1, 1.1, 0.0)}


@dataclass(frozen=True)
class Profile:
    """Assumptions about one series. Loadings sum to 1; growth is the loading on growth against value."""

    starts_on: date
    start_level: float | None
    end_level: float
    large: float
    small: float
    nasdaq: float
    growth: float
    noise_pct: float
    yield_pct: float
    split_on: date | None
    split_ratio: float
    volume: float


@cache
def _rows() -> dict[str, dict[str, str]]:
    with PROFILES_FILE.open(newline="", encoding="utf-8") as handle:
        return {row["series_id"]: row for row in csv.DictReader(handle)}


def profile(series: Series) -> Profile:
    """The assumptions about a series; a new row of the catalogue needs none here and gets those of its kind and size."""
    row = _rows().get(series.series_id, {})

    def number(column: str, otherwise: float) -> float:
        return float(row[column]) if row.get(column) else otherwise

    large, small, nasdaq = MAKE_UP.get(series.size_segment or "", MAKE_UP["large"])
    is_fund = series.kind == "fund"
    return Profile(
        starts_on=date.fromisoformat(row.get("starts_on") or "2001-01-02"),
        start_level=float(row["start_level"]) if row.get("start_level") else None,
        end_level=number("end_level", 100.0 if is_fund else 1000.0),
        large=number("large", large),
        small=number("small", small),
        nasdaq=number("nasdaq", nasdaq),
        growth=number("growth", 0.0),
        noise_pct=number("noise_pct", 3.0),
        yield_pct=number("yield_pct", 1.5 if is_fund else 0.0),
        split_on=date.fromisoformat(row["split_on"]) if row.get("split_on") else None,
        split_ratio=number("split_ratio", 1.0),
        volume=1e6 * number("volume_m", 2.0),
    )
