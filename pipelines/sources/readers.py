"""Every reader by its provider, and what each offers: importing this loads them all. Not for what one of them does (its own module)."""

from typing import Protocol

import polars as pl

from pipelines.catalog import Series
from pipelines.sources import alphavantage, fred, french, ishares, nport, sec, shiller, ssga, stooq, tiingo, yahoo
from pipelines.sources.http import Client
from pipelines.sources.interface import Window


class Reader(Protocol):
    """What the module of a provider offers."""

    @property
    def PROVIDER(self) -> str: ...  # noqa: N802

    @property
    def TABLES(self) -> tuple[str, ...]: ...  # noqa: N802

    def unavailable(self, client: Client, /) -> str | None:
        """Why the provider cannot be asked, with the cure; None where it can."""

    def read(self, series: Series, client: Client, window: Window, /) -> dict[str, pl.DataFrame]:
        """Frames by raw table name, with the contract's columns as received; raises SourceError and nothing else (NotAsked where no setting wants it)."""


READERS: dict[str, Reader] = {
    module.PROVIDER: module for module in (yahoo, tiingo, stooq, alphavantage, fred, french, shiller, ishares, ssga, nport, sec)
}
"""The providers asked over the network; a new one is one module, named here."""
