"""The page as PDF says by itself what it shows: paper has no button and no table behind a picture. Not for the browser's print (test_page_in_browser.py)."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from page import rows_of
from worlds import AT_ONCE, published

from pipelines.report.page.pdf import write_pdf
from pipelines.report.page.read import FIRST_HORIZON, read_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paper(sample_at_once: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its words."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext on this machine: apt-get install poppler-utils")
    publication = published(sample_at_once)
    target = tmp_path_factory.mktemp("paper") / "report.pdf"
    write_pdf(read_page(publication.database, publication.manifest() or {}), target, AT_ONCE + timedelta(days=40))
    return words(target)


def words(file: Path) -> str:
    return " ".join(subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout.split())


def test_each_picture_at_a_horizon_says_which_one(paper: str) -> None:
    assert paper.count(f"{FIRST_HORIZON}, percentage points") == 1  # under the bars of the pairs
    assert paper.count(f"{FIRST_HORIZON}, percent ") >= 2  # of sectors, of cohorts
    assert paper.count(f"horizon {FIRST_HORIZON};") == 3
    assert "choose the horizon" not in paper


def test_it_names_no_table_that_only_a_screen_has(paper: str) -> None:
    assert "in the table" not in paper
    assert "table below" not in paper


def test_it_says_how_old_it_is(paper: str) -> None:
    assert f"Written 40 days after {AT_ONCE}" in paper


def test_valuations_carry_the_day_of_their_values(paper: str, sample_at_once: Path) -> None:
    sql = (
        "select max(month_end) as newest from marts.fct_discount_monthly "
        f"where known_on <= date '{AT_ONCE}' and small_universe_id = 'R2000' and large_universe_id = 'SP500'"
    )
    (row,) = rows_of(published(sample_at_once).database, sql)
    assert row["newest"] < AT_ONCE
    assert paper.count(f"values of {row['newest']}") == 2
    assert "not held" in paper
    assert "not defined" not in paper
