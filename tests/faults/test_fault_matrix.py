"""Every reader × every fault, through landing and gate 1: each cell ends as it must, and docs/faults.md says how."""

from pathlib import Path

import pytest

from bench.faults.__main__ import FILE, row_of, section_of
from bench.faults.cells import ALL, FORMS, cells_of, is_dropped
from bench.faults.due import MAY_END, wrong
from bench.faults.table import Form
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.sources import drop
from pipelines.sources.readers import READERS


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_fault_ends_as_it_must_and_as_the_page_says(form: Form, tmp_path: Path) -> None:
    cells = cells_of(tmp_path, form)
    assert [cell.fault for cell in cells] == list(ALL)
    assert [f"{cell.fault}: {why}" for cell in cells if (why := wrong(form, cell))] == []
    page = FILE.read_text(encoding="utf-8")
    cure = "Run `make fault-matrix` and look at what changed in docs/faults.md."
    assert section_of(cells) in page, cure
    assert row_of(cells) in page, cure


def test_every_reader_and_every_kind_of_drop_is_in_the_matrix() -> None:
    asked = {catalog()[form.series_id].provider for form in FORMS if not is_dropped(form)}
    assert set(READERS) == asked, "a reader without a form in bench/faults: add one, and every fault is tried on it"
    offers = {s.symbol for s in catalog().of("sec")}
    assert offers == {catalog()[form.series_id].symbol for form in FORMS if form.name.startswith("sec ")}
    assert set(drop.TABLES) == {f"drop_{form.name.removeprefix('drop ')}" for form in FORMS if is_dropped(form)}
    assert set(drop.TABLES) <= set(contracts())


def test_every_fault_has_a_rule() -> None:
    assert set(MAY_END) == set(ALL)
