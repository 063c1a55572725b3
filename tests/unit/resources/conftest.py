"""The DuckLake that tests of resources publish into: named by settings, its catalogue in a database of the test. Not for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.resources.lake import Lake, lake
from pipelines.settings import load_settings

Named = Callable[..., Lake]


@pytest.fixture
def named(lake_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Named:
    """The lake that settings name."""

    def call(catalog: str, **others: str) -> Lake:
        given = {"LAKE": catalog, "LAKE_DATA": str(tmp_path / "data"), "LAKE_ENVIRONMENT": str(lake_environment)} | others
        for name, value in given.items():
            monkeypatch.setenv(f"ROTATION_{name}", value)
        there = lake(load_settings())
        assert there is not None
        return there

    return call


@pytest.fixture
def there(named: Named, postgres: str) -> Lake:
    return named(postgres)
