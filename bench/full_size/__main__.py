"""`make bench`: measure the rows asked for, print the table, write the results. Exit code 1 only where two sides' results differ."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

from rich.console import Console

from bench.full_size import contests, whole
from bench.full_size.bars import Size
from bench.full_size.ground import Ground
from bench.full_size.marks import MARKS
from bench.full_size.results import Results, show
from bench.full_size.rounds import Held
from bench.full_size.same import DifferentError
from bench.full_size.side import SideFailedError

RESULTS = Path(__file__).resolve().parent.parent / "results.json"
FEWEST_ROUNDS = 5
Contest = Callable[[Ground, Collection[str], int], Held]
CONTESTS: dict[str, tuple[Contest, tuple[str, ...]]] = {
    "peers": (
        contests.peers,
        ("derive_vs_pandas", "derive_vs_polars", "derive_vs_talib", "derive_vs_window_sql", "derive_vs_copy", "rss_vs_pandas"),
    ),
    "limit": (contests.limit, ("limit_2gb_vs_free", "limit_2gb_peak_gb")),
    "daily": (contests.daily, ("daily_vs_full",)),
    "questions": (whole.questions, ("query_vs_raw", "readers_8_vs_1")),
    "landing": (whole.landing, ("ingest_vs_ctas", "gates_share")),
    "runs": (whole.runs, ("run_vs_dbt_build",)),
    "growth": (contests.growth, ("growth_symbols_2x", "growth_years_2x", "growth_4x")),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 where two sides differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.full_size", description="Ratios at full size, from paired, alternating rounds.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(MARKS)}; all by default")
    parser.add_argument("--symbols", type=int, default=Size.symbols, help="symbols of both universes together (default: 3000)")
    parser.add_argument("--years", type=int, default=Size.years, help="years of daily bars (default: 25)")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS, help="rounds of each contest that count (default and least: 5)")
    parser.add_argument(
        "--out",
        type=Path,
        default=RESULTS,
        help="where to write the results (default: bench/results.json); other rows in it stay where size, rounds, cores and versions are the same",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - set(MARKS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}. There are {', '.join(MARKS)}.")
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: expected {FEWEST_ROUNDS} or more, found {options.rounds}: fewer say nothing of how far they scatter.")
    return measure(options.rows or list(MARKS), Size(options.symbols, options.years), options.rounds, options.out, Console())


def measure(rows: Collection[str], size: Size, rounds: int, out: Path, console: Console) -> int:
    """Run the contests of the rows. One that cannot be run, or whose sides differ, counts as missed, and the others go on."""
    results, differ = Results(size, rounds), False
    results.after(out)

    def tell(said: str) -> None:
        console.print(said, markup=False, highlight=False)

    with tempfile.TemporaryDirectory(prefix="rotation-bench-") as folder:
        ground = Ground(Path(folder), size, tell)
        for name, (contest, keys) in CONTESTS.items():
            asked = [key for key in keys if key in rows]
            if not asked:
                continue
            tell(f"{name}: {', '.join(asked)}")
            try:
                results.contests[name] = contest(ground, asked, rounds)
            except SideFailedError as reason:
                tell(f"{reason}\n{reason.said}")
                results.failed |= dict.fromkeys(asked, str(reason))
            except DifferentError as reason:
                tell(f"NOT MEASURED: the sides of {name} differ. {reason}")
                results.failed |= dict.fromkeys(asked, f"the sides differ: {reason}")
                differ = True
            results.rows = ground.rows.get(size, 0)
            results.write(out)  # a run that is cut short has what it measured
    show(results.as_json(), console)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
