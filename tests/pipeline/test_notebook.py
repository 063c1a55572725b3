"""docs/notebook.ipynb runs from its first line to its last, and what it shows is what the sample publishes. Not for what the tables mean."""

import base64
import re
from pathlib import Path

import nbformat
import notebook
import pytest
from worlds import database


@pytest.mark.slow
def test_the_notebook_runs_and_shows_what_the_sample_publishes(sample_at_once: Path) -> None:
    written = nbformat.read(notebook.FILE, as_version=4)

    now = notebook.executed(database(sample_at_once))

    assert [base64.b64decode(p)[:8] for p in notebook.pictures(now)] == [b"\x89PNG\r\n\x1a\n"] * 3
    assert len(notebook.pictures(written)) == 3
    # counts of checks grow with the project: all else is renewed by hand, and must be current
    assert [t for t in notebook.texts(written) if "gate" not in t] == [t for t in notebook.texts(now) if "gate" not in t]


def test_every_picture_says_that_the_market_is_simulated_and_every_link_leads_somewhere() -> None:
    cells = nbformat.read(notebook.FILE, as_version=4).cells
    drawn = [c.source for c in cells if "plt.show()" in c.source]
    assert len(drawn) == 3
    assert all("{MARK}" in source for source in drawn)
    links = [link for c in cells if c.cell_type == "markdown" for link in re.findall(r"\]\(([^)]+)\)", c.source)]
    assert links
    assert all((notebook.FILE.parent / link).exists() for link in links), links
