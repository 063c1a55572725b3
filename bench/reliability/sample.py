"""A published sample to be tampered with: the one of this checkout where it is of its code, else one made in the folder given. Not for the tampering."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bench.no_repaint import LAST_SESSION, publish, warehouse
from pipelines import settings as settings_module
from pipelines.checks.past import DATE_COLUMNS
from pipelines.resources.dbt import build_folder, ensure_manifest
from pipelines.settings import Settings

SINCE = "2025-11-15"
# Tables told by day that checks read from their beginning.
WHOLE = ("fct_policy_moves", "exchange_sessions", "dim_event")


@dataclass(frozen=True)
class Sample:
    """Where the files of a published sample are."""

    settings: Settings

    @property
    def database(self) -> Path:
        return self.settings.published("sample") / "rotation.duckdb"

    @property
    def work(self) -> Path:
        return self.settings.work_file("sample")

    @property
    def manifest(self) -> Path:
        return build_folder(self.settings, "sample") / "manifest.json"


def published_sample(folder: Path) -> Sample:
    """A sample built from the models and tests as they are now."""
    here = Sample(settings_module.settings())
    if all(p.exists() for p in (here.database, here.work, here.manifest)) and _said(here.manifest) == _said(ensure_manifest(here.settings)):
        return here
    made = folder / "warehouse"
    publish(made, "sample", LAST_SESSION)
    with warehouse(made, None):
        return Sample(settings_module.settings())


def _said(manifest: Path) -> dict[str, Any]:
    """What the project says, by node: SQL, arguments, severity."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return {n["unique_id"]: (n.get("raw_code"), n.get("checksum"), n.get("test_metadata"), n["config"].get("severity")) for n in nodes}


def cut_small(sample: Sample, folder: Path) -> None:
    """The published sample and its raw tables, the last weeks of them only, as `published.duckdb` and `work.duckdb`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample.database}' as shown (read_only)")
        connection.execute(f"attach '{sample.work}' as filled (read_only)")
        for source, target, schemas in (("shown", "published", ("marts", "reference", "quality")), ("filled", "work", ("raw", "quality"))):
            connection.execute(f"attach '{folder / target}.duckdb' as {target}")
            for schema in schemas:
                connection.execute(f"create schema if not exists {target}.{schema}")
                tables = connection.execute(
                    "select table_name, list(column_name) from duckdb_columns() where database_name = ? and schema_name = ? group by all",
                    [source, schema],
                ).fetchall()
                for table, columns in tables:
                    day = next((c for c in (*DATE_COLUMNS, "observation_date", "action_date") if c in columns), None)
                    recent = f"where {day} >= date '{SINCE}'" if day and schema != "reference" and table not in WHOLE else ""
                    connection.execute(f"create table {target}.{schema}.{table} as from {source}.{schema}.{table} {recent}")


@contextmanager
def candidate(small: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A candidate equal to what is published, with its raw tables; all of it in memory."""
    with duckdb.connect() as connection:
        for name, source in (("rotation", "published"), ("work", "work"), ("published", "published")):
            connection.execute(f"attach ':memory:' as {name}; attach '{small / source}.duckdb' as source (read_only)")
            connection.execute(f"copy from database source to {name}; detach source")
        yield connection
