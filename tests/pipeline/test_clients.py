"""Every plain client sees every published table as it is: counts, kinds, NULLs, days unshifted. Not for BI servers (`make bi-check`)."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from worlds import database

from bench.clients.reading import CLIENTS, Client, UnreachableError, differences, prepare, seen, there

ROWS = 500
HERE = CLIENTS[0]
TRUTH: dict[str, Any] = {
    "marts.t": {
        "rows": 3,
        "columns": {
            "day": {"kind": "date", "nulls": 0, "low": "2026-01-02", "high": "2026-01-09"},
            "share": {"kind": "decimal", "nulls": 1, "low": "-0.5000", "high": "2.2500"},
            "made_at": {"kind": "timestamp", "nulls": 0, "low": "2026-01-02 22:00:00.5", "high": "2026-01-09 22:00:00"},
            "note": {"kind": "text", "nulls": 3, "low": None, "high": None},
        },
        "whole": {"rows": 70_000, "nulls": {"day": 0, "share": 11, "made_at": 0, "note": 69_000}},
    }
}


def seen_rightly() -> dict[str, Any]:
    told = copy.deepcopy(TRUTH)
    columns = told["marts.t"]["columns"]
    columns["share"] |= {"low": -0.5, "high": 2.25}
    columns["made_at"] |= {"low": "2026-01-02T22:00:00.500000"}
    columns["note"] |= {"kind": "empty"}
    return told


@pytest.mark.parametrize(
    ("column", "otherwise"),
    [
        ("day", {"low": "2026-01-01"}),  # shifted by a time zone
        ("day", {"kind": "text"}),
        ("share", {"nulls": 0}),
        ("share", {"high": 2.2500001}),
        ("share", {"kind": "float"}),
        ("made_at", {"high": "2026-01-10T12:00:00"}),
        ("note", {"nulls": 2}),
    ],
)
def test_what_a_client_sees_otherwise_is_named(column: str, otherwise: dict[str, Any]) -> None:
    assert differences(HERE, seen_rightly(), TRUTH) == []
    told = seen_rightly()
    told["marts.t"]["columns"][column] |= otherwise
    (odd,) = differences(HERE, told, TRUTH)
    assert odd.startswith(f"marts.t.{column}: ")


def test_a_lost_table_and_a_lost_row_are_named() -> None:
    short = seen_rightly()
    short["marts.t"]["rows"] = 2
    assert differences(HERE, short, TRUTH)
    assert differences(HERE, {}, TRUTH)


def test_what_is_lost_beyond_the_rows_that_are_read_is_named() -> None:
    told = seen_rightly()
    told["marts.t"]["whole"] |= {"rows": 69_999}
    assert differences(HERE, told, TRUTH) == ["marts.t: 69999 rows in all, not 70000"]
    told = seen_rightly()
    told["marts.t"]["whole"]["nulls"] |= {"share": 12}
    assert differences(HERE, told, TRUTH) == ["marts.t.share: 12 NULLs in all, not 11"]


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
def test_every_client_sees_every_table_as_it_is(client: Client, sample_at_once: Path, tmp_path: Path) -> None:
    file = database(sample_at_once)
    try:
        prepare(client, tmp_path / "client")
    except UnreachableError as problem:
        pytest.skip(str(problem))
    truth = there(file, ROWS)
    manifest = json.loads((file.parent / "manifest.json").read_text(encoding="utf-8"))
    assert {t: seen_of["whole"]["rows"] for t, seen_of in truth.items()} == {t: told["rows"] for t, told in manifest["tables"].items()}
    assert max(seen_of["whole"]["rows"] for seen_of in truth.values()) > 1_000 * ROWS
    assert differences(client, seen(client, tmp_path / "client", file, ROWS), truth) == []
