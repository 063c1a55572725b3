"""Two weeks of daily runs on the recorded providers, broken on some days, against one clean run as of the last day: the published hashes of
`marts` must be the same. Where a provider revised in between, the daily warehouse holds more vintages, and the difference is those rows.

Needs the recorded answers beside the checkout. Not for values of earlier days that move (no_repaint.py), and not for single faults (tests).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from bench.no_repaint import Compared, attempt, ends_equal, last_sessions
from pipelines import runner
from pipelines.resources.fingerprint import columns_of

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
class Ended:
    """`same_n` tables have equal hashes; `others` differ, with the rows that do; `unexplained_n` rows no revision explains."""

    same_n: int
    others: tuple[Compared, ...]
    unexplained_n: int


def replay(days: Sequence[date], folder: Path) -> Ended:
    """The days one after the other with their faults, the last one again in a fresh warehouse, and both compared."""
    shown = folder
    for n, day in enumerate(days):
        faults, is_published = WEEKS[(n - 1) % len(WEEKS)] if 0 < n < len(days) - 1 else ((), True)
        began = time.perf_counter()
        outcome, shown = attempt(folder / "daily", "live", day, faults)
        _expected(outcome, day, is_published)
        said = "published" if outcome.is_published else "stopped, as it should be"
        print(
            f"{day} ({n + 1} of {len(days)}): {said} in {time.perf_counter() - began:.0f} s; {', '.join(faults) or 'no fault'}", flush=True
        )
    outcome, whole = attempt(folder / "clean", "live", days[-1])
    _expected(outcome, days[-1], True)
    return end(shown, whole)


def end(daily: Path, clean: Path) -> Ended:
    """Hashes of every table of marts and reference as the manifests tell them; where they differ, row by row."""
    told = [json.loads((f.parent / "manifest.json").read_text(encoding="utf-8"))["tables"] for f in (daily, clean)]
    names = sorted(n for n in set(told[0]) | set(told[1]) if not n.startswith("quality."))
    differing = {n for n in names if told[0].get(n, {}).get("content_sha256") != told[1].get(n, {}).get("content_sha256")}
    held = {c.table: c for c in ends_equal(daily, clean)}
    others = tuple(held[n] for n in sorted(differing))
    return Ended(len(names) - len(differing), others, sum(c.differences_n for c in held.values()))


def extra_rows(daily: Path, clean: Path, table: str) -> int:
    """Rows of a table that the daily warehouse alone has."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{daily}' as daily (read_only); attach '{clean}' as clean (read_only)")
        names = ", ".join(n for n, _ in columns_of(connection, "clean", *table.split(".")))
        apart = f"select {names} from daily.{table} except all select {names} from clean.{table}"
        count: int = connection.execute(f"select count(*) from ({apart})").fetchall()[0][0]
    return count


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
    began, days = time.perf_counter(), last_sessions(options.sessions, options.until)
    with tempfile.TemporaryDirectory(prefix="faulty-days-") as temporary:
        folder = options.folder.resolve() if options.folder else Path(temporary)
        found = replay(days, folder)
        for one in found.others:
            daily, clean = (folder / w / "published" / "live" / "rotation.duckdb" for w in ("daily", "clean"))
            extra = extra_rows(daily, clean, one.table)
            print(f"  {one.table}: {extra:,} rows more, held by who looked each day; {one.differences_n:,} unexplained. {one.example}")
    print(
        f"{len(days)} sessions from {days[0]} to {days[-1]}: {found.same_n} tables of marts and reference with equal hashes, "
        f"{len(found.others)} with more vintages, {found.unexplained_n:,} rows unexplained. {time.perf_counter() - began:.0f} s."
    )
    return min(found.unexplained_n, 1)


if __name__ == "__main__":
    sys.exit(main())
