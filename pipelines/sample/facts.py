"""The few published facts the simulated market is pinned to. Not for assumptions of our own (profiles.csv, sectors.csv)."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

FACTS_FILE = Path(__file__).with_name("facts.csv")


@cache
def facts(name: str) -> dict[date, float]:
    """The published values of one fact by day; a fact the file does not hold has none."""
    with FACTS_FILE.open(newline="", encoding="utf-8") as handle:
        return {_day(row["date"]): float(row["value"]) for row in csv.DictReader(handle) if row["fact"] == name}


def _day(text: str) -> date:
    """A day; a bare year stands for its last."""
    return date.fromisoformat(text) if len(text) > 4 else date(int(text), 12, 31)
