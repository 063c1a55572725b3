"""The simulated market and a session that reaches nothing else. Not for tests."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from pipelines.resources.market import PREMIUM, SIMULATED_TOKENS
from pipelines.sample.market import SampleMarket, sample_market
from pipelines.sample.wire import SampleTransport
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client


@pytest.fixture(scope="session")
def market() -> SampleMarket:
    """The market every test of this process shares."""
    return sample_market()


@pytest.fixture
def ask() -> Callable[[date, str], requests.Response]:
    """Ask an address of the market as of a day."""

    def asked(as_of: date, url: str) -> requests.Response:
        with requests.Session() as session:
            session.mount("https://", SampleTransport(as_of))
            return session.get(url, timeout=5)

    return asked


@pytest.fixture
def client_as_of(tmp_path: Path) -> Callable[[date], Client]:
    """The real client over the market as of a day."""

    def made(as_of: date) -> Client:
        evening = datetime(as_of.year, as_of.month, as_of.day, 23, tzinfo=UTC) + timedelta(hours=3)
        archive = Archive(tmp_path / as_of.isoformat())
        return Client(
            archive, None, None, 5, 60, 0, SampleTransport(as_of),
            now=lambda: evening, tokens=SIMULATED_TOKENS, asks=PREMIUM,
        )  # fmt: skip

    return made
