"""The row of poisoned inputs: each caught by the check that should, none published. Not for the poisons (poison_raw, poison_tables, poison_file)."""

from collections import Counter
from pathlib import Path

from bench.reliability.gates import gates, some
from bench.reliability.guards import listed, unlisted
from bench.reliability.row import Row, Tell

FULL, FEW = 100, 20


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Every poison through its gate, after everything unspoiled has passed; a check that has lost its poison, or a poison its check, is a failure."""
    with gates(folder) as all_of_them:
        failures = [*all_of_them.clean()] if count >= FULL else []
        failures += unlisted(all_of_them.cases)
        tried, said = some(all_of_them.cases, count + 5, FULL)  # some of them only warn
        for n, case in enumerate(tried):
            tell(f"{n} of {len(tried)}")
            why = case.missed()
            failures += [f"gate {case.gate}, {case.name}: {why}"] if why else []
    by_gate = Counter(case.gate for case in tried if case.stops)
    told = ", ".join(f"gate {gate}: {n}" for gate, n in sorted(by_gate.items()))
    warned = sum(not case.stops for case in tried)
    beside = f"{told}; {warned} more that only warn; {len(listed())} listed in guards.csv{f'; {said}' if said else ''}"
    return Row("poisoned inputs, each caught by its check, none published", sum(by_gate.values()), tuple(failures), beside)
