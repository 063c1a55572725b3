"""Two weeks of daily runs on the recorded providers, broken on some days, against one clean run as of the last day: the published hashes of
`marts` must be the same. Where a provider revised in between, the daily warehouse holds more vintages, and the difference is exactly
those rows: a clean warehouse that is given them ends in the same hashes.

Needs the recorded answers beside the checkout. Not for values of earlier days that move (no_repaint.py), and not for single faults (tests).
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from bench.no_repaint import REPLAY, attempt, last_sessions, warehouse
from pipelines import runner
from pipelines import settings as settings_module
from pipelines.contracts import TableContract, contracts
from pipelines.resources import dbt
from pipelines.resources.fingerprint import content_hash, tables_of
from pipelines.resources.warehouse import Warehouse

CHART, GRAPH = "query1.finance.yahoo.com/v8/finance/chart", "fred.stlouisfed.org/graph/fredgraph.csv"
# What is broken on the second, third, ... session, and whether that day is published all the same. The last session is a good day.
WEEKS: tuple[tuple[tuple[str, ...], bool], ...] = (
    ((f"{CHART}/IWM*=500:2", f"{GRAPH}*DGS10*=429:1"), True),  # passes when asked again
    ((f"{CHART}/IJR*=html", f"{GRAPH}*VIXCLS*=empty"), True),  # optional series: set aside for a day
    ((f"{CHART}/%5ERUT*=404",), False),  # a required one: the gate closes, readers keep the day before
    ((), True),
    (("mba.tuck.dartmouth.edu/*=cut", "www.econ.yale.edu/*=garbage"), True),
    ((f"{GRAPH}*DFEDTARU*=cut",), False),
    ((f"{CHART}/XL*=garbage", "api.tiingo.com/*=500"), True),
    ((f"{CHART}/*=429:3", "www.ishares.com/*=404"), True),
)


@dataclass(frozen=True)
class Seen:
    """What a raw table of the daily warehouse holds otherwise than that of one clean run.

    `vintage_n`: rows of vintages the provider had replaced before the clean run asked; `revised_n`: rows of values that were revised
    while somebody looked, the old one and the new one with the day it was known on; `withdrawn_n`: rows the provider no longer sends, as the
    last daily run counted them; `unexplained_n`: any other row, of either.
    """

    table: str
    vintage_n: int
    revised_n: int
    withdrawn_n: int
    unexplained_n: int

    @property
    def differences_n(self) -> int:
        return self.vintage_n + self.revised_n + self.withdrawn_n + self.unexplained_n


@dataclass(frozen=True)
class Ended:
    """`same_n` tables of marts and reference have equal hashes, `others` do not. `seen`: the raw tables that differ. `still`: the tables
    whose hashes differ even when the clean warehouse is given the rows of `seen`, and is built again."""

    same_n: int
    others: tuple[str, ...]
    seen: tuple[Seen, ...]
    still: tuple[str, ...]

    @property
    def unexplained_n(self) -> int:
        return len(self.still) + sum(s.unexplained_n for s in self.seen)


def replay(days: Sequence[date], folder: Path) -> Ended:
    """The days one after the other with their faults, the last one again in a fresh warehouse, and both compared."""
    for n, day in enumerate(days):
        faults, is_published = WEEKS[(n - 1) % len(WEEKS)] if 0 < n < len(days) - 1 else ((), True)
        began = time.perf_counter()
        outcome, _ = attempt(folder / "daily", "live", day, faults)
        _expected(outcome, day, is_published)
        said = "published" if outcome.is_published else "stopped, as it should be"
        print(
            f"{day} ({n + 1} of {len(days)}): {said} in {time.perf_counter() - began:.0f} s; {', '.join(faults) or 'no fault'}", flush=True
        )
    outcome, _ = attempt(folder / "clean", "live", days[-1])
    _expected(outcome, days[-1], True)
    return end(folder / "daily", folder / "clean")


def end(daily: Path, clean: Path) -> Ended:
    """Hashes of every table of marts and reference as the manifests of two warehouses tell them; where they differ, the rows of raw that
    do, and whether they are all there is to it: the clean warehouse is given them and built again."""
    told, once = contents(daily), contents(clean)
    others = _apart(told, once)
    seen = compare_raw(_work(daily), _work(clean))
    still = _apart(told, _built_with(daily, clean, [s.table for s in seen])) if others else ()
    return Ended(len(told | once) - len(others), others, tuple(seen), still)


def contents(folder: Path) -> dict[str, str]:
    """Content hash of every published table of marts and reference."""
    manifest = json.loads((folder / "published" / "live" / "manifest.json").read_text(encoding="utf-8"))
    return {name: t["content_sha256"] for name, t in manifest["tables"].items() if not name.startswith("quality.")}


def compare_raw(daily: Path, clean: Path) -> list[Seen]:
    """The raw tables of two working files that differ in what was observed or in the day it was known on."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{daily}' as daily (read_only); attach '{clean}' as clean (read_only)")
        found = [_compared(connection, c) for c in contracts().values() if c.name != "clock_day"]
    return [s for s in found if s.differences_n]


