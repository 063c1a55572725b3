"""The tiny ground of the bench, made once for all workers. Not for tests."""

from pathlib import Path

import pytest
from tiny_ground import Tiny, make
from worlds import once


@pytest.fixture(scope="session")
def tiny(shelf: Path) -> Tiny:
    return Tiny(once(shelf / "bench", make))
