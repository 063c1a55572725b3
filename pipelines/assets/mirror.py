"""The step that puts a publication where others read it, after the file. Not for the places themselves (postgres.py, lake.py)."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg

from pipelines.assets.publish import PUBLISHED
from pipelines.assets.told import OWNERS
from pipelines.resources.publication import Publication, unpublished
from pipelines.resources.run import RunOptions
from pipelines.settings import Settings

Place = TypeVar("Place")
Manifest = Mapping[str, Any]


def mirror_asset(
    key: dg.AssetKey,
    kind: str,
    description: str,
    place: Callable[[Settings], Place | None],
    skipped: str,
    put: Callable[[Place, Settings, Path, Manifest], Mapping[str, Any]],
    error: type[Exception],
) -> dg.AssetsDefinition:
    """The same tables elsewhere. It comes last: nothing it does or fails to do touches the file. `put` returns metadata.

    Raises, when it runs:
        error: nothing is published; or what `put` raises.
    """
    spec = dg.AssetSpec(
        key, deps=[PUBLISHED], description=description, group_name="publication", owners=OWNERS, kinds={kind}, tags={"layer": "publication"}, skippable=True
    )  # fmt: skip

    @dg.multi_asset(name=f"publish_to_{key.path[-1]}", specs=[spec])
    def publish(context: dg.AssetExecutionContext, options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        there = place(options.settings)
        if there is None:
            context.log.info(skipped)
            return
        publication = Publication(options.settings.published(options.warehouse.mode))
        manifest = publication.manifest()
        if manifest is None:
            raise error(unpublished(publication.folder))
        told = put(there, options.settings, publication.database, manifest)
        what = {"run": str(manifest["run_id"]), "as of": str(manifest["as_of_date"]), "market": str(manifest["source_mode"])}
        yield dg.MaterializeResult(key, metadata={**what, **told})

    return publish
