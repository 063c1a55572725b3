"""A sample market whose answers are spoiled on the way, and the poisons. Not for tests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs

import dagster as dg
from requests.adapters import BaseAdapter

from pipelines.catalog import catalog
from pipelines.definitions import build_defs
from pipelines.resources.market import Providers
from pipelines.sample.wire import Answer, SampleTransport

Spoil = Callable[[Answer], Answer]


STAND_INS = frozenset({"api.tiingo.com", "stooq.com", "www.alphavantage.co"})


class SpoiledMarket(SampleTransport):
    """Answers as the sample market does, but for the series named."""

    def __init__(self, as_of: date, spoils: Mapping[str, Spoil], silent: frozenset[str] = frozenset()) -> None:
        super().__init__(as_of)
        self.silent = silent
        self.spoils = {(catalog()[s].provider, catalog()[s].symbol): spoil for s, spoil in spoils.items()}

    def _answer(self, host: str, path: str, query: dict[str, list[str]], headers: Mapping[str, Any]) -> Answer:
        if host in self.silent:
            return Answer(503, "text/plain", b"down (SIMULATED)")
        answer = super()._answer(host, path, query, headers)
        for (provider, symbol), spoil in self.spoils.items():
            asked = {
                "yahoo": path.rsplit("/", 1)[-1],
                "fred": query.get("id", [""])[0],
                "tiingo": path.split("/")[-2],
                "stooq": query.get("s", [""])[0],
                "alphavantage": query.get("symbol", [""])[0],
                "ishares": path.removeprefix("/us/products/").rsplit("/", 1)[0],
            }
            if provider in host.replace("stlouisfed", "fred") and symbol == parse_qs(f"x={asked[provider]}")["x"][0]:
                return spoil(answer)
        return answer


@dataclass(frozen=True)
class SpoiledProviders(Providers):
    """The sample market with some series spoiled."""

    spoils: Mapping[str, Spoil] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()

    def sample(self, as_of: date) -> BaseAdapter:
        return SpoiledMarket(as_of, self.spoils, self.silent)


def spoiled(spoils: Mapping[str, Spoil], alone: bool = False) -> dg.Definitions:
    """The definitions, with these series of the catalogue spoiled; `alone`: and none to stand in for them."""
    return build_defs(providers=SpoiledProviders(spoils, STAND_INS if alone else frozenset()))


def bars(change: Callable[[dict[str, list[Any]]], None]) -> Spoil:
    """Spoils the columns of a Yahoo chart: timestamp, open, high, low, close, volume, adjclose."""

    def spoil(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        result = document["chart"]["result"][0]
        columns = {"timestamp": result["timestamp"], **result["indicators"]["quote"][0], **result["indicators"]["adjclose"][0]}
        change(columns)
        result["timestamp"] = columns.pop("timestamp")
        result["indicators"] = {"adjclose": [{"adjclose": columns.pop("adjclose")}], "quote": [columns]}
        return Answer(answer.status, answer.kind, json.dumps(document).encode())

    return spoil


def body(change: Callable[[bytes], bytes], status: int = 200) -> Spoil:
    """Spoils the bytes of an answer."""
    return lambda answer: Answer(status, answer.kind, change(answer.body))


def scaled(*names: str, by: float, at: int = -1) -> Callable[[dict[str, list[Any]]], None]:
    """Multiplies values of one bar."""

    def change(columns: dict[str, list[Any]]) -> None:
        for name in names:
            columns[name][at] *= by

    return change


def scaled_span(*names: str, by: float, first: int | None, last: int | None) -> Callable[[dict[str, list[Any]]], None]:
    """Multiplies values of a span of bars: a past told anew."""

    def change(columns: dict[str, list[Any]]) -> None:
        for name in names:
            columns[name][first:last] = [v * by for v in columns[name][first:last]]

    return change


def put(name: str, value: Any, at: int = -1) -> Callable[[dict[str, list[Any]]], None]:
    """Puts a value in one cell."""
    return lambda columns: columns[name].__setitem__(at, value)


def doubled(columns: dict[str, list[Any]]) -> None:
    """The bar before the newest comes twice."""
    for values in columns.values():
        values.insert(-1, values[-2])


def reversed_days(columns: dict[str, list[Any]]) -> None:
    for values in columns.values():
        values.reverse()


def without_newest(columns: dict[str, list[Any]]) -> None:
    for values in columns.values():
        values.pop()


def on_saturday(columns: dict[str, list[Any]]) -> None:
    """The bar of Friday, 2 January 2026 is dated a day later."""
    friday = next(i for i, t in enumerate(columns["timestamp"]) if datetime.fromtimestamp(t, UTC).date() == date(2026, 1, 2))
    columns["timestamp"][friday] += 86_400


def newest_line(change: Callable[[str, str], str]) -> Spoil:
    """Spoils the newest line of a FRED file that has a value: day and value in, line out."""

    def spoil(text: bytes) -> bytes:
        lines = text.decode().splitlines()
        at = max(i for i, line in enumerate(lines) if i and line.split(",")[1])
        lines[at] = change(*lines[at].split(","))
        return ("\n".join(lines) + "\n").encode()

    return body(spoil)
