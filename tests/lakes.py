"""A DuckLake of a test: the environment of its writer, small publications, and readers that ask in their own process. Not for tests."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.reliability import postgres_readers
from bench.reliability.postgres_readers import TABLES
from pipelines.resources import fingerprint
from pipelines.resources.fingerprint import content_hash, tables_of
from pipelines.resources.lake import Lake
from pipelines.settings import ROOT

# Asks as a reader does: attached read-only, all questions in one transaction, their answers as JSON; `rounds` times, or until standard input ends.
READER = """
import json, select, sys
sys.path.insert(0, sys.argv[1])
import writer
given = json.loads(sys.argv[2])
lake = writer.attached(given | {"do": "read", "threads": 1, "memory": "512MB"})
while True:
    lake.execute("begin")
    print(json.dumps([lake.execute(q).fetchall() for q in given["queries"]], default=str), flush=True)
    lake.execute("commit")
    if not given["loop"] or (select.select([sys.stdin], [], [], 0)[0] and not sys.stdin.readline()):
        break
"""


# The whole lake attached as of a snapshot, and every table of a market hashed there.
HASHES = """
import json, sys
sys.path[:0] = sys.argv[1:3]
import fingerprint, writer
given = json.loads(sys.argv[3])
lake = writer.attached(given)
lake.execute(f"attach {writer.text('ducklake:' + given['catalog'])} as past (read_only, snapshot_version {given['snapshot']})")
told = {}
for schema, table in fingerprint.tables_of(lake, "past", tuple(given["prefix"] + s for s in writer.SCHEMAS)):
    rows, sha256 = fingerprint.content_hash(lake, "past", schema, table)
    told[f"{schema.removeprefix(given['prefix'])}.{table}"] = {"rows": rows, "content_sha256": sha256}
del told["reference.publication"]
print(json.dumps(told))
"""


def make_environment(folder: Path) -> None:
    """As `make lake` does. Where no package registry can be reached, the tests that need it skip."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    lock = ROOT / "deploy" / "lake" / "requirements.lock"
    command = [
        str(folder / "venv" / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        str(lock),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        if "HASHES" in done.stderr:
            pytest.fail(f"the lock does not hold: {done.stderr[-500:]}")
        pytest.skip(f"the environment of the lake's writer cannot be installed here: {done.stderr.strip()[-300:]}")


def small(folder: Path, number: int, rows: int = postgres_readers.ROWS, **facts: Any) -> tuple[Path, dict[str, Any]]:
    """A small published file whose every row says which publication it is of, and a manifest that holds it to its hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"run-{number:04d}.duckdb").unlink(missing_ok=True)
    file, manifest = postgres_readers.publication(folder, number, rows)
    return file, manifest | {"tables": hashes(file)} | facts


def hashes(file: Path) -> dict[str, dict[str, Any]]:
    """Rows and content hash of each table of a file, as a manifest has them."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as f (read_only)")
        found = {t: content_hash(connection, "f", *t) for t in tables_of(connection, "f", ("marts", "quality", "reference"))}
    return {".".join(table): {"rows": rows, "content_sha256": sha256} for table, (rows, sha256) in found.items()}


def reading(there: Lake, queries: Iterable[str], is_loop: bool = False) -> subprocess.Popen[str]:
    """A reader at work."""
    given = {"catalog": there.catalog, "data": there.data, "queries": list(queries), "loop": is_loop}
    command = [str(there.environment / "bin" / "python"), "-c", READER, str(ROOT / "deploy" / "lake"), json.dumps(given)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ask(there: Lake, *queries: str) -> Any:
    """What a reader is answered."""
    reader = reading(there, queries)
    said, error = reader.communicate(timeout=120)
    assert reader.returncode == 0, error
    return json.loads(said)


def brought_back(there: Lake, prefix: str, snapshot: int) -> dict[str, dict[str, Any]]:
    """Rows and content hash of each table of a market in the lake as of a snapshot, asked of it there as a manifest asks the file."""
    given = {
        "catalog": there.catalog,
        "data": there.data,
        "prefix": prefix,
        "snapshot": snapshot,
        "do": "read",
        "threads": 2,
        "memory": "1GB",
    }
    places = [str(ROOT / "deploy" / "lake"), str(Path(fingerprint.__file__).parent)]
    command = [str(there.environment / "bin" / "python"), "-c", HASHES, *places, json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def live(number: int) -> dict[str, Any]:
    return {"source_mode": "live", "provenance": "observed", "run_id": f"live-{number:04d}"}


def whole(prefix: str, at: str = "") -> str:
    """The question which publications the rows of all tables of a market are of, and how many rows each has."""
    tables = " union all ".join(
        f"select '{t}' as t, count(*) as n, min(run_id) as low, max(run_id) as high from lake.{prefix}{t}{at}" for t in TABLES
    )
    return f"select list(distinct low || high), list(distinct n) from ({tables})"
