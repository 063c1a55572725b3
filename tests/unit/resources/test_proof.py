"""A fresh process finds what a published file must not be."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.resources import proof
from pipelines.resources.fingerprint import row_digest
from pipelines.resources.proof import ProofError, prove
from pipelines.resources.publication import sha256

FORMAT = "v1.2.0"


def written(folder: Path, *statements: str, storage: str = FORMAT) -> tuple[Path, dict[str, Any], dict[str, str]]:
    """A file with one table, and what else these statements make; its manifest and the digest of its rows."""
    database = folder / "rotation.duckdb"
    with duckdb.connect(str(database), config={"storage_compatibility_version": storage}) as connection:
        connection.execute("create schema marts; create table marts.t as select i, md5(i::varchar) as text from range(1000) as r(i)")
        for statement in statements:
            connection.execute(statement)
        digests = {"marts.t": row_digest(connection, "marts.t")}
    return database, {"database_sha256": sha256(database), "tables": {"marts.t": {"rows": 1000}}}, digests


def found(database: Path, manifest: dict[str, Any], digests: dict[str, str]) -> list[str]:
    return list(proof.faults(database, manifest, digests))


def test_a_file_as_it_must_be_has_no_fault_and_a_fresh_process_says_so(tmp_path: Path) -> None:
    database, manifest, digests = written(tmp_path)
    assert found(database, manifest, digests) == []
    told = tmp_path / "manifest.json"
    told.write_text(json.dumps(manifest))
    prove(database, told, digests)


def test_a_fresh_process_tells_what_is_wrong_and_where(tmp_path: Path) -> None:
    database, manifest, digests = written(tmp_path)
    told = tmp_path / "manifest.json"
    told.write_text(json.dumps(manifest | {"database_sha256": "0" * 64}))
    with pytest.raises(ProofError, match=r"rotation\.duckdb: expected the SHA-256 of the manifest, 0000"):
        prove(database, told, digests)
    told.write_text(json.dumps(manifest))
    database.write_bytes(database.read_bytes()[:9000])
    with pytest.raises(ProofError, match="it cannot be read"):
        prove(database, told, digests)
    with pytest.raises(ProofError, match="it cannot be read"):
        prove(tmp_path / "never.duckdb", told)


@pytest.mark.parametrize("newer", ["v1.3.0", "v1.4.0", "latest", "v1.0.0"])
def test_another_file_format_than_the_one_of_1_2_is_found(tmp_path: Path, newer: str) -> None:
    assert [f for f in found(*written(tmp_path, storage=newer)) if f.startswith("expected the file format that DuckDB 1.2 reads")]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("create view marts.v as from marts.t", "found the view v"),
        ("create macro marts.m(a) as a + 1", "found the macro m"),
        ("create macro marts.m(a) as table select a", "found the macro m"),
        ("create sequence marts.s", "found the sequence s"),
        ("create type marts.mood as enum ('good', 'bad')", "found the type mood"),
        ("alter table marts.t add column more json", "marts.t.more: expected a type every client knows, found JSON"),
        ("alter table marts.t add column more integer[]", r"marts.t.more: expected a type every client knows, found INTEGER[]"),
        ("create table marts.more as select 1 as a", "tables marts.more are in the file or in its manifest, but not in both"),
        ("delete from marts.t where i = 7", "marts.t: expected the 1000 rows that were checked, found 999"),
    ],
)  # fmt: skip
def test_what_is_not_plain_or_was_not_checked_is_found(tmp_path: Path, statement: str, said: str) -> None:
    assert any(said in fault for fault in found(*written(tmp_path, statement)))


def test_rows_of_the_same_number_but_other_content_are_found(tmp_path: Path) -> None:
    database, _, digests = written(tmp_path)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.t set text = 'x' where i = 7")
    manifest = {"database_sha256": sha256(database), "tables": {"marts.t": {"rows": 1000}}}
    assert found(database, manifest, digests) == ["marts.t: expected the rows that were checked, found others"]


def test_a_digest_does_not_hang_on_the_order_of_rows() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table a as select i % 7 as i from range(500) as r(i); create table b as from a order by i desc; create table c as from a limit 499"
        )
        assert row_digest(connection, "a") == row_digest(connection, "b") != row_digest(connection, "c")
