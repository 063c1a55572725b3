"""Wild inputs through whole runs of the small market: landed, modelled, held against each other, published. Not for how each is told (wild_told)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.no_repaint import warehouse
from bench.reliability import kept
from bench.reliability.small import WHOLE, SmallMarket, SmallProviders, SmallTransport, vendor
from bench.reliability.warm import FACES
from bench.reliability.wild_days import Wild
from bench.reliability.wild_market import DAYS
from bench.reliability.wild_told import DAY, LIST, OF_PRICES, RANGE, Told, symbol, telling
from pipelines import runner
from pipelines import settings as settings_module
from pipelines.catalog import catalog
from pipelines.checks.stories import HISTORY
from pipelines.contracts import contracts
from pipelines.definitions import build_defs
from pipelines.resources import dbt
from pipelines.sample.wire import Answer, SampleTransport

BEFORE = DAY - timedelta(days=1)
VENDORS = frozenset({"api.tiingo.com", "stooq.com", "www.alphavantage.co"})
FILLED = {p: f"{p}_bars" for p in OF_PRICES} | {"fred": "fred_observations"}
# Told as another fund, of no index: by itself it may do what the fund of an index cannot on the same day.
TOLD_AS = {
    "a special dividend of a fifth of the price": "RSP",
    "a quarterly dividend rewrites the adjusted past": "IWN",
    "a fund whose price stands still": "IWC",
    "a close corrected by three tenths of a percent": "IWO",
    "a split two sessions ago, told with three new days": "MDY",
}


class VendorsToo(SmallTransport):
    """The other price vendors answer, too."""

    def _answer(self, host: str, path: str, query: dict[str, list[str]], headers: Mapping[str, Any]) -> Answer:
        if host in VENDORS:
            return SampleTransport._answer(self, host, path, query, headers)
        return super()._answer(host, path, query, headers)


class WildProviders(SmallProviders):
    """Who answers these runs."""

    def sample(self, as_of: date) -> SmallTransport:
        return VendorsToo(as_of, self.market, self.spoils)


def is_a_day(wild: Wild) -> bool:
    """Whether it is a move of the whole market, which is what a day of the market is."""
    return wild.offer.series.series_id == "SP500"


def is_a_session_gone_by(wild: Wild) -> bool:
    """Whether it is a session of the index that the newest one cannot be."""
    return wild.name.endswith(", of an index")


def shared_out(wilds: Sequence[Wild]) -> list[Told]:
    """A run for every day of the market. Each wild input is told in the first run in which nobody says anything else of its series."""
    runs = [Told(large, small, {}, [], []) for large, small in DAYS.values()]
    for wild in wilds:
        if is_a_day(wild) or is_a_session_gone_by(wild):
            continue
        next(told for told in runs if _joins(told, wild))
    return runs


def _joins(told: Told, wild: Wild) -> bool:
    """Whether there is room for it in a run, which it takes."""
    offer = wild.offer
    if offer.series.provider == "drop":
        if "drop_bars" in offer.now:
            told.stocks.append(wild)
        elif any(set(offer.now) & set(other.offer.now) for other in told.files) or (told.stocks and LIST in offer.now):
            return False
        else:
            told.files.append(wild)
        return True
    name = TOLD_AS.get(wild.name, offer.series.series_id)
    others = [told.series[s] for s in told.series if _subject(s) == _subject(name)]
    if any(_story(other) != _story(wild) for other in others):
        return False
    told.series[name] = wild
    return True


def _subject(series_id: str) -> str:
    """What a series is about: several vendors tell of one fund, and two series of one target range."""
    series = catalog()[series_id]
    if series_id in RANGE:
        return "target range"
    return str(series.instrument_id) if series.provider in OF_PRICES else series_id


def _story(wild: Wild) -> str:
    """Vendors tell one split: the same but for the vendor's name."""
    return wild.name.rsplit(", IWM", 1)[0]


def names(told: Told) -> list[str]:
    return [wild.name for wild in (*told.series.values(), *told.stocks, *told.files)]


def alone(wilds: Sequence[Wild]) -> list[str]:
    """Those that meet gate 1 and no whole run: sessions gone by. Every whole run has them behind it, as far as the small market goes back."""
    return [wild.name for wild in wilds if is_a_session_gone_by(wild)]


class Runs:
    """Whole runs in this process, each in a warehouse of its own: landing, all of dbt's tests on the models of `small`, gate 3, publication."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.market = SmallMarket()
        with warehouse(folder / "nowhere", None):
            part = dbt.Part(WHOLE, dbt.parse(settings_module.settings(), folder / "dbt"))
            self.definitions = build_defs(part=part, faces=FACES, providers=WildProviders(self.market, vendor()))

    def stopped(self, n: int, told: Told, days: Sequence[date]) -> list[str]:
        """What did not let the n-th runs pass, or set something of them aside; nothing where all of it was published."""
        here, wrong = self.folder / f"warehouse-{n}", list[str]()
        for day in days:
            with warehouse(here, None), telling(told, self.market, is_before=day < DAY):
                ended = runner.run(
                    runner.run_config("sample", day, now=f"{day}T23:30:00+00:00"), keep_events=False, definitions=self.definitions
                )
            wrong = [] if ended.is_published else [f"{day} was not published: {' | '.join(ended.failures)}"]
            wrong += [f"{day}: {said}" for said in _failing(here, ended.run_id)]
            wrong += kept.unreadable(here, is_at_rest=not wrong)
            wrong += [f"{name}: nothing of it was landed" for name in _missing(here, ended.run_id, told)] if day == DAY else []
            if wrong:
                break
        return wrong


def _failing(here: Path, run_id: str) -> list[str]:
    """Checks that failed in a run: of gate 1 whatever set something aside, of the others what stops. Not what providers no longer send."""
    with duckdb.connect(str(kept.work_file(here)), read_only=True) as connection:
        return [
            f"{check} of {table}: {observed[:300]}"
            for table, check, observed in connection.execute(
                "select table_name, check_name, observed from quality.check_results where run_id = ? and not passed and check_name <> ? "
                "and (gate = 'gate 1' or severity = 'block')",
                [run_id, HISTORY],
            ).fetchall()
        ]


def _missing(here: Path, run_id: str, told: Told) -> list[str]:
    """Wild inputs of which a run landed no row."""
    where = {wild.name: ("drop_bars", f"symbol = '{symbol(n)}'") for n, wild in enumerate(told.stocks)}
    for name, wild in told.series.items():
        series = catalog()[name]
        table = FILLED.get(series.provider) or next(t for t, lines in wild.offer.now.items() if lines)
        where[wild.name] = table, f"{contracts()[table].symbol_column} = '{series.symbol}'" if series.provider in FILLED else "true"
    where |= {wild.name: (next(iter(wild.offer.now)), "true") for wild in told.files}
    with duckdb.connect(str(kept.work_file(here)), read_only=True) as connection:
        return [
            name
            for name, (table, of) in where.items()
            if not connection.execute(f"select 1 from raw.{table} where run_id = ? and {of} limit 1", [run_id]).fetchall()
        ]
