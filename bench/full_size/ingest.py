"""Dropped files landed through gate 1 into raw, by the asset that a run lands them by; and the same files by a bare CREATE TABLE AS. Not for deriving.

The checks' share is the time within what judges a batch: what it is held against, the columns derived for the checks, the expectations.
"""

import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from bench.full_size.bars import LAST, glob
from bench.full_size.fill import set_the_day
from pipelines.assets.landing import batch
from pipelines.assets.landing.assets import drop_assets
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions, Sources
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import settings

CHECKS = ("look_around", "derive", "continued", "validate")
COLUMNS = "collection, symbol, session_date, open, high, low, close, volume"


def work(what: str, data: str, target: str) -> dict[str, Any]:
    """`land`: into a new warehouse, which the environment names. `ctas`: into a new DuckDB file."""
    if what == "ctas":
        Path(target).unlink(missing_ok=True)
        with duckdb.connect(target) as connection:
            connection.execute(f"create schema raw; create table raw.drop_bars as select {COLUMNS} from read_parquet('{glob(Path(data))}')")
        return {}
    shutil.rmtree(target, ignore_errors=True)
    with Warehouse(settings(), "live").work() as connection:
        set_the_day(connection, date.min, LAST)
    checks = {name: _timed(name) for name in CHECKS}
    start = time.perf_counter()
    landed = dg.materialize([drop_assets()], resources={"options": RunOptions(sources=Sources.LIVE), "providers": Providers()})
    seconds = time.perf_counter() - start
    failed = [
        f"{e.asset_key.to_user_string()} {e.check_name}: {e.description}" for e in landed.get_asset_check_evaluations() if not e.passed
    ]
    if failed:
        raise RuntimeError(f"Generated files were refused: {failed[0]}")
    return {"seconds": seconds, "checks_seconds": sum(sum(times) for times in checks.values())}


def _timed(name: str) -> list[float]:
    """What judges a batch calls this function; from now on its time is noted."""
    taken: list[float] = []
    function: Callable[..., Any] = getattr(batch, name)

    def noting(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            taken.append(time.perf_counter() - start)

    setattr(batch, name, noting)
    return taken
