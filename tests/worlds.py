"""Warehouses that tests start from: made once a session, cloned for each test, run on in this process. Not for tests or fixtures."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from pipelines import runner
from pipelines import settings as settings_module
from pipelines.resources.publication import Publication
from pipelines.settings import Mode, Settings

AT_ONCE = date(2026, 1, 2)
DAY_BY_DAY = (date(2025, 12, 30), date(2025, 12, 31), AT_ONCE)  # over the end of a week, a month and a year


@contextmanager
def working_in(folder: Path, **others: str) -> Iterator[Settings]:
    """Settings whose warehouse is this folder, for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROTATION_WAREHOUSE", str(folder))
        if "PYTEST_XDIST_WORKER" in os.environ:
            patch.setenv("ROTATION_THREADS", "2")
        for name, value in others.items():
            patch.setenv(name, value)
        settings_module.settings.cache_clear()
        yield settings_module.settings()
    settings_module.settings.cache_clear()


def publish(day: date, accept: dict[str, str] | None = None, definitions: Any = None, mode: Mode = "sample") -> runner.Outcome:
    """One whole run in this process, leaving nothing in the project's own Dagster instance."""
    return runner.run(runner.run_config(mode, day, accept=accept), keep_events=False, definitions=definitions)


def published(folder: Path, mode: Mode = "sample") -> Publication:
    """The publication of a mode in a warehouse."""
    return Publication(folder / "published" / mode)


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder made by the first worker that asks for it; the others wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            making = folder.with_name(f"{folder.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(folder)
    return folder


def fingerprints(folder: Path, mode: Mode = "sample") -> dict[str, str]:
    """Hash of every file readers open."""
    shown = [p for p in sorted((folder / "published" / mode).rglob("*")) if p.is_file() and "history" not in p.parts]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in shown}


def contents(folder: Path, mode: Mode = "sample") -> dict[str, str]:
    """Content hash of every published table of marts and reference, from the manifest."""
    manifest = json.loads((folder / "published" / mode / "manifest.json").read_text(encoding="utf-8"))
    return {name: t["content_sha256"] for name, t in manifest["tables"].items() if not name.startswith("quality.")}


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query on a DuckDB file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def work_file(folder: Path, mode: Mode = "sample") -> Path:
    return folder / "work" / mode / "work.duckdb"


def database(folder: Path, mode: Mode = "sample") -> Path:
    return published(folder, mode).database
