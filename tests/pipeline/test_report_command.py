"""`rotation report`: the page's path, an earlier day's page, and the PDF. Not for the page itself (test_page.py)."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from worlds import AT_ONCE, DAY_BY_DAY

pytestmark = pytest.mark.slow
Said = tuple[int, str, str]


def test_it_prints_where_the_page_is_and_writes_the_same_as_pdf(three_days: Path, rotation: Callable[..., Said], tmp_path: Path) -> None:
    target = tmp_path / "report.pdf"
    code, out, err = rotation("report", "--pdf", str(target))
    assert code == 0
    page = Path(out.strip())
    assert f"<title>SIMULATED Rotation as of {AT_ONCE}</title>" in page.read_text(encoding="utf-8")
    assert f"written: {target}" in err
    made = target.read_bytes()
    assert made.startswith(b"%PDF-")
    assert made.count(b"/FontFile") > 0  # its fonts come with it
    if shutil.which("pdftotext"):
        said = " ".join(subprocess.run(["pdftotext", str(target), "-"], capture_output=True, text=True, check=True).stdout.split())
        for words in (
            "SIMULATED MARKET.",
            "In the simulated market (not the real one)",
            "Scorecard, with its receipts",
            "Claims of an article",
            "Freshness, series by series",
        ):
            assert words in said


def test_a_kept_day_is_shown_from_its_own_publication_and_another_is_cut_saying_so(three_days: Path, rotation: Callable[..., Said]) -> None:
    kept = DAY_BY_DAY[-2]
    code, out, err = rotation("report", "--as-of", str(kept))
    assert code == 0
    text = Path(out.strip()).read_text(encoding="utf-8")
    assert f"<title>SIMULATED Rotation as of {kept}</title>" in text
    assert "Cut at" not in text
    assert "cut from" not in err
    code, out, err = rotation("report", "--as-of", "2020-03-16")
    assert code == 0
    assert f"cut from that of {AT_ONCE}" in err
    cut = Path(out.strip()).read_text(encoding="utf-8")
    assert f"<b>Cut at 2020-03-16</b> from the publication of {AT_ONCE}" in cut
    assert "small led" in text
    assert "small led" not in cut, "no colours explained that are not drawn"


def test_a_day_that_cannot_be_shown_is_refused_with_the_cure(three_days: Path, rotation: Callable[..., Said]) -> None:
    code, _, err = rotation("report", "--as-of", "2030-01-01")
    assert code == 2
    assert ".venv/bin/rotation run --sources sample --as-of 2030-01-01" in err
    code, _, err = rotation("report", "--as-of", "soon")
    assert code == 2
    assert "expected a day as YYYY-MM-DD, found 'soon'" in err
    code, _, err = rotation("report", "--sources", "live")
    assert code == 1
    assert "There is no published warehouse" in err
    assert "Make one with `.venv/bin/rotation run --sources live`." in err
    code, _, err = rotation("report", "--pdf", "/nonexistent/report.pdf")
    assert code == 1
    assert "cannot be written to /nonexistent/report.pdf" in err
    assert "Name a file in a folder that is there" in err


def test_a_day_before_everything_is_shown_saying_that_nothing_was_known(three_days: Path, rotation: Callable[..., Said]) -> None:
    code, _, err = rotation("report", "--as-of", "1950-01-01")
    assert (code, "Nothing of it was known on 1950-01-01" in err) == (0, True)
    code, _, err = rotation("report", "--as-of", "1992-01-02")
    assert (code, "Nothing of it was known" in err) == (0, False)