def _compared(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> Seen:
    name, observed = contract.name, ", ".join(f'"{c.name}"' for c in contract.columns)
    same_key, same_row = (
        " and ".join(f'other."{c}" is not distinct from apart."{c}"' for c in names)
        for names in (contract.key, [c.name for c in contract.columns])
    )
    is_vintage = f"apart.vintage not in (select vintage from clean.raw.{name})" if "vintage" in contract.key else "false"
    vintage_n, revised_n, more_n, less_n, counted_n = connection.execute(
        f"""
        with more as (select {observed}, known_on from daily.raw.{name} except all select {observed}, known_on from clean.raw.{name}),
        less as (select {observed}, known_on from clean.raw.{name} except all select {observed}, known_on from daily.raw.{name}),
        told as (
            select {is_vintage} as is_vintage,
                exists (from daily.raw.{name} as other where {same_key} and other.known_on <> apart.known_on) as is_revised
            from more as apart),
        untold as (
            select exists (from daily.raw.{name} as other where {same_row} and other.known_on > apart.known_on) as is_told_later
            from less as apart)
        select (select count(*) from told where is_vintage), (select count(*) from told where is_revised and not is_vintage),
            (select count(*) from told where not is_revised and not is_vintage), (select count(*) from untold where not is_told_later),
            (select coalesce(sum(withdrawn_rows), 0) from daily.quality.source_pulls where table_name = 'raw.{name}' and run_id = (
                select arg_max(run_id, pulled_at) from daily.quality.source_pulls where table_name = 'raw.{name}'))
        """
    ).fetchall()[0]
    withdrawn_n = min(more_n, counted_n)
    return Seen(name, vintage_n, revised_n, withdrawn_n, more_n - withdrawn_n + less_n)


def _built_with(daily: Path, clean: Path, tables: Sequence[str]) -> dict[str, str]:
    """Content hashes of the marts of a copy of the clean warehouse whose raw tables are those of the daily one."""
    folder = clean.with_name("completed")
    shutil.rmtree(folder, ignore_errors=True)
    _work(folder).parent.mkdir(parents=True)
    shutil.copyfile(_work(clean), _work(folder))
    with duckdb.connect(str(_work(folder))) as connection:
        connection.execute(f"attach '{_work(daily)}' as daily (read_only)")
        for table in tables:
            connection.execute(f"delete from raw.{table}; insert into raw.{table} by name from daily.raw.{table}")
    with warehouse(folder, None):
        settings = settings_module.settings()
        broken = [r for r in dbt.build(settings, "live", lambda _: None) if r.status in ("error", "fail")]
        if broken:
            raise SystemExit(f"{folder}: {broken[0].unique_id}: {broken[0].message}")
        with Warehouse(settings, "live").candidate() as connection:
            names = tables_of(connection, "rotation", ("marts", "reference"))
            return {f"{s}.{t}": content_hash(connection, "rotation", s, t)[1] for s, t in names}


def _apart(one: dict[str, str], other: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in one | other if one.get(name) != other.get(name)))


def _work(folder: Path) -> Path:
    return folder / "work" / "live" / "work.duckdb"


def _expected(outcome: runner.Outcome, day: date, is_published: bool) -> None:
    if outcome.is_published != is_published:
        should = "be published" if is_published else "be stopped"
        raise SystemExit(f"{day} should {should}, and was not. " + " | ".join(outcome.failures))


def main() -> int:
    """Replay; 1 where a row differs that no revision explains."""
    parser = argparse.ArgumentParser(description="Daily runs on broken providers must end as one clean run does.")
    parser.add_argument("--sessions", type=int, default=10, help="sessions to replay (default: 10, two weeks)")
    parser.add_argument("--until", type=date.fromisoformat, default=date(2026, 1, 9), help="last session (default: 2026-01-09)")
    parser.add_argument("--folder", type=Path, help="where to work; kept. Default: a temporary folder, removed")
    options = parser.parse_args()
    if options.sessions < 2:
        parser.error(f"--sessions: expected 2 or more, found {options.sessions}.")
    if not (REPLAY / "world").exists():
        parser.error(f"there are no recorded answers of the providers at {REPLAY}, and the sample market has no network to break.")
    began, days = time.perf_counter(), last_sessions(options.sessions, options.until)
    with tempfile.TemporaryDirectory(prefix="faulty-days-") as temporary:
        found = replay(days, options.folder.resolve() if options.folder else Path(temporary))
    tell(found)
    print(
        f"{len(days)} sessions from {days[0]} to {days[-1]}: {found.unexplained_n:,} differences unexplained. {time.perf_counter() - began:.0f} s."
    )
    return min(found.unexplained_n, 1)


def tell(found: Ended) -> None:
    """What is equal, what is not, and why."""
    print(
        f"{found.same_n} tables of marts and reference with equal hashes, {len(found.others)} with others: {', '.join(found.others) or 'none'}"
    )
    for s in found.seen:
        print(
            f"  raw.{s.table}: held by who looked each day {s.vintage_n:,} rows of replaced vintages, {s.revised_n:,} of revised values, "
            f"{s.withdrawn_n:,} no longer sent; {s.unexplained_n:,} rows unexplained"
        )
    if found.others:
        print(
            f"  given those rows, one clean build has {', '.join(found.still) or 'the same hashes in every table'}{' otherwise' if found.still else ''}"
        )


if __name__ == "__main__":
    sys.exit(main())
