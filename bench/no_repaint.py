"""No repaint, shown: sessions are published one after the other, and what was published of every earlier day must stand, row for row;
at the end the last publication must equal one build over all of history in a fresh warehouse. Not for judging a single run (gate 3 does).

What is compared is ruled by columns, not by lists of tables:
- a table with a day and no as_of_date tells each day once: of every earlier day its rows must be equal in both directions;
- in a table with known_on a row may appear late, if it says so by a later known_on, or that there is nothing to know by an empty one;
  what was published stands all the same;
- a table with vintage or list_date keeps every file or list that was seen; a fresh build sees the newest, and is held against that at the end;
- a table with superseded_on lists what was replaced: who looked each day saw more of it, so the fresh build's rows must be among them;
- a column definitions_shown lists what every vintage held gives, and snapshot_date in quality names the list of tickers that was matched, of
  which a provider shows one at a time: both are left out at the end for the same reason;
- a table with run_id is the log of runs: it grows with each, and is left out. Everything else is compared at the end.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from pipelines import runner
from pipelines import settings as settings_module
from pipelines.checks.past import DATE_COLUMNS
from pipelines.resources.fingerprint import columns_of, content_hash, tables_of
from pipelines.settings import ROOT, Mode
from pipelines.sources import exchange

SCHEMAS = ("marts", "reference", "quality")
REPLAY = ROOT.parent / "shared" / "replay"
DROPS = {"R2000": "adj_close_r2000_sample_312.parquet", "SP500": "adj_close_sp500_sample_165.parquet"}
LAST_SESSION = date(2026, 1, 9)  # the sample market ends here, and the recorded one is best known here
SEEN_BY_DAY = ("definitions_shown", "snapshot_date")
COMPARED_HERE = dict.fromkeys(("past_values_stay", "row_counts_do_not_shrink"), "compared row by row by the replay that runs this")


@dataclass(frozen=True)
class Compared:
    """The past of one table in two publications: its rows in the earlier one, those gone from the later one, those that appeared in it."""

    table: str
    rows_n: int
    gone_n: int
    appeared_n: int
    example: str = ""

    @property
    def differences_n(self) -> int:
        return self.gone_n + self.appeared_n


def _is_log(names: Sequence[str]) -> bool:
    return "run_id" in names


def dated(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[str, list[str]]]:
    """Tables that tell each day once, with the column of the day and all columns."""
    found = {}
    for schema, table in tables_of(connection, database, SCHEMAS):
        names = [name for name, _ in columns_of(connection, database, schema, table)]
        day = next((c for c in DATE_COLUMNS if c in names), None)
        if day and "as_of_date" not in names and not _is_log(names):
            found[f"{schema}.{table}"] = (day, names)
    return found


def past(before: Path, after: Path, until: date) -> list[Compared]:
    """Every table that tells days, as both publications tell those up to `until`."""
    compared = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only); attach '{after}' as after (read_only)")
        tables = dated(connection, "before")
        if set(tables) != set(dated(connection, "after")):
            raise SystemExit(f"{before} and {after} do not hold the same tables: they were made by different versions of the models.")
        for table, (day, names) in tables.items():
            told = f"where {day} <= date '{until}'"
            compared.append(_compare(connection, table, told, f"{told} and known_on <= date '{until}'" if "known_on" in names else told))
    return compared


def _compare(connection: duckdb.DuckDBPyConnection, table: str, stands: str = "", may_not_appear: str = "", columns: str = "*") -> Compared:
    """Rows of `before` that `after` lacks, and rows of `after` that `before` lacks though it should have had them."""
    rows_n = connection.execute(f"select count(*) from before.{table} {stands}").fetchall()[0][0]
    counts, example = [], ""
    for one, rows, other in (("before", stands, "after"), ("after", may_not_appear, "before")):
        apart = f"(select {columns} from {one}.{table} {rows} except all select {columns} from {other}.{table} {stands}) as row"
        ((count, first),) = connection.execute(f"select count(*), min(to_json(row)::varchar) from {apart}").fetchall()
        counts.append(count)
        example += f" {one}: {first}" if count else ""
    return Compared(table, rows_n, counts[0], counts[1], example.strip())


def ends_equal(stepwise: Path, whole: Path) -> list[Compared]:
    """Every table but the logs, by content hash; where it differs, the rows that do."""
    compared = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{stepwise}' as before (read_only); attach '{whole}' as after (read_only)")
        for schema, table in tables_of(connection, "after", SCHEMAS):
            names, name = [c for c, _ in columns_of(connection, "after", schema, table)], f"{schema}.{table}"
            if _is_log(names):
                continue
            rows_n, digest = content_hash(connection, "before", schema, table)
            kept = next((c for c in ("vintage", "list_date") if c in names), None)
            seen = f"where {kept} in (select {kept} from after.{name})" if kept else ""
            same = (rows_n, digest) == content_hash(connection, "after", schema, table)
            told = ", ".join(c for c in names if c not in SEEN_BY_DAY)
            found = Compared(name, rows_n, 0, 0) if same else _compare(connection, name, seen, seen, told)
            compared.append(replace(found, gone_n=0) if "superseded_on" in names else found)
    return compared


@contextmanager
def warehouse(folder: Path, mirror: str | None) -> Iterator[None]:
    """The settings of this process point to this folder, for as long as the block lasts."""
    wanted = {"ROTATION_WAREHOUSE": str(folder), "ROTATION_KEEP_PUBLICATIONS": "2"}
    wanted |= {"ROTATION_MIRROR": mirror, "ROTATION_TIINGO_TOKEN": "any", "ROTATION_STOOQ_KEY": "any"} if mirror else {}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    settings_module.settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        settings_module.settings.cache_clear()


@contextmanager
def provider(mode: Mode, day: date, faults: Sequence[str] = ()) -> Iterator[str | None]:
    """The recorded providers as of a day, or nobody: the sample market answers for itself. `faults` break them (serve.py --help)."""
    if mode == "sample":
        yield None
        return
    command = [
        sys.executable,
        str(REPLAY / "serve.py"),
        "--port",
        "0",
        "--as-of",
        str(day),
        *(word for f in faults for word in ("--fault", f)),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.kill()  # it holds nothing: its answers are files


def publish(folder: Path, mode: Mode, day: date) -> Path:
    """One whole run into a warehouse; the file it published."""
    outcome, file = attempt(folder, mode, day)
    if not outcome.is_published:
        raise SystemExit(f"{mode}, {day}: not published. " + " | ".join(outcome.failures))
    return file


def attempt(folder: Path, mode: Mode, day: date, faults: Sequence[str] = ()) -> tuple[runner.Outcome, Path]:
    """One whole run into a warehouse, and the file readers see after it."""
    if mode == "live":
        for universe, name in DROPS.items():
            target = folder / "drop" / "bars" / universe / name
            if not target.exists():
                target.parent.mkdir(parents=True)
                shutil.copyfile(REPLAY / "world" / "drops" / name, target)
    with provider(mode, day, faults) as mirror, warehouse(folder, mirror):
        outcome = runner.run(runner.run_config(mode, day, accept=COMPARED_HERE), keep_events=False)
        return outcome, settings_module.settings().published(mode) / "rotation.duckdb"


def replay(mode: Mode, days: Sequence[date], folder: Path) -> int:
    """Publish day after day, compare each with the one before and the last with one build over everything; how many rows differ.
    A replay that was interrupted in this folder goes on with the session after the last one compared."""
    kept, step, differences_n, rows_n, tables = folder / "before.duckdb", folder / "stepwise", 0, 0, set()
    start = time.perf_counter()
    done = _day_of(kept) if kept.exists() else None
    if done is not None and done not in days:
        raise SystemExit(
            f"{folder} holds a replay that stands at {done}, which is not among the sessions asked for. Empty it, or ask for those."
        )
    first = days.index(done) + 1 if done else 0
    if first:
        print(f"{mode}: goes on after {done}; what was compared before is not told again", flush=True)
    for n, day in list(enumerate(days))[first:]:
        began = time.perf_counter()
        shown = publish(step, mode, day)
        said = f"{mode} {day} ({n + 1} of {len(days)}): published in {time.perf_counter() - began:.0f} s"
        if n:
            compared = past(kept, shown, days[n - 1])
            tables |= {c.table for c in compared}
            rows_n += sum(c.rows_n for c in compared)
            differences_n += _tell(said, "rows of earlier days", compared)
        else:
            print(said, flush=True)
        copied = shutil.copyfile(shown, kept.with_suffix(".new"))
        copied.replace(kept)
    whole = publish(folder / "whole", mode, days[-1])
    ended = ends_equal(kept, whole)
    differences_n += _tell(f"{mode} {days[-1]}: one build over all of history in a fresh warehouse", "rows in all", ended)
    seconds = time.perf_counter() - start
    print(
        f"{mode}: {len(days)} sessions from {days[0]} to {days[-1]}, {len(tables)} tables told by day, {rows_n:,} rows of earlier days compared "
        f"both ways, {len(ended)} tables held against the single build: {differences_n:,} differences. {seconds:.0f} s.",
        flush=True,
    )
    return differences_n


def _day_of(file: Path) -> date:
    """The as-of day of a published file."""
    with duckdb.connect(str(file), read_only=True) as connection:
        day: date = connection.execute("select max(as_of_date) from marts.dim_metric").fetchall()[0][0]
    return day


def _tell(said: str, what: str, compared: Sequence[Compared]) -> int:
    found = sum(c.differences_n for c in compared)
    print(f"{said}; {len(compared)} tables, {sum(c.rows_n for c in compared):,} {what}, {found:,} differences", flush=True)
    for c in compared:
        if c.differences_n:
            print(f"  {c.table}: {c.gone_n:,} rows gone, {c.appeared_n:,} appeared; {c.example}", flush=True)
    return found


def last_sessions(count: int, until: date) -> list[date]:
    """The last sessions of the exchange up to a day."""
    return list(exchange.sessions(until - timedelta(days=2 * count + 10), until)["session_date"][-count:])


def main() -> int:
    """Replay the markets asked for; 1 at any difference."""
    parser = argparse.ArgumentParser(description="Publish sessions one at a time and compare every earlier day, row by row.")
    parser.add_argument("--sessions", type=int, default=60, help="sessions to replay (default: 60)")
    parser.add_argument("--until", type=date.fromisoformat, default=LAST_SESSION, help=f"last session (default: {LAST_SESSION})")
    parser.add_argument("--market", choices=["sample", "recorded", "all"], default="all", help="default: all that are there")
    parser.add_argument(
        "--folder", type=Path, help="where to work and to go on after an interruption; default: a temporary folder, removed"
    )
    options = parser.parse_args()
    if options.sessions < 2:
        parser.error(f"--sessions: expected 2 or more, found {options.sessions}: one session alone has no past to compare.")
    recorded = (REPLAY / "world").exists()
    if options.market == "recorded" and not recorded:
        parser.error(f"--market recorded: there are no recorded answers at {REPLAY}. Use --market sample.")
    wanted: list[Mode] = [] if options.market == "recorded" else ["sample"]
    wanted += ["live"] if recorded and options.market != "sample" else []
    if not recorded:
        print("No recorded answers of the providers beside this checkout: the sample market alone.")
    days, differences_n = last_sessions(options.sessions, options.until), 0
    for mode in wanted:
        with tempfile.TemporaryDirectory(prefix="no-repaint-") as folder:
            work = options.folder.resolve() / mode if options.folder else Path(folder)
            work.mkdir(parents=True, exist_ok=True)
            differences_n += replay(mode, days, work)
    return min(differences_n, 1)


if __name__ == "__main__":
    sys.exit(main())
