"""What a DuckLake is not given, and what is said then: foreign tables, another file, a lock, a password, settings. Not for what is put there (test_lake.py)."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from lakes import ask, brought_back, live, reading, small, whole
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.own_postgres import server
from bench.reliability.postgres_readers import ROWS
from pipelines.resources.lake import WRITER, Lake, LakeError, lake, plan, publications, publish
from pipelines.settings import load_settings

Named = Callable[..., Lake]


def test_tables_of_others_are_not_touched(there: Lake, named: Named, postgres: str, tmp_path: Path) -> None:
    publish(there, *small(tmp_path, 1))
    code = (
        "import sys,json; sys.path.insert(0, sys.argv[1]); import writer; lake = writer.attached(json.loads(sys.argv[2])); "
        "lake.execute('create schema lake.live_marts'); lake.execute('create table lake.live_marts.theirs as select 1 as a')"
    )
    given = json.dumps({"do": "publish", "catalog": there.catalog, "data": there.data, "threads": 1, "memory": "512MB"})
    subprocess.run([str(there.environment / "bin" / "python"), "-c", code, str(WRITER.parent), given], check=True)
    with pytest.raises(
        LakeError, match=r"the schemas live_\* hold tables that are not of Rotation's making: live_marts\.theirs\. .*ROTATION_LAKE_DESK"
    ):
        publish(there, *small(tmp_path, 3, **live(3)))
    assert publish(named(postgres, LAKE_DESK="rates"), *small(tmp_path, 4, **live(4))).rows
    assert ask(there, "from lake.live_marts.theirs") == [[[1]]]


def test_a_file_that_is_not_the_manifests_is_refused(there: Lake, tmp_path: Path) -> None:
    file, manifest = small(tmp_path, 1)
    odd = manifest["tables"] | {"quality.freshness": {"rows": 7, "content_sha256": "0"}}
    with pytest.raises(LakeError, match=rf"quality\.freshness: the manifest says 7 rows, the file has {ROWS}; .*rotation lake"):
        publish(there, file, manifest | {"tables": odd})
    assert publications(there) == []


def test_a_catalogue_in_a_file_does_the_same_for_one_at_a_time(named: Named, tmp_path: Path) -> None:
    there = named(str(tmp_path / "lake.ducklake"))
    for number in (1, 2):
        file, manifest = small(tmp_path, number)
        publish(there, file, manifest)
    assert brought_back(there, "sample_", 2) == manifest["tables"]
    assert ask(there, whole("sample_", " at (version => 1)")) == [[[["run-0001run-0001"], [ROWS]]]]
    reader = reading(there, ["select 1"], is_loop=True)
    assert reader.stdout is not None
    reader.stdout.readline()
    with pytest.raises(LakeError, match=r"lock.*keep the catalogue in PostgreSQL"):
        publish(there, *small(tmp_path, 3))
    reader.communicate(timeout=20)
    assert publish(there, *small(tmp_path, 3)).snapshot == 3


@pytest.fixture
def with_password() -> Iterator[str]:
    """A server that asks for the password `canary-right` of `me`."""
    with server(listen_addresses="127.0.0.1", port="54329") as owner:
        folder = Path(str(conninfo_to_dict(owner)["host"]))
        socket = make_conninfo(owner, port=54329)
        with psycopg.connect(socket, autocommit=True) as pg:
            pg.execute("create role me login password 'canary-right' createdb")
            pg.execute("create database teams owner me")
            (hba,) = pg.execute("show hba_file").fetchone() or ("",)
            Path(hba).write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
            pg.execute("select pg_reload_conf()")
        assert folder.exists()
        yield "postgresql://me:canary-right@127.0.0.1:54329/teams"


def test_the_password_opens_the_catalogue_and_is_never_told(
    named: Named, with_password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = named(with_password)
    assert "canary" not in there.catalog + there.where + json.dumps(plan(there, *small(tmp_path, 1)))
    assert publish(there, *small(tmp_path, 1)).where == "127.0.0.1:54329/teams"
    wrong = named(with_password.replace("right", "wrong"))
    with pytest.raises(LakeError, match=r"password authentication failed .*password in ROTATION_LAKE right\?.*rotation lake") as caught:
        publish(wrong, *small(tmp_path, 2))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(publications(there)) == 1


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("postgresql://me:canary-secret@127.0.0.1:1/db", r"127\.0\.0\.1:1/db: .*Connection refused.*Is the server up"),
        (
            "host=127.0.0.1 port=1 user=me password='canary-secret it''s' dbname=db".replace("''", "\\'"),
            r"Connection refused.*Is the server up",
        ),
        ("postgres//me:canary-secret@host/db", "names no catalogue: expected postgresql://"),
        ("postgresql://me:canary-secret@host:port/db", r"ROTATION_LAKE"),
        ("md:lake?motherduck_token=canary-secret", "The token goes into motherduck_token"),
    ],
)
def test_no_error_holds_the_password(catalog: str, said: str, named: Named, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=said) as caught:
        publish(named(catalog), *small(tmp_path, 1))
    assert "canary" not in str(caught.value)


def test_settings_that_cannot_do_are_named(named: Named, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lake(load_settings()) is None
    with pytest.raises(LakeError, match=r"expected .*nowhere/bin/python, found nothing there\. Make it once: make lake"):
        publish(named(postgres, LAKE_ENVIRONMENT=str(tmp_path / "nowhere")), *small(tmp_path, 1))
    publish(named(postgres), *small(tmp_path, 1))
    with pytest.raises(LakeError, match="set ROTATION_LAKE_DATA to that one"):
        publish(named(postgres, LAKE_DATA=str(tmp_path / "elsewhere")), *small(tmp_path, 2))
    monkeypatch.delenv("ROTATION_LAKE_DATA")
    with pytest.raises(LakeError, match="ROTATION_LAKE is set and ROTATION_LAKE_DATA is not"):
        lake(load_settings())
