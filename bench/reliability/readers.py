"""Readers in a loop while one publication follows the other. Not for what a single reader is promised (tests)."""

import json
import multiprocessing
import random
import time
from pathlib import Path

import duckdb

from bench.reliability import numbered
from bench.reliability.row import Row, Tell
from pipelines.resources.publication import MANIFEST, PARQUET
from pipelines.resources.warehouse import read_only

PROCESSES = 8
SOME = 5  # failures told in full by each reader


def run(count: int, folder: Path, tell: Tell) -> Row:
    """`count` publications, each read by all; a read that fails, mixes two releases or goes back in time is a failure."""
    market = numbered.begin(folder / "market")
    numbered.publish(market, 1)
    ways = multiprocessing.get_context("fork")
    stop = folder / "stop"
    at_work = [ways.Process(target=_read, args=(market, stop, folder / f"reader-{n}.json", n)) for n in range(PROCESSES)]
    for one in at_work:
        one.start()
    failures = []
    try:
        for number in range(2, count + 2):
            tell(f"{number - 1} of {count} publications")
            numbered.publish(market, number)
    finally:
        stop.touch()
        for one in at_work:
            one.join()
    found = []
    for n, one in enumerate(at_work):
        told = folder / f"reader-{n}.json"
        if one.exitcode != 0 or not told.exists():
            failures.append(f"reader {n} ended with {one.exitcode}")
        else:
            found.append(json.loads(told.read_text(encoding="utf-8")))
            failures += [] if found[-1]["reads"] else [f"reader {n} read nothing"]
    failures += [f for told in found for f in told["failures"]]
    reads, held = (sum(told[k] for told in found) for k in ("reads", "held"))
    seen = len({n for told in found for n in told["numbers"]})
    failures += [] if seen >= count else [f"only {seen} of {count + 1} releases were read by anybody: the readers were too slow to try it"]
    return Row(
        f"readers in a loop during publications ({PROCESSES} processes)", count, tuple(failures),
        f"{reads:,} reads, {held:,} of them over a publication that came meanwhile; {seen} of {count + 1} releases were read",
    )  # fmt: skip


def _read(market: Path, stop: Path, told: Path, seed: int) -> None:
    here, pause = numbered.publication(market), random.Random(seed)  # noqa: S311 (pauses, no secrets)
    reads = held = last = 0
    numbers: set[int] = set()
    failures: list[str] = []
    while not stop.exists():
        try:
            manifest = int(json.loads((here.folder / MANIFEST).read_text(encoding="utf-8"))["run_id"].removeprefix("run-"))
            number = numbered.number_read(here.database)
            if not last <= manifest <= number:  # the manifest is written last, so the database is never behind one read before it
                failures.append(f"reader {seed}: release {number} after manifest {manifest} and release {last}")
            with read_only(here.database) as connection:
                before = connection.execute("select min(number) from marts.one").fetchall()
                time.sleep(pause.uniform(0, 0.3))
                after = connection.execute("select max(number) from marts.two").fetchall()
            if before != after:
                failures.append(f"reader {seed}: a connection that stayed open read {before} and then {after}")
            held += numbered.number_read(here.database) != before[0][0]
            low, high = duckdb.execute(
                "select min(number), max(number) from read_parquet(?)", [str(here.folder / PARQUET / "marts/two.parquet")]
            ).fetchall()[0]
            if low != high or low < manifest:
                failures.append(f"reader {seed}: a Parquet file of releases {low} to {high} after manifest {manifest}")
        except Exception as problem:  # noqa: BLE001 (whatever a reader meets is what is counted)
            failures.append(f"reader {seed}: {type(problem).__name__}: {problem}")
            continue
        reads, last = reads + 4, number
        numbers.add(number)
    told.write_text(json.dumps({"reads": reads, "held": held, "numbers": sorted(numbers), "failures": failures[:SOME]}), encoding="utf-8")
