"""The list of all that is guarded, one line a check: one taken away is missed. Written by `python -m bench.reliability.guards`. Not for the poisons."""

import csv
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.reliability.gates import Case, gates

FILE = Path(__file__).with_name("guards.csv")


Guard = tuple[str, str, str]


def guard(case: Case) -> Guard:
    """A line of the list: a check that no longer stops what fails it is another one."""
    return case.gate, case.name, "stops" if case.stops else "says"


def listed() -> set[Guard]:
    """Gate, name and severity of every check with a poison when the list was written."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return {(row["gate"], row["check"], row["severity"]) for row in csv.DictReader(lines)}


def unlisted(cases: Sequence[Case]) -> list[str]:
    """Checks of the list that there are no longer, and checks that are not in it yet."""
    there = {guard(case) for case in cases}
    gone = [f"gate {gate}, {name}: nothing {how} it any longer; its poison would go by" for gate, name, how in sorted(listed() - there)]
    new = [
        f"gate {gate}, {name} ({how}): is not listed; run python -m bench.reliability.guards"
        for gate, name, how in sorted(there - listed())
    ]
    return gone + new


def main() -> int:
    """Write the list anew."""
    with tempfile.TemporaryDirectory() as folder, gates(Path(folder)) as found, FILE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["gate", "check", "severity"])
        writer.writerows(sorted(guard(case) for case in found.cases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
