"""The publication put into PostgreSQL after the file, where a connection string is set. Not for how (resources/postgres.py)."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.publish import PUBLISHED
from pipelines.assets.told import OWNERS
from pipelines.resources import postgres
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.postgres_form import PostgresError, keys
from pipelines.resources.publication import Publication, unpublished
from pipelines.resources.run import RunOptions

POSTGRES = dg.AssetKey(["published", "postgres"])


def postgres_asset() -> dg.AssetsDefinition:
    """The same tables for readers of a server. It comes last: nothing it does or fails to do touches the file."""
    spec = dg.AssetSpec(
        POSTGRES,
        deps=[PUBLISHED],
        description="The published tables in PostgreSQL, with keys, indexes, comments and a role that may read: all of them replaced in one transaction. "
        "Skipped where ROTATION_POSTGRES is not set. A failure here leaves the published file as it is; `rotation postgres` loads it again.",
        group_name="publication",
        owners=OWNERS,
        kinds={"postgres"},
        tags={"layer": "publication"},
        skippable=True,
    )

    @dg.multi_asset(name="publish_to_postgres", specs=[spec])
    def publish(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        setting = options.settings.postgres
        if setting is None:
            context.log.info("Skipped: ROTATION_POSTGRES is not set, so readers have the file alone.")
            return
        publication = Publication(options.settings.published(options.warehouse.mode))
        manifest = publication.manifest()
        if manifest is None:
            raise PostgresError(unpublished(publication.folder))
        done = postgres.publish(setting.get_secret_value(), publication.database, manifest, keys(ensure_manifest(options.settings)))
        yield dg.MaterializeResult(
            POSTGRES,
            metadata={
                "database": done.where,
                "run": str(manifest["run_id"]),
                "as of": str(manifest["as_of_date"]),
                "market": str(manifest["source_mode"]),
                "tables": done.tables,
                "dagster/row_count": done.rows,
                "seconds": round(done.seconds, 1),
                "seconds of them waited for readers": round(done.waited_s, 1),
            },
        )

    return publish
