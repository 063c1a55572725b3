"""A tiny ground of the bench at full size, made once in this process: data, a filled warehouse, what is derived of it. Not for tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.full_size import bars, derive, fill

SIZE = bars.Size(symbols=60, years=3)


@dataclass(frozen=True)
class Tiny:
    """Where things are."""

    folder: Path
    data: Path
    warehouse: Path


def derived(warehouse: Path, what: str, **given: str) -> Mapping[str, Any]:
    """Our side in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in derive.environment(warehouse).items():
            patch.setenv(name, value)
        return derive.work(str(warehouse), what, **given)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("bench")
    tiny = Tiny(folder, folder / "data", folder / "warehouse")
    bars.write(tiny.data, SIZE)
    fill.work(str(tiny.data), str(tiny.warehouse), str(bars.LAST))
    derived(tiny.warehouse, "stand")
    derived(tiny.warehouse, "full")
    return tiny
