"""A small published warehouse for what reads one: every row says which publication it is of. Not for tests."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.reliability.postgres_readers import publication
from pipelines.settings import Settings

Publish = Callable[[int], None]


@pytest.fixture
def put_published(warehouse: Settings, tmp_path: Path) -> Publish:
    """Puts publication n in the place readers look at."""

    def put(number: int) -> None:
        folder = warehouse.published("sample")
        folder.mkdir(parents=True, exist_ok=True)
        file, manifest = publication(tmp_path, number)
        shutil.copyfile(file, folder / ".new")
        (folder / ".new").replace(folder / "rotation.duckdb")
        (folder / "manifest.json").write_text(json.dumps(manifest | {"tables": {}}))

    put(1)
    return put
