"""`make reliability`: every row of the table tried, printed with its counts; exits with 1 where one ended as it must not. Not for the rows themselves."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.reliability.row import NotHereError
from bench.reliability.trials import trials

out = Console(highlight=False)


def main() -> int:
    """Try the rows asked for, all by default, at the full counts or, with --few, at those of CI."""
    known = {t.name: t for t in trials()}
    parser = argparse.ArgumentParser(prog="bench.reliability")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--few", action="store_true", help="the counts of CI")
    asked = parser.parse_args()
    unknown = sorted(set(asked.rows) - set(known))
    if unknown:
        parser.error(f"unknown rows {', '.join(unknown)}; known are {', '.join(known)}")
    table = Table("what was tried", "tries", "at least", "failed", "minutes", "counted beside", title="Reliability", title_justify="left")
    failed = []
    for name in asked.rows or known:
        trial = known[name]
        wanted = trial.few if asked.few else trial.full
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix=f"rotation-{name}-") as folder, out.status(name) as status:
            try:
                row = trial.run(wanted, Path(folder), lambda text, name=name, status=status: status.update(f"{name}: {text}"))
            except NotHereError as reason:
                out.print(f"{name}: not tried, {reason}")
                continue
        minutes = (time.perf_counter() - started) / 60
        is_short = row.done < wanted
        failed += [f"{name}: {f}" for f in row.failures] + ([f"{name}: {row.done} tries, wanted {wanted}"] if is_short else [])
        table.add_row(row.tried, f"{row.done:,}", f"{wanted:,}", str(len(row.failures)), f"{minutes:.1f}", row.said)
        out.print(f"{name}: {row.done:,} tries, {len(row.failures)} failed, {minutes:.1f} min. {row.said}")
    out.print(table)
    for one in failed:
        out.print(f"[red]{one}[/red]", soft_wrap=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
