"""`make fault-matrix`: every cell printed and written to docs/faults.md; ends with 1 when one is not as it must be. Not for running cells (cells.py).

`python -m bench.faults yahoo fred` runs these forms alone and writes nothing.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.faults.cells import ALL, ENDS, FORMS, Cell, cells_named
from bench.faults.due import wrong
from pipelines.settings import ROOT

FILE = ROOT / "docs" / "faults.md"
SIGNS = {
    "refused": "R", "gate 1": "G", "rows aside": "Q", "later": "L", "ours stays": "K", "asked again": "A", "same": "=",
    "not applicable": "–", "WRONG": "WRONG",
}  # fmt: skip
HEAD = """# Faults, and what comes of each

Written by `make fault-matrix`; not to be edited. Every reader is given its own provider's wire form, spoiled one way at a time, over a real
connection on loopback; what it makes of it goes through landing and gate 1 on a small raw warehouse that holds the history of two sessions before.
Each cell is held to a rule (`bench/faults/due.py`): how it may end, how many requests it may take, and that nothing held is lost and no value
is landed that a good answer would not have brought. A test runs every cell and holds this page to it.

Faults of the wire are retried where they can pass: no connection, a reset, 429 and 5xx are asked three times in all; silence, a trickle, 403, 404 and
whatever came whole but wrong, once. Dates and units are judged against the history held: the first answer of a new series has none.
"""


def row_of(cells: Sequence[Cell]) -> str:
    """The line of a form in the grid."""
    return f"| {cells[0].form} | " + " | ".join(SIGNS[c.end] for c in cells) + " |"


def section_of(cells: Sequence[Cell]) -> str:
    """A form's faults, one a line."""
    lines = [f"## {cells[0].form}", "", "| fault | requests | ends | said |", "| --- | --- | --- | --- |"]
    lines += [f"| {c.fault} | {c.requests or ''} | {c.end} | {_shown(c.said)} |" for c in cells]
    return "\n".join(lines) + "\n"


def _shown(said: str) -> str:
    return said.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def page(matrix: Sequence[Sequence[Cell]]) -> str:
    """The whole page."""
    legend = "\n".join(f"- **{SIGNS[end]}** {end}: {meaning}." for end, meaning in ENDS.items() if end != "WRONG")
    numbered = "\n".join(f"{n}. {fault}" for n, fault in enumerate(ALL, start=1))
    grid = ["| | " + " | ".join(str(n) for n in range(1, len(ALL) + 1)) + " |", "| --- " * (len(ALL) + 1) + "|"]
    grid += [row_of(cells) for cells in matrix]
    return "\n".join([HEAD, legend, "", numbered, "", *grid, "", *(section_of(cells) for cells in matrix)])


def main(names: Sequence[str]) -> int:
    forms = [form for form in FORMS if not names or any(n in form.name for n in names)]
    with ProcessPoolExecutor(max_workers=3, mp_context=get_context("spawn")) as pool:  # Polars does not survive a fork
        matrix = list(pool.map(cells_named, [form.name for form in forms]))
    print("\n".join(section_of(cells) for cells in matrix))
    print("\n".join(row_of(cells) for cells in matrix))
    problems = [
        f"{form.name}, {cell.fault}: {why}"
        for form, cells in zip(forms, matrix, strict=True)
        for cell in cells
        if (why := wrong(form, cell))
    ]
    print(f"{sum(len(cells) for cells in matrix):,} cells, {len(problems)} not as they must be", *problems, sep="\n")
    if not names and not problems:
        FILE.write_text(page(matrix), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
