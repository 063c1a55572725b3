"""The publication put into a DuckLake after the file, where one is set. Not for how (resources/lake.py)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.mirror import Manifest, mirror_asset
from pipelines.resources.lake import Lake, LakeError, lake, publish
from pipelines.settings import Settings

LAKE = dg.AssetKey(["published", "lake"])


def lake_asset() -> dg.AssetsDefinition:
    """The same tables for many readers of many writers."""
    return mirror_asset(
        LAKE,
        "duckdb",
        "The published tables in a DuckLake, with their comments: one snapshot a publication, and each one before it still readable. "
        "Skipped where ROTATION_LAKE is not set. A failure here leaves the published file as it is; `rotation lake` puts it there again.",
        lake,
        "Skipped: ROTATION_LAKE is not set, so no lake has this publication.",
        _put,
        LakeError,
    )


def _put(there: Lake, _: Settings, database: Path, manifest: Manifest) -> Mapping[str, Any]:
    done = publish(there, database, manifest)
    return {
        "lake": done.where,
        "snapshot": done.snapshot,
        "tables": done.tables,
        "dagster/row_count": done.rows,
        "tries": done.tries,
        "seconds": round(done.seconds, 1),
    }
