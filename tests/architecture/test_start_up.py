"""What a command loads before it works: nothing that it has no use for. Seconds are for bench/; what is loaded is the same on every machine."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from pipelines.settings import Settings

HEAVY = {
    "altair", "dagster", "dbt", "exchange_calendars", "great_expectations", "lxml", "matplotlib", "mcp", "pandas", "polars", "prompt_toolkit", "psycopg",
    "pyarrow", "requests", "sqlalchemy", "typst", "vl_convert", "xlsxwriter",
}  # fmt: skip
RUN = "import sys; sys.argv = ['rotation', *sys.argv[1:]]\nfrom pipelines.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"


def loaded(*arguments: str) -> set[str]:
    """The heavy libraries a command has loaded by its end."""
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=True)
    modules = done.stderr.split()
    assert "pipelines.cli" in modules
    return HEAVY & set(modules)


def test_help_loads_no_heavy_library() -> None:
    assert loaded("--help") == set()


def test_the_commands_that_begin_something_heavy_load_nothing_for_their_help() -> None:
    assert loaded("run", "--help") == set()


def test_what_is_looked_for_can_be_found() -> None:
    """So that the tests above can fail: a library that is loaded is seen."""
    assert [name for name in HEAVY if find_spec(name) is None] == []
    done = subprocess.run([sys.executable, "-c", "import pandas, sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert "pandas" in HEAVY & set(done.stdout.split())


@pytest.mark.slow
def test_what_reads_the_publication_loads_what_it_reads_with(sample: Settings) -> None:
    assert loaded("status", "--sources", "sample") == set()
    assert loaded("sql", "select 1", "--sources", "sample") == {"polars", "pyarrow"}
