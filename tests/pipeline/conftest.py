"""What tests of commands start from: `rotation …` as a person types it, and published warehouses to type it in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from worlds import AT_ONCE, working_in

from bench.clone import clone
from pipelines import cli

Said = tuple[int, str, str]


@pytest.fixture
def rotation(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`rotation(…)`: exit status, standard output, standard error."""

    def command(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["rotation", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    monkeypatch.setenv("COLUMNS", "400")
    return command


@pytest.fixture
def three_days(sample_day_by_day: dict, tmp_path: Path) -> Iterator[Path]:
    """The publications of several days, to go back and forth in."""
    folder = clone(sample_day_by_day[AT_ONCE] / "published", tmp_path / "warehouse" / "published").parent
    with working_in(folder):
        yield folder


@pytest.fixture
def only_published(sample_at_once: Path, tmp_path: Path) -> Iterator[Path]:
    """A publication without the files it was made from, as a reader may have it."""
    folder = clone(sample_at_once / "published", tmp_path / "warehouse" / "published").parent
    with working_in(folder):
        yield folder
