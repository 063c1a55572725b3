"""A tiny ground of the bench at full size: generated data, and a warehouse filled and derived of it. Not for tests or fixtures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.full_size import bars, derive, fill

SIZE = bars.Size(symbols=60, years=3)


@dataclass(frozen=True)
class Tiny:
    """Where things are. For reading: every worker has the same; work on a copy."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"


def derived(warehouse: Path, what: str, **given: str) -> Mapping[str, Any]:
    """Our side in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in derive.environment(warehouse).items():
            patch.setenv(name, value)
        return derive.work(str(warehouse), what, **given)


def make(folder: Path) -> None:
    """Fill a folder."""
    tiny = Tiny(folder)
    bars.write(tiny.data, SIZE)
    fill.work(str(tiny.data), str(tiny.warehouse), str(bars.LAST))
    derived(tiny.warehouse, "stand")
    derived(tiny.warehouse, "full")
