"""The publication put into a DuckLake after the file, where one is set. Not for how (resources/lake.py)."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.publish import PUBLISHED
from pipelines.assets.told import OWNERS
from pipelines.resources.lake import LakeError, lake, publish
from pipelines.resources.publication import Publication, unpublished
from pipelines.resources.run import RunOptions

LAKE = dg.AssetKey(["published", "lake"])


def lake_asset() -> dg.AssetsDefinition:
    """The same tables for many readers of many writers. It comes last: nothing it does or fails to do touches the file."""
    spec = dg.AssetSpec(
        LAKE,
        deps=[PUBLISHED],
        description="The published tables in a DuckLake, with their comments: one snapshot a publication, and each one before it still readable. "
        "Skipped where ROTATION_LAKE is not set. A failure here leaves the published file as it is; `rotation lake` puts it there again.",
        group_name="publication",
        owners=OWNERS,
        kinds={"duckdb"},
        tags={"layer": "publication"},
        skippable=True,
    )

    @dg.multi_asset(name="publish_to_lake", specs=[spec])
    def put(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        there = lake(options.settings)
        if there is None:
            context.log.info("Skipped: ROTATION_LAKE is not set, so no lake has this publication.")
            return
        publication = Publication(options.settings.published(options.warehouse.mode))
        manifest = publication.manifest()
        if manifest is None:
            raise LakeError(unpublished(publication.folder))
        done = publish(there, publication.database, manifest)
        yield dg.MaterializeResult(
            LAKE,
            metadata={
                "lake": done.where,
                "snapshot": done.snapshot,
                "run": str(manifest["run_id"]),
                "as of": str(manifest["as_of_date"]),
                "market": str(manifest["source_mode"]),
                "tables": done.tables,
                "dagster/row_count": done.rows,
                "tries": done.tries,
                "seconds": round(done.seconds, 1),
            },
        )

    return put
