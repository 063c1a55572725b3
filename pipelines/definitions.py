"""The code location: assets, checks, job, schedule and sensors put together, nothing else."""

from typing import Any

import dagster as dg

from pipelines.alerts.sensors import failed_runs, late_data
from pipelines.assets.backfill_job import backfill_years
from pipelines.assets.lake import lake_asset
from pipelines.assets.landing.assets import drop_assets, provider_assets
from pipelines.assets.landing.calendar import clock_day, exchange_sessions
from pipelines.assets.models import dbt_models
from pipelines.assets.postgres import postgres_asset
from pipelines.assets.publish import Faces, candidate_asset, published_asset
from pipelines.progress import progress_logger
from pipelines.resources.dbt import Part
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions
from pipelines.schedules import daily, dropped
from pipelines.settings import settings
from pipelines.sources.readers import READERS

# What the launchpad shows, filled in: every option of a run that a person may want, with what it is when left alone.
FORM = {
    "resources": {
        "options": {
            "config": {"sources": settings().sources.upper(), "as_of": None, "mirror": None, "force": False, "accept": {}, "wait_s": 0.0}
        }
    },
    "loggers": {"progress": {}},
}


def build_defs(*, part: Part | None = None, faces: Faces | None = None, **overrides: Any) -> dg.Definitions:
    """All definitions; `overrides` replace resources by name, so that tests swap one instead of patching. `part`: of the dbt models
    these alone; `faces`: another page and answer, for a part that has not what they read."""
    models = dbt_models(part)
    landed = [clock_day, exchange_sessions, *(provider_assets(p) for p in READERS), drop_assets()]
    job = dg.define_asset_job(
        "rotation",
        selection=dg.AssetSelection.all(),
        description="Fetch, check, model, check, publish: what `make run` does. Another day or market: Launchpad.",
        config=FORM,
    )
    return dg.Definitions(
        assets=[*landed, models, candidate_asset(list(models.keys)), published_asset(faces), postgres_asset(), lake_asset()],
        jobs=[job, backfill_years],
        schedules=[daily(job.name)],
        sensors=[dropped(job.name), failed_runs(), late_data()],
        resources={"options": RunOptions(as_of=None, mirror=None, now=None), "providers": Providers(), **overrides},
        loggers={"progress": progress_logger},
        # one process writes: DuckDB refuses a second one
        executor=dg.in_process_executor,
    )


defs = build_defs()
