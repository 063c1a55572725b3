"""What the contests of one run stand on, made once and kept in its temporary folder: generated data and filled warehouses. Not for measuring."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bench.full_size.bars import LAST, Size
from bench.full_size.derive import environment
from bench.full_size.rounds import Tell
from bench.full_size.same import DifferentError
from bench.full_size.side import Taken, run


@dataclass
class Ground:
    """The folder of a run, and the size it is asked for."""

    folder: Path
    size: Size
    tell: Tell
    rows: dict[Size, int] = field(default_factory=dict)

    def data(self, size: Size) -> Path:
        """Generated files of a size."""
        folder = self.folder / f"data-{size.symbols}-{size.years}"
        if not folder.exists():
            self.rows[size] = int(run("bars", folder=str(folder), symbols=size.symbols, years=size.years).said["rows"])
            self.tell(f"generated {self.rows[size]:,} bars of {size.symbols:,} symbols and {size.years} years")
        return folder

    def warehouse(self, size: Size) -> Path:
        """A warehouse filled with a size, ready for the models."""
        folder = self.folder / f"warehouse-{size.symbols}-{size.years}"
        if not folder.exists():
            self.filled(folder, size, str(LAST))
        return folder

    def filled(self, folder: Path, size: Size, until: str) -> None:
        """Make a warehouse of what was known on a day."""
        run("fill", data=str(self.data(size)), warehouse=str(folder), until=until)
        self.derive(folder, what="stand")

    def derive(self, warehouse: Path, memory: str | None = None, **given: str) -> Taken:
        """Our side on a warehouse."""
        return run("derive", environment(warehouse, memory), warehouse=str(warehouse), **given)

    def free(self, size: Size) -> None:
        """Remove what is large and made anew when it is asked for."""
        for kind in ("data", "warehouse"):
            shutil.rmtree(self.folder / f"{kind}-{size.symbols}-{size.years}", ignore_errors=True)


def hold(what: str, one: Path, other: Path, name: str, **more: object) -> None:
    """Compare two results.

    Raises:
        DifferentError: they differ.
    """
    found = run("same", what=what, one=str(one), other=str(other), **more).said["differences"]
    if found:
        raise DifferentError(f"{name}: {'; '.join(found[:8])}")
