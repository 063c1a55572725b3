"""A small market for trials that take hundreds of runs: the real definitions, landing, gates and publication on a few companies, a few years and
the models that gate 3 looks at. Not for the trials (kills.py, months.py), and not for judging what the models say (tests)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import polars as pl
from requests.adapters import BaseAdapter

from pipelines.catalog import Series
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions
from pipelines.sample.bars import Bars
from pipelines.sample.market import SampleMarket, sample_market
from pipelines.sample.wire import NOT_FOUND, Answer, SampleTransport

SINCE = date(2024, 12, 2)
COMPANIES = 12  # of each universe
UNIVERSES = ("R2000", "SP500")
HOSTS = frozenset({"query1.finance.yahoo.com", "fred.stlouisfed.org"})

MOVING = (
    "fct_performance_daily", "fct_relative_performance_daily", "fct_sector_performance_daily", "fct_rates_daily", "fct_policy_moves",
    "fct_breadth_daily", "freshness", "disagreements", "dim_metric", "dim_instrument",
)  # fmt: skip
FILED = ("fct_discount_monthly", "fct_quality_split_daily")
SEEDS = ("universe_pairs", "united_states_members", "reconstitution_rules", "quality_cohorts", "fundamental_tags")
DAILY = " ".join((*(f"+{model}" for model in MOVING), *FILED, *SEEDS))
"""What gate 3 looks at with all that lies before it, but for the branch of filings, which nobody files here; of that only what is published."""
WHOLE = " ".join((DAILY, *(f"+{model}" for model in FILED)))
"""With that branch, too: for the first run of a warehouse, and where warehouses are compared."""

Spoil = Callable[[Answer], Answer]


class SmallMarket(SampleMarket):
    """The sample market since a day."""

    def bars(self, series: Series) -> Bars:
        whole = super().bars(series)
        first = int(np.searchsorted(whole.days, np.datetime64(SINCE)))
        return Bars(**{name: getattr(whole, name)[first:] for name in Bars.__dataclass_fields__})


class SmallTransport(SampleTransport):
    """Price vendors and FRED answer, each from the first day on; nobody else does. `spoils` break an answer, by symbol."""

    def __init__(self, as_of: date, market: SmallMarket, spoils: Mapping[str, Spoil]) -> None:
        super().__init__(as_of, market)
        self.spoils = spoils

    def _answer(self, host: str, path: str, query: dict[str, list[str]], headers: Mapping[str, Any]) -> Answer:
        if host not in HOSTS:
            return NOT_FOUND
        symbol = query.get("id", [unquote(path.rsplit("/", 1)[-1])])[0]
        if host == "fred.stlouisfed.org":
            query = {**query, "cosd": [max(query.get("cosd", [""])[0], str(SINCE))]}
        answer = super()._answer(host, path, query, headers)
        return self.spoils[symbol](answer) if symbol in self.spoils else answer


@dataclass(frozen=True)
class Vendor:
    """Dropped files by name: the header, and lines with the day each is sent on. Plain text, so that a warm process can hold it and fork."""

    files: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]

    def write(self, folder: Path, as_of: date) -> None:
        """The files as they are on a day; one that says the same already is left alone."""
        for name, (header, lines) in self.files.items():
            sent = [line for day, line in lines if day <= str(as_of)]
            text, path = "\n".join([header, *sent, ""]), folder / name
            if sent and not (path.exists() and path.read_text(encoding="utf-8") == text):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")


def vendor() -> Vendor:
    """Bars of some members of each universe since the first day, and the lists of who they are, a file a year."""
    market, files = sample_market(), {}
    for universe in UNIVERSES:
        lists = market.constituents[universe].filter(pl.col("snapshot_date") >= SINCE)
        known = lists.group_by("symbol").len().sort(["len", "symbol"], descending=[True, False])["symbol"].head(COMPANIES).to_list()
        bars = market.member_bars[universe].filter(pl.col("date") >= SINCE)
        for kind, frame, day in (("bars", bars, "date"), ("constituents", lists, "snapshot_date")):
            frame = frame.filter(pl.col("symbol").is_in(known))
            for year in frame[day].dt.year().unique().sort().to_list():
                header, *lines = frame.filter(pl.col(day).dt.year() == year).write_csv().splitlines()
                days = frame.filter(pl.col(day).dt.year() == year)[day].cast(pl.String).to_list()
                files[f"{kind}/{universe}/simulated-{year}.csv"] = (header, tuple(zip(days, lines, strict=True)))
    return Vendor(files)


@dataclass(frozen=True)
class SmallProviders(Providers):
    """Who answers the runs of a trial. `spoils`: what is broken now; whoever holds them changes them between runs."""

    market: SmallMarket
    vendor: "Vendor"
    spoils: dict[str, Spoil] = field(default_factory=dict)

    def sample(self, as_of: date) -> BaseAdapter:
        return SmallTransport(as_of, self.market, self.spoils)

    def drop_folder(self, options: RunOptions, as_of: date) -> Path:
        folder = options.settings.work_file("sample").with_name("drop")
        self.vendor.write(folder, as_of)
        return folder
