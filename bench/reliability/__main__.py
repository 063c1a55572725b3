"""`make reliability`: every row of the table tried, printed with its counts; exits with 1 where one ended as it must not. Not for the rows themselves."""

import argparse
import os
import sys
import time
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from bench.reliability.side_by_side import Ended, side_by_side
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
    named = [known[name] for name in asked.rows or known]
    counts = {t.name: t.few if asked.few else t.full for t in named}
    began, ended = time.perf_counter(), dict[str, Ended]()
    wide, narrow = ([t.name for t in named if t.is_wide is width] for width in (True, False))
    for name in wide:
        ended |= side_by_side([name], counts, 1, out)
    ended |= side_by_side(narrow, counts, os.cpu_count() or 1, out)
    failed = _show({name: ended[name] for name in counts}, counts, (time.perf_counter() - began) / 60)
    for one in failed:
        out.print(f"[red]{one}[/red]", soft_wrap=True)
    return 1 if failed else 0


def _show(ended: Mapping[str, Ended], counts: Mapping[str, int], minutes: float) -> list[str]:
    """The table; what went wrong."""
    title = f"Reliability, {minutes:.1f} minutes on {os.cpu_count()} cores"
    table = Table("what was tried", "tries", "at least", "failed", "minutes", "counted beside", title=title, title_justify="left")
    failed = []
    for name, (row, took) in ended.items():
        if isinstance(row, str):
            continue
        failed += [f"{name}: {f}" for f in row.failures]
        failed += [f"{name}: {row.done} tries, wanted {counts[name]}"] if row.done < counts[name] else []
        table.add_row(row.tried, f"{row.done:,}", f"{counts[name]:,}", str(len(row.failures)), f"{took:.1f}", row.said)
    out.print(table)
    return failed


if __name__ == "__main__":
    sys.exit(main())
