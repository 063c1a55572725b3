"""The row of mutants: a poison is caught, then one check is taken out, and it must go by. Not for the poisons, nor for how a check is taken out (gates)."""

from pathlib import Path

from bench.reliability.gates import gates, some
from bench.reliability.opened import OPENED
from bench.reliability.row import Row, Tell

FULL, FEW = 600, 12


def run(count: int, folder: Path, tell: Tell) -> Row:
    """Every check taken out once, then every gate opened; a mutant whose poison is still caught has survived."""
    survivors = []
    with gates(folder) as all_of_them:
        tried, said = some(all_of_them.cases, count, FULL)
        for n, case in enumerate(tried):
            tell(f"{n} of {len(tried)}, {len(survivors)} survivors")
            if (before := case.missed()) is not None:
                survivors.append(f"not caught with the check in place: gate {case.gate}, {case.name}: {before}")
            elif case.survives():
                survivors.append(f"survivor: gate {case.gate}, {case.name}")
        for (gate, done), opening in OPENED.items():
            with opening():
                survivors += [f"survivor: gate {gate} {done}, {case.name}" for case in all_of_them.of(gate) if case.missed() is None]
    beside = f"{len(tried)} checks and {len(OPENED)} whole gates taken out, {len(survivors)} survivors{f'; {said}' if said else ''}"
    return Row("mutants: one check or gate taken out, and its poison goes by", len(tried) + len(OPENED), tuple(survivors), beside)
