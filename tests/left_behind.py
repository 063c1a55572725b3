"""A secret searched in everything a run leaves behind, however it is written and packed. Not for tests or fixtures."""

import base64
import gzip
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import zstandard


def forms(secret: str) -> set[str]:
    """The secret plain, percent-encoded, and what base64 makes of it at each of the three places it can stand at."""
    found = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # the first and the last four letters also depend on what stands before and after
            found.add(encode(b"x" * shift + secret.encode()).decode()[4 if shift else 0 : -4])
    return found


def found_in(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Where a secret stands: in the name or the content of any file below the folder."""
    wanted = re.compile("|".join(re.escape(f) for s in secrets for f in sorted(forms(s))))
    places = []
    for path in sorted(p for p in folder.rglob("*") if not p.is_symlink()):
        place = str(path.relative_to(folder))
        if wanted.search(place):
            places.append(f"{place} (name)")
        if path.is_file():
            places += [f"{place}: {what}" for what, text in _texts(path, wanted.pattern) if wanted.search(text)]
    return places


def _texts(path: Path, pattern: str) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    yield "bytes", content.decode("latin-1")
    if path.suffix == ".zst":
        content = zstandard.ZstdDecompressor().decompress(content)
        yield "unpacked", content.decode("latin-1")
    if content[:2] == b"\x1f\x8b":
        yield "unzipped", gzip.decompress(content).decode("latin-1")
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name, name + archive.read(name).decode("latin-1")
    if content[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield "rows", "\n".join(database.iterdump())
    if path.suffix in (".duckdb", ".parquet"):
        yield from _columns(path, pattern)


def _columns(path: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """The rows of each table that match, of all its columns of text; columns of a database may be packed."""
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            connection.execute(f"create view file as from read_parquet('{path}')")
            tables = [("file", "file", "main")]
        else:
            connection.execute(f"attach '{path}' as file (read_only)")
            tables = connection.execute(
                "select table_name, 'file.' || schema_name || '.' || table_name, schema_name from duckdb_tables() where database_name = 'file'"
            ).fetchall()
        for name, whole, _ in tables:
            text = [row[0] for row in connection.execute(f"describe {whole}").fetchall() if "VARCHAR" in row[1] or "JSON" in row[1]]
            if text:
                told = ", ".join(f'"{c}"::varchar' for c in text)
                for (row,) in connection.execute(
                    f"select distinct concat_ws(' ', {told}) as row from {whole} where regexp_matches(concat_ws(' ', {told}), ?)", [pattern]
                ).fetchall():
                    yield name, row
