"""`make lake-speed`: a publication into a DuckLake against copying the same file, alternating in one run. Not for what many writers do (tests)."""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from bench.own_postgres import server
from pipelines.resources.lake import lake, publish
from pipelines.resources.publication import Publication
from pipelines.settings import load_settings

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    publication = Publication(load_settings().published("sample"))
    manifest = publication.manifest()
    assert manifest is not None, "publish the sample first: make run"
    with server() as conninfo, tempfile.TemporaryDirectory() as folder:
        there = lake(load_settings(lake=conninfo, lake_data=f"{folder}/lake"))
        assert there is not None
        taken: dict[str, list[float]] = {}
        for number in range(rounds):
            facts = manifest | {"run_id": f"round-{number}"}
            _timed(taken, "into the lake", lambda facts=facts: publish(there, publication.database, facts))
            _timed(taken, "into another DuckDB file", lambda n=number: _tables(publication.database, Path(folder) / f"{n}.duckdb"))
            _timed(taken, "the file's bytes", lambda n=number: shutil.copyfile(publication.database, Path(folder) / f"{n}.copy"))
        size = sum(p.stat().st_size for p in Path(folder, "lake").rglob("*.parquet")) / rounds
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, seconds in taken.items():
        ratio = medians["into the lake"] / medians[name]
        print(f"{name}: median {medians[name]:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}); the lake is {ratio:.1f} times that")
    print(
        f"{rounds} rounds; a publication is {size / 2**20:.0f} MiB in the lake, {publication.database.stat().st_size / 2**20:.0f} MiB as a file"
    )


def _timed(taken: dict[str, list[float]], name: str, work: Callable[[], object]) -> None:
    started = time.perf_counter()
    work()
    taken.setdefault(name, []).append(time.perf_counter() - started)


def _tables(source: Path, target: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{source}' as source (read_only); attach '{target}' as target; copy from database source to target")
    target.unlink()


if __name__ == "__main__":
    main()
