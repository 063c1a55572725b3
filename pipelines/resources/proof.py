"""What a published file must be, asked of the file by a process that did not write it. Not for whether its numbers are right (gate 3).

`python -m pipelines.resources.proof DATABASE MANIFEST` with the digests of its rows on standard input, if they are known.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.resources.fingerprint import row_digest
from pipelines.resources.publication import sha256
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import ROOT

# Bytes 8 to 19: DuckDB's mark and the number of the file format that 1.2 and later read.
FORMAT_OF_1_2 = b"DUCK" + (65).to_bytes(8, "little")
# Types every client knows without an extension.
PLAIN_TYPE = r"BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT)|HUGEINT|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|DATE|TIMESTAMP"
# What would need the writer, or an extension, to be read.
NOT_PLAIN = {
    "view": "select view_name from duckdb_views() where not internal and database_name = current_database()",
    "macro": "select function_name from duckdb_functions() where not internal and database_name = current_database()",
    "sequence": "select sequence_name from duckdb_sequences() where database_name = current_database()",
    "type": "select type_name from duckdb_types() where not internal and database_name = current_database()",
}
COLUMNS = "select schema_name || '.' || table_name || '.' || column_name, data_type from duckdb_columns() where database_name = current_database()"
TABLES = "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database() order by all"


class ProofError(Exception):
    """A file is not what it must be; the message says in what."""


def prove(database: Path, manifest: Path, digests: Mapping[str, str] | None = None) -> None:
    """Have a fresh process open the file, and hold it against its manifest and the digests.

    Raises:
        ProofError: it is not what they say, or cannot be read.
    """
    command = [sys.executable, "-m", "pipelines.resources.proof", str(database), str(manifest)]
    ended = subprocess.run(command, input=json.dumps(dict(digests or {})), capture_output=True, text=True, check=False, cwd=ROOT)
    if ended.returncode != 0:
        raise ProofError(
            f"{database}: {(ended.stdout.strip() or ended.stderr.strip())[-2000:] or f'its reader ended with {ended.returncode}'}"
        )


def faults(database: Path, manifest: Mapping[str, Any], digests: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a file; nothing where it is as it must be."""
    with database.open("rb") as handle:
        header = handle.read(20)[8:]
    if header != FORMAT_OF_1_2:
        yield f"expected the file format that DuckDB 1.2 reads ({FORMAT_OF_1_2!r}), found {header!r}"
    if (found := sha256(database)) != manifest["database_sha256"]:
        yield f"expected the SHA-256 of the manifest, {manifest['database_sha256']}, found {found}"
    with read_only(database) as connection:
        for kind, query in NOT_PLAIN.items():
            yield from (f"expected tables alone, found the {kind} {name}" for (name,) in connection.execute(query).fetchall())
        for column, kind in connection.execute(COLUMNS).fetchall():
            if not re.fullmatch(PLAIN_TYPE, kind):
                yield f"{column}: expected a type every client knows, found {kind}"
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        if set(tables) != set(manifest["tables"]):
            yield f"tables {', '.join(sorted(set(tables) ^ set(manifest['tables'])))} are in the file or in its manifest, but not in both"
        for name in sorted(set(tables) & set(manifest["tables"])):
            rows = connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            if rows != manifest["tables"][name]["rows"]:
                yield f"{name}: expected the {manifest['tables'][name]['rows']} rows that were checked, found {rows}"
            elif name in digests and row_digest(connection, name) != digests[name]:
                yield f"{name}: expected the rows that were checked, found others"


def main(database: str, manifest: str) -> int:
    """Print what is wrong; 1 where anything is."""
    try:
        told = json.loads(Path(manifest).read_text(encoding="utf-8"))
        found = list(faults(Path(database), told, json.load(sys.stdin)))
    except (OSError, ValueError, duckdb.Error, WarehouseError) as problem:
        found = [f"it cannot be read: {problem}"]
    print("; ".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
