"""Fuzz of every form of the fault matrix: its table with cells, titles and rows changed, its bytes spoiled, archives from the inside too."""

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from fuzz import EXAMPLES, cells, days, many, numbers, spoiled, survives, tried, words
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from bench.faults.cells import FORMS, is_dropped
from bench.faults.forms_series import workbook
from bench.faults.table import Form, Table
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.sources import drop
from pipelines.sources.archive import Archive
from pipelines.sources.http import Client
from pipelines.sources.readers import READERS

NOW = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
WORKBOOK = workbook([["Date", "Symbol", "Close"], ["2026-01-08", "AAA", 10.5], ["2026-01-09", "AAA", 11]])
KINDS = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
titles = st.one_of(words, st.text(max_size=8), st.sampled_from(["date", "Date", "value", "close", "a,b", "x\n", '"']))


class Said(BaseAdapter):
    """Answers by a part of the address."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = next((b for part, b in self.answers.items() if part in str(request.url)), None)
        response = requests.Response()
        response.status_code, response.url, response.request = 404 if body is None else 200, str(request.url), request
        response.raw = HTTPResponse(io.BytesIO(body or b""), {"Content-Length": str(len(body or b""))}, 200, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing to close."""


def read(form: Form, answers: Mapping[str, bytes], folder: Path) -> None:
    """Through the reader, as landing would; a dropped file lies in its folder."""
    if not is_dropped(form):
        survives(
            form.series_id,
            Client(
                Archive(folder), None, "desk@example.org", 1, 5, 0, Said(answers),
                now=lambda: NOW, tokens={} if form.without_token else dict.fromkeys(READERS, "token"), asks=form.asks(False),
            ),
        )  # fmt: skip
        return
    tried["drop"] += 1
    ((name, content),) = answers.items()
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    (file,) = drop.scan(folder)
    problem, reading = None, None
    try:
        reading = drop.read(file, date(2026, 1, 9), date(2026, 1, 10))
    except drop.DropRefused as refused:
        problem = refused
    assert problem is None or (problem.found and problem.cure)
    assert reading is None or dict(reading.frame.drop(drop.LINE).schema) == dict(contracts()[reading.table].schema)


@st.composite
def changed(draw: Any, table: Table) -> Table:
    """One to three changes: a cell, a title, a column left out, a row doubled or left out, another order."""
    for _ in range(draw(st.integers(1, 3))):
        if not table.rows or not table.columns:
            break
        name, at = draw(st.sampled_from(table.columns)), draw(st.integers(0, len(table.rows) - 1))
        how = draw(st.sampled_from(["cell", "cell", "cell", "column", "title", "without", "repeat", "fewer", "order"]))
        if how == "cell":
            table = table.put(name, draw(_other(table.column(name)[at])), at)
        elif how == "column":
            other = draw(_other(table.column(name)[at]))
            table = Table(
                table.columns,
                tuple(tuple(other if c == name else v for c, v in zip(table.columns, row, strict=True)) for row in table.rows),
            )
        elif how == "title":
            table = table.renamed(name, draw(titles))
        elif how == "without":
            table = table.without(name)
        elif how == "repeat":
            table = table.repeated(at)
        elif how == "fewer":
            table = replace(table, rows=table.rows[:at])
        else:
            table = replace(table, rows=table.rows[at:] + table.rows[:at])
    return table


def _other(cell: Any) -> st.SearchStrategy[Any]:
    """What could stand there instead: of a day another day, for forms write days in their own way."""
    return st.dates() if isinstance(cell, date) else st.one_of(cells, days, words, numbers)


def provider_of(form: Form) -> str:
    return "drop" if is_dropped(form) else catalog()[form.series_id].provider


FORMS_OF = Counter(provider_of(form) for form in FORMS)


def share(form: Form) -> settings:
    """Half of what its reader is to be tried with, in equal parts for its forms: the other half is of the other test."""
    return settings(many, max_examples=max(25, EXAMPLES // 2 // FORMS_OF[provider_of(form)]))


@KINDS
def test_a_table_with_places_changed(form: Form, tmp_path: Path) -> None:
    @share(form)
    @given(data=st.data())
    def tried_with(data: st.DataObject) -> None:
        table = data.draw(changed(form.now))
        try:
            answers = dict(form.render(table, False))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration):
            reject()  # the form cannot be written so
        read(form, answers, tmp_path)

    tried_with()


@KINDS
def test_an_answer_with_bytes_spoiled(form: Form, tmp_path: Path) -> None:
    good = dict(form.render(form.now, False))

    @share(form)
    @given(data=st.data())
    def tried_with(data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(sorted(good)))
        whole = good[part]
        if whole.startswith(b"PK") and data.draw(st.integers(0, 3)):
            content = data.draw(_inside(whole))
        else:
            content = data.draw(st.one_of(spoiled(whole), st.binary(max_size=100).map(lambda b: whole[: len(b) // 2] + b)))
        read(form, good | {part: content}, tmp_path)

    tried_with()


@st.composite
def _inside(draw: Any, whole: bytes) -> bytes:
    """A member spoiled, and packed as if it had always been so."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    members[name] = draw(spoiled(members[name]))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for other, content in members.items():
            archive.writestr(zipfile.ZipInfo(other), content)
    return file.getvalue()


@many
@given(data=st.data())
def test_a_dropped_workbook_spoiled_from_the_inside(tmp_path: Path, data: st.DataObject) -> None:
    form = next(form for form in FORMS if form.name == "drop bars")
    content = data.draw(_inside(WORKBOOK))
    read(form, {"bars/R2000/a.xlsx": content}, tmp_path)
