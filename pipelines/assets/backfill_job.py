"""The backfill in the UI: a job with a partition a calendar year. Not for the work (backfill.py) or for publishing."""

from datetime import datetime

import dagster as dg

from pipelines.assets.backfill import backfill, chosen
from pipelines.assets.landing.calendar import requested_day
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions

FIRST_YEAR = 1926
YEARS = dg.TimeWindowPartitionsDefinition(
    start=datetime(FIRST_YEAR, 1, 1),  # noqa: DTZ001 - years of no zone
    fmt="%Y",
    cron_schedule="0 0 1 1 *",
    end_offset=1,  # the year at work counts, up to the as-of day
)


class Wanted(dg.Config):
    """What to ask for; empty: everything that can be asked for by days."""

    providers: list[str] = []  # noqa: RUF012 - Dagster's form of a default
    series: list[str] = []  # noqa: RUF012


@dg.op(description="One calendar year of history, by provider, through gate 1. What was asked for before is not asked for again.")
def land_a_year(context: dg.OpExecutionContext, config: Wanted, options: RunOptions, providers: dg.ResourceParam[Providers]) -> None:
    """Land the year of the partition.

    Raises:
        dg.Failure: series were set aside; each with its reason.
    """
    year, as_of = int(context.partition_key), requested_day(options)
    span = (datetime(year, 1, 1).date(), min(datetime(year, 12, 31).date(), as_of))  # noqa: DTZ001
    done = list(backfill(options, providers, chosen(config.providers, config.series), span))
    failing = {series: why for one in done for series, why in one.failing.items()}
    context.add_output_metadata(
        {
            "answers fetched": sum(d.fetched_n for d in done),
            "new rows": sum(d.new_rows for d in done),
            "already there": not done,
            "not asked": "; ".join(d.said for d in done if d.said) or "none",
        }
    )
    if failing:
        raise dg.Failure(description=f"{year}: " + " | ".join(f"{s}: {why}" for s, why in failing.items()), allow_retries=False)


@dg.job(
    partitions_def=YEARS,
    description="History year by year, beside the daily runs: it fills the raw tables; the next run publishes. The same as `rotation backfill`.",
)
def backfill_years() -> None:
    """One op."""
    land_a_year()
