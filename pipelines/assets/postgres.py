"""The publication put into PostgreSQL after the file, where a connection string is set. Not for how (resources/postgres.py)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import SecretStr

from pipelines.assets.mirror import Manifest, mirror_asset
from pipelines.resources import postgres
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.postgres_form import PostgresError, keys
from pipelines.settings import Settings

POSTGRES = dg.AssetKey(["published", "postgres"])


def postgres_asset() -> dg.AssetsDefinition:
    """The same tables for readers of a server."""
    return mirror_asset(
        POSTGRES,
        "postgres",
        "The published tables in PostgreSQL, with keys, indexes, comments and a role that may read: all of them replaced in one transaction. "
        "Skipped where ROTATION_POSTGRES is not set. A failure here leaves the published file as it is; `rotation postgres` loads it again.",
        lambda settings: settings.postgres,
        "Skipped: ROTATION_POSTGRES is not set, so readers have the file alone.",
        _put,
        PostgresError,
    )


def _put(conninfo: SecretStr, settings: Settings, database: Path, manifest: Manifest) -> Mapping[str, Any]:
    done = postgres.publish(conninfo.get_secret_value(), database, manifest, keys(ensure_manifest(settings)))
    return {
        "database": done.where,
        "tables": done.tables,
        "dagster/row_count": done.rows,
        "seconds": round(done.seconds, 1),
        "seconds of them waited for readers": round(done.waited_s, 1),
    }
