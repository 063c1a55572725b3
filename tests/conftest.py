"""Fixtures every room of the tests uses: an own warehouse, published samples to start from, the recorded providers. Not for tests."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # workers side by side: fewer threads each are faster
    os.environ["POLARS_MAX_THREADS"] = "2"

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lakes import make_environment
from psycopg.conninfo import make_conninfo
from recorded import REPLAY, serve
from worlds import AT_ONCE, DAY_BY_DAY, once, publish, working_in

from bench.clone import clone
from bench.own_postgres import NoServerError, server
from pipelines import settings as settings_module
from pipelines.settings import Settings

FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
KEYS = {"ROTATION_TIINGO_TOKEN": "any-token", "ROTATION_STOOQ_KEY": "any-stooq-key"}
DROPS = {"R2000": "adj_close_r2000_sample_312.parquet", "SP500": "adj_close_sp500_sample_165.parquet"}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("ROTATION_"):
            monkeypatch.delenv(name)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings whose warehouse is an empty folder of this test."""
    monkeypatch.setenv("ROTATION_WAREHOUSE", str(tmp_path / "warehouse"))
    settings_module.settings.cache_clear()
    yield settings_module.settings()
    settings_module.settings.cache_clear()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--shelf",
        type=Path,
        help="keep the warehouses tests start from in this folder, for the next session; empty it after a change of models",
    )


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, worker_id: str, pytestconfig: pytest.Config) -> Path:
    """A folder that all workers of this session share."""
    kept: Path | None = pytestconfig.getoption("shelf")
    if kept is not None:
        return kept.absolute()
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "warehouses"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Warehouses are large: none outlives the session, but on a shelf that was asked for."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(session.config._tmp_path_factory.getbasetemp() / "warehouses", ignore_errors=True)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def sample_at_once(shelf: Path) -> Path:
    """A warehouse filled and published by one run on the sample. For reading; work on a clone."""

    def make(folder: Path) -> None:
        with working_in(folder):
            outcome = publish(AT_ONCE)
        assert outcome.is_published, outcome.failures

    return once(shelf / "at_once", make)


@pytest.fixture(scope="session")
def sample_day_by_day(shelf: Path) -> dict[date, Path]:
    """The warehouse after each of several days in a row, two publications kept. For reading; work on a clone."""

    def make(folder: Path) -> None:
        before = None
        for day in DAY_BY_DAY:
            warehouse = folder / str(day)
            if before:
                clone(before, warehouse)
            with working_in(warehouse, ROTATION_KEEP_PUBLICATIONS="2"):
                outcome = publish(day)
            assert outcome.is_published, outcome.failures
            before = warehouse

    folder = once(shelf / "day_by_day", make)
    return {day: folder / str(day) for day in DAY_BY_DAY}


@pytest.fixture
def sample(sample_at_once: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an own copy of the published sample."""
    folder = clone(sample_at_once, tmp_path / "warehouse")
    with working_in(folder) as settings:
        yield settings
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The connection string of a PostgreSQL server of this session."""
    with ExitStack() as stack:
        try:
            conninfo = stack.enter_context(server())
        except NoServerError as reason:
            pytest.skip(f"no PostgreSQL server can be started here: {reason}")
        yield conninfo


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """The connection string of an empty database of this test."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as pg:
        pg.execute(f"create database {name}")
        yield make_conninfo(postgres_server, dbname=name)
        pg.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def lake_environment(shelf: Path) -> Path:
    """The environment of DuckLake's writer."""
    return once(shelf / "lake-environment", make_environment) / "venv"


@pytest.fixture
def replay_world() -> Path:
    """The folder of recorded payloads."""
    world = REPLAY / "world"
    if not world.exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")
    return world


@pytest.fixture(scope="session")
def replayed(shelf: Path) -> dict[date, Path]:
    """The warehouse after each of the two days. For reading; work on a clone."""
    if not (REPLAY / "world").exists():
        pytest.skip("the recorded provider data is not beside this checkout (../shared/replay)")

    def make(folder: Path) -> None:
        friday, monday = folder / str(FRIDAY), folder / str(MONDAY)
        for universe, name in DROPS.items():
            dropped = friday / "drop" / "bars" / universe
            dropped.mkdir(parents=True)
            shutil.copyfile(REPLAY / "world" / "drops" / name, dropped / name)
        for day, warehouse in ((FRIDAY, friday), (MONDAY, monday)):
            if day == MONDAY:
                clone(friday, monday)
            with serve(day) as provider, working_in(warehouse, ROTATION_MIRROR=provider.url, **KEYS):
                outcome = publish(day, mode="live")
            assert outcome.is_published, outcome.failures

    folder = once(shelf / "replayed", make)
    return {day: folder / str(day) for day in (FRIDAY, MONDAY)}


@pytest.fixture
def replay() -> Callable[..., Any]:
    """`with replay(as_of, faults) as r:` serves the recorded providers."""
    return serve
