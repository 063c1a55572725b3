"""The results of one run: as a file, and as a table that says what was kept and what was missed. Not for measuring."""

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.full_size.bars import Size
from bench.full_size.marks import MARKS, Mark
from bench.full_size.rounds import Held

LIBRARIES = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations", "polars", "pandas", "numpy", "pyarrow", "TA-Lib")


@dataclass
class Results:
    """What a run has measured so far. `failed`: why a key could not be measured. `before`: what stood in the file, of the same size, rounds,
    machine and versions; rows that are not measured again stay, with their date."""

    size: Size
    rounds: int
    rows: int = 0
    contests: dict[str, Held] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)

    def after(self, file: Path) -> None:
        """Go on from what a file holds, where its numbers can stand beside ours."""
        held = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        ours = self.as_json()
        self.before = held if all(held.get(fact) == ours[fact] for fact in ("symbols", "years", "rounds", "cores", "versions")) else {}

    def as_json(self) -> dict[str, Any]:
        """In the form of bench/results.json."""
        today, contests = datetime.now(UTC).date().isoformat(), self.contests
        ratios = {key: _summary(MARKS[key], list(values), today) for held in contests.values() for key, values in held.ratios.items()}
        stood = {key: one for key, one in self._stood("ratios").items() if key not in self.failed} | ratios
        failed = {key: why for key, why in self._stood("failed").items() if key not in ratios} | self.failed
        return {
            "cores": os.cpu_count() or 1,
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "symbols": self.size.symbols,
            "years": self.size.years,
            "rows": self.rows or self.before.get("rows", 0),
            "rounds": self.rounds,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
            "ratios": {key: stood[key] for key in MARKS if key in stood},
            "seconds": self._stood("seconds")
            | {name: {side: _rounded(values) for side, values in held.seconds.items()} for name, held in contests.items()},
            "peaks": self._stood("peaks")
            | {name: {side: list(values) for side, values in held.peaks.items()} for name, held in contests.items()},
            "models": self._stood("models")
            | {name: _rounded(values) for held in contests.values() for name, values in held.models.items()},
            "failed": failed,
        }

    def _stood(self, what: str) -> dict[str, Any]:
        return dict(self.before.get(what, {}))

    def write(self, file: Path) -> None:
        """Write the file whole or not at all."""
        part = file.with_name(file.name + ".part")
        part.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        part.replace(file)


def _rounded(values: Any) -> list[float]:
    return [round(value, 4) for value in values]


def _summary(mark: Mark, values: list[float], date: str) -> dict[str, float | str | None]:
    return {
        "date": date,
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
        "wanted_2_cores": mark.wanted_2_cores,
        "wanted_4_cores": mark.wanted_4_cores,
    }


def verdict(told: Mapping[str, Any], key: str) -> str:
    """kept, missed, or nothing where nothing is asked; of the cores that the file tells of."""
    wanted = MARKS[key].wanted(told["cores"])
    if key in told["failed"]:
        return "missed: not measured"
    if wanted is None:
        return ""
    return "kept" if told["ratios"][key]["median"] <= wanted else "missed"


def show(told: Mapping[str, Any], console: Console) -> None:
    """The table."""
    table = Table(title=f"{told['rows']:,} bars, {told['cores']} cores, {told['rounds']} rounds", title_justify="left")
    for name, justify in (
        ("ratio", "left"),
        ("what", "left"),
        ("median", "right"),
        ("from – to", "right"),
        ("wanted", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for key, mark in MARKS.items():
        if key not in told["ratios"] and key not in told["failed"]:
            continue
        one = told["ratios"].get(key)
        numbers = (f"{one['median']:.3f}", f"{one['min']:.3f} – {one['max']:.3f}") if one else ("", "")
        wanted = mark.wanted(told["cores"])
        table.add_row(key, mark.says, *numbers, "" if wanted is None else f"≤ {wanted:g}", verdict(told, key))
    console.print(table)
    for key, why in told["failed"].items():
        console.print(f"{key} could not be measured: {why}", markup=False)
