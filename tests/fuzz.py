"""Inputs no one thought of, and what a reader may do with them: give frames of its contract or raise its own error. Not for tests."""

import json
import os
from collections import Counter
from datetime import date
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipelines.assets.landing.cast import cast
from pipelines.catalog import Series, catalog
from pipelines.contracts import contracts
from pipelines.sources.http import Client
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.readers import READERS

# Inputs into each reader by its forms of the fault matrix; the other tests try a tenth each. `make fuzz` asks for many more.
EXAMPLES = int(os.environ.get("FUZZ", "200"))
many = settings(
    max_examples=max(100, EXAMPLES // 10),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
WINDOW = Window(None, date(2026, 1, 9))
# Inputs tried, by reader.
tried: Counter[str] = Counter()

words = st.sampled_from(
    ["", ".", "-", "NA", "nan", "1,5", "1.234,5", "1e400", "-99.99", "-999", "=1+1", "\x00", "ü", "\ufeff", '"', "'", "\r"]
)
numbers = st.one_of(st.floats(), st.integers(), st.integers(-(10**25), 10**25))
cells = st.one_of(st.none(), st.booleans(), numbers, words, st.text(max_size=6))
anything = st.recursive(
    cells, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8
)
days = st.one_of(st.dates().map(str), st.dates(date(1925, 1, 1), date(2030, 1, 1)).map(str), words)


def check(series_id: str, told: Any, content: bytes) -> None:
    client = told(content).client
    client.contact, client.asks = "someone@example.org", {"sec_companies": ("7",), "sec_data_sets": ("2010q2",)}
    survives(series_id, client)


def survives(series_id: str, client: Client) -> None:
    """The reader gives frames that landing can cast, or its own error."""
    one: Series = catalog()[series_id]
    tried[one.provider] += 1
    problem: SourceError | None
    try:
        frames = READERS[one.provider].read(one, client, WINDOW)
    except SourceError as raised:
        problem, frames = raised, {}
    else:
        problem = None
    assert problem is None or (problem.source and problem.found and problem.cure)
    for name, frame in frames.items():
        assert frame.columns == [c.name for c in contracts()[name].columns]
        cast(frame.with_columns(_series=pl.lit(series_id)), contracts()[name], "fuzz")


def spoiled(whole: bytes) -> st.SearchStrategy[bytes]:
    """A good payload with bytes cut out, doubled or replaced."""
    place = st.integers(0, len(whole))
    cut = st.tuples(place, place).map(lambda p: whole[: min(p)] + whole[max(p) :])
    swapped = st.tuples(place, st.binary(min_size=1, max_size=8)).map(lambda p: whole[: p[0]] + p[1] + whole[p[0] + len(p[1]) :])
    return st.one_of(cut, swapped, cut.map(lambda b: b + b))


@st.composite
def changed(draw: Any, document: Any) -> Any:
    """The document with one place changed: another value, left out, or repeated."""
    document = json.loads(json.dumps(document))
    at, key, inner = None, None, document
    while isinstance(inner, dict | list) and inner and (at is None or draw(st.integers(0, 3))):
        at, key = inner, draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        inner = at[key]
    how = draw(st.sampled_from(["change", "leave out", "repeat"]))
    if at is None or key is None:
        return draw(anything)
    if how == "leave out":
        del at[key]
    elif how == "repeat" and isinstance(at, list):
        at.append(inner)
    else:
        at[key] = draw(anything)
    return document
