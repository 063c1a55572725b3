"""Each exposure names just the tables its reader's SQL names, so that lineage to the reader is true. Not for what readers show."""

import json
import re

import nbformat
import pytest

from bench.bi.dashboard import charts
from pipelines.report.page.contents import SECTIONS
from pipelines.report.recipes import recipes
from pipelines.resources import dbt
from pipelines.settings import ROOT, load_settings

READ = re.compile(r"\b(?:marts|quality|reference)\.(\w+)")


def notebook_sql() -> str:
    cells = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4).cells
    return "\n".join(c.source for c in cells if c.cell_type == "code")


def assistants_sql() -> str:
    modules = [
        *(ROOT / "pipelines" / "assistants").glob("*.py"),
        *(ROOT / "pipelines" / "report" / name for name in ("answer.py", "case.py")),
    ]
    return "\n".join(m.read_text(encoding="utf-8") for m in modules)


def page_sql() -> str:
    asked = [sql for section in SECTIONS for panel in section.panels for sql in (panel.sql, *(sql for _, sql in panel.beside))]
    return "\n".join(asked) + "from marts.dim_metric"  # the definitions under each panel


READERS = {
    "assistants": assistants_sql,
    "page": page_sql,
    "superset_dashboard": lambda: "\n".join(c.sql for c in charts()),
    "notebook": notebook_sql,
    "cookbook": lambda: "\n".join(r.sql for r in recipes()),
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = json.loads(dbt.ensure_manifest(load_settings()).read_text(encoding="utf-8"))
    return found


def test_every_exposure_has_a_reader_and_every_reader_an_exposure(manifest: dict[str, dict[str, dict[str, object]]]) -> None:
    assert {str(e["name"]) for e in manifest["exposures"].values()} == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_an_exposure_rests_on_what_its_reader_reads(name: str, manifest: dict[str, dict[str, dict[str, object]]]) -> None:
    published = {str(n["name"]) for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")}
    exposure = next(e for e in manifest["exposures"].values() if e["name"] == name)
    named = {str(node).rsplit(".", 1)[-1] for node in exposure["depends_on"]["nodes"]}  # type: ignore[index]
    read = set(READ.findall(READERS[name]())) & published  # the logs of the gates are no models
    assert read
    assert named == read
