"""Deriving held against peers, against itself at other sizes and limits, and a day against all of them. Not for landing, reading or whole runs.

A contest takes the keys that are asked for and runs the sides that these need; every ratio is of sides of the same round.
"""

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from bench.full_size.bars import LAST, Size
from bench.full_size.ground import Ground, hold
from bench.full_size.rounds import Held, alternate, held, times
from bench.full_size.side import Taken, run
from pipelines.sources.exchange import sessions

GB = 1e9
LIMIT = "2GB"
PEERS = {"derive_vs_pandas": "pandas", "derive_vs_polars": "polars", "derive_vs_talib": "talib", "derive_vs_window_sql": "window_sql"}
MODULES = {"pandas": "peers.pandas_side", "polars": "peers.polars_side", "talib": "peers.talib_side", "window_sql": "peers.window_sql"}


def peers(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """The models against who computes the same in other ways, and against a copy of the raw table."""
    warehouse, data = ground.warehouse(ground.size), ground.data(ground.size)
    asked = [peer for key, peer in PEERS.items() if key in keys or (peer == "pandas" and "rss_vs_pandas" in keys)]
    raw, copy = warehouse / "work" / "sample" / "work.duckdb", ground.folder / "copy.duckdb"

    def peer(name: str) -> Callable[[], Taken]:
        return lambda: run(MODULES[name], data=str(data), out=str(ground.folder / f"{name}.parquet"))

    sides: dict[str, Callable[[], Taken]] = {"derive": lambda: ground.derive(warehouse)} | {name: peer(name) for name in asked}
    if "derive_vs_copy" in keys:
        sides["copy"] = lambda: run("copied", source=str(raw), target=str(copy))

    def same(_: Mapping[str, Taken]) -> None:
        for name in asked:
            hold("peer", warehouse, ground.folder / f"{name}.parquet", f"derive and {name}")
        if "copy" in sides:
            hold("raw", raw, copy, "the copy of the raw table")

    taken = alternate(sides, rounds, same, ground.tell)
    copy.unlink(missing_ok=True)
    ratios = {key: times(taken, "derive", name) for key, name in (PEERS | {"derive_vs_copy": "copy"}).items() if key in keys}
    if "rss_vs_pandas" in keys:
        ratios["rss_vs_pandas"] = [a.peak_bytes / b.peak_bytes for a, b in zip(taken["derive"], taken["pandas"], strict=True)]
    models = {name: [one.said["models"][name] for one in taken["derive"]] for name in taken["derive"][0].said["models"]}
    return replace(held(taken, ratios), models=models)


def growth(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """The models at twice the symbols, twice the years, and both. What is derived of each size is held against window SQL first."""
    symbols, years = ground.size.symbols, ground.size.years
    larger = {
        "growth_symbols_2x": Size(2 * symbols, years),
        "growth_years_2x": Size(symbols, 2 * years),
        "growth_4x": Size(2 * symbols, 2 * years),
    }
    sizes = {"derive 1x": ground.size} | {key: size for key, size in larger.items() if key in keys}
    warehouses = {name: ground.warehouse(size) for name, size in sizes.items()}

    def side(name: str) -> Callable[[], Taken]:
        return lambda: ground.derive(warehouses[name])

    def same(_: Mapping[str, Taken]) -> None:
        for name, size in sizes.items():
            out = ground.folder / "growth.parquet"
            run(MODULES["window_sql"], data=str(ground.data(size)), out=str(out))
            hold("peer", warehouses[name], out, f"{name} and window SQL")

    taken = alternate({name: side(name) for name in sizes}, rounds, same, ground.tell)
    for size in larger.values():
        ground.free(size)
    return held(taken, {key: times(taken, key, "derive 1x") for key in larger if key in keys})


def limit(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """The models within 2 GB against as much as a run takes by default, each in a warehouse of its own."""
    free, narrow = ground.warehouse(ground.size), ground.folder / "narrow"
    shutil.copytree(free, narrow)

    def same(first: Mapping[str, Taken]) -> None:
        hold("tables", free, narrow, "derive within 2 GB", names=first["derive"].said["tables"])

    sides = {"derive": lambda: ground.derive(free), "derive within 2 GB": lambda: ground.derive(narrow, LIMIT)}
    taken = alternate(sides, rounds, same, ground.tell)
    shutil.rmtree(narrow)
    peaks = [one.peak_bytes / GB for one in taken["derive within 2 GB"]]
    ratios = {"limit_2gb_vs_free": times(taken, "derive within 2 GB", "derive"), "limit_2gb_peak_gb": peaks}
    return held(taken, {key: ratios[key] for key in keys})


def daily(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """The last day of all symbols added to a warehouse that has derived all days before it, against deriving all of them.

    The day before is kept as files, and each round begins with a copy of them. What a run always builds anew before the models is not timed.
    """
    full, before, work = ground.warehouse(ground.size), ground.folder / "day-before", ground.folder / "day"
    previous = str(sessions(LAST - timedelta(days=10), LAST)["session_date"][-2])
    data = str(ground.data(ground.size))
    ground.filled(before, ground.size, previous)
    ground.derive(before)

    def day() -> Taken:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work)
        return ground.derive(work, what="daily", data=data, after=previous, until=str(LAST))

    def same(first: Mapping[str, Taken]) -> None:
        hold("tables", full, work, "a day added and everything derived", names=first["derive"].said["tables"])

    taken = alternate({"derive": lambda: ground.derive(full), "a day": day}, rounds, same, ground.tell)
    for folder in (before, work):
        shutil.rmtree(folder)
    return held(taken, {key: times(taken, "a day", "derive") for key in keys})
