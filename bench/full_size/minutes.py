"""Generated minute bars made into the daily bars that everything else reads, and what a bar costs in bytes and processor time. Not for deriving (derive.py).

`python -m bench.full_size.minutes`: docs/scale.md reckons with its numbers. Days are made one at a time, as they would come; what a day's file gives
is held against Polars.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

MINUTES = 390  # of a regular session
DAILY = (
    "select symbol, session_date, arg_min(open, minute) as open, max(high) as high, min(low) as low, arg_max(close, minute) as close, "
    "sum(volume) as volume from read_parquet(?) group by symbol, session_date"
)


@dataclass(frozen=True)
class Cost:
    """What so many minute bars took: bytes on disk, seconds of processor and clock to make daily bars of them."""

    rows: int
    bytes_: int
    cpu: float
    wall: float


def write(file: Path, symbols: int, day: int) -> None:
    """One day's minute bars, sorted by symbol and minute: prices to the cent that go some way from the minute before."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                with steps as (
                    select s, minute, hash(s, {day}, minute) as h, ((h >> 8) % 41)::bigint - 20 as step
                    from range({symbols}) as a(s), range({MINUTES}) as b(minute)
                ),
                walk as (
                    select *, 10 + s % 190 + greatest(-500, sum(step) over (partition by s order by minute)) / 100 as close from steps
                )
                select
                    'S' || lpad(s::varchar, 5, '0') as symbol, date '2026-01-01' + {day} as session_date, minute::smallint as minute,
                    round(close - step / 100, 2) as open, round(greatest(close, open) + (h % 7) / 100, 2) as high,
                    round(least(close, open) - (h % 5) / 100, 2) as low, round(close, 2) as close, (h % 20000)::integer as volume
                from walk order by s, minute
            ) to '{file}' (format parquet, compression zstd)
            """
        )


def measure(folder: Path, symbols: int, days: int) -> Cost:
    """Make daily bars of every day's file; shape (symbols x days, 7). The first day's are held against Polars.

    Raises:
        AssertionError: Polars says otherwise.
    """
    rows, size, cpu, wall = 0, 0, 0.0, 0.0
    for day in range(days):
        file = folder / f"{day}.parquet"
        write(file, symbols, day)
        with duckdb.connect() as connection:
            before = time.process_time(), time.perf_counter()
            made: pl.DataFrame = connection.sql(DAILY, params=[str(file)]).pl()
            cpu, wall = cpu + time.process_time() - before[0], wall + time.perf_counter() - before[1]
        if day == 0:
            same(made, file)
        rows, size = rows + symbols * MINUTES, size + file.stat().st_size
        file.unlink()
    return Cost(rows, size, cpu, wall)


def same(made: pl.DataFrame, file: Path) -> None:
    """Hold daily bars against those that Polars makes of the same file."""
    bar = (
        pl.scan_parquet(file)
        .sort("symbol", "minute")
        .group_by("symbol", "session_date")
        .agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(), pl.col("volume").cast(pl.Int64).sum()
        )
        .sort("symbol")
        .collect()
    )
    ours = made.sort("symbol").with_columns(pl.col("volume").cast(pl.Int64)).select(bar.columns)
    if not ours.equals(bar):
        raise AssertionError("DuckDB and Polars make different daily bars of the same minutes")


def main() -> None:
    """Print what a bar costs."""
    parser = argparse.ArgumentParser(prog="python -m bench.full_size.minutes", description="What minute bars cost, a day at a time.")
    parser.add_argument("--symbols", type=int, default=5000)
    parser.add_argument("--days", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rotation-minutes-") as folder:
        cost = measure(Path(folder), options.symbols, options.days)
    print(
        f"{cost.rows:,} minute bars, {os.cpu_count()} cores: {cost.bytes_ / cost.rows:.1f} bytes a bar as Parquet, "
        f"{cost.cpu / cost.rows * 1e6:.3f} µs of processor a bar for daily bars, {cost.wall:.1f} s in all"
    )


if __name__ == "__main__":
    main()
