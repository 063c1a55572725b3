"""A gate that closed stays closed: over a night, past the button of a single asset, and in what is written of it. On a small market."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from worlds import published, rows, working_in

from bench.reliability.small import DAILY, WHOLE, SmallMarket, SmallProviders, vendor
from bench.reliability.spoils import too_high
from bench.reliability.warm import FACES
from pipelines import runner
from pipelines.assets.publish import PUBLISHED
from pipelines.definitions import build_defs
from pipelines.resources import dbt
from pipelines.settings import Settings

pytestmark = pytest.mark.slow
BEFORE, DAY, NEXT = date(2026, 1, 7), date(2026, 1, 8), date(2026, 1, 9)
JUMP, FUND = "no_jump_without_split:R2000", "fund_moves_with_its_index"


class Market:
    """A small market whose R2000 can be spoiled, and runs on it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.providers = SmallProviders(SmallMarket(), vendor())
        parsed = dbt.parse(settings, folder)
        self.whole, self.daily = (
            build_defs(part=dbt.Part(select, parsed), faces=FACES, providers=self.providers) for select in (WHOLE, DAILY)
        )

    def config(self, day: date, accept: dict[str, str]) -> dict[str, Any]:
        return runner.run_config("sample", day, accept=accept, now=f"{day}T23:30:00+00:00")

    def run(self, day: date, definitions: dg.Definitions | None = None, **accept: str) -> runner.Outcome:
        given = {name.replace("__", ":"): reason for name, reason in accept.items()}
        return runner.run(self.config(day, given), keep_events=False, definitions=definitions or self.daily)

    def materialize_alone(self, day: date, key: dg.AssetKey) -> dg.ExecuteInProcessResult:
        """As the button on the asset's page does it."""
        job = self.daily.resolve_implicit_global_asset_job_def().get_subset(asset_selection={key})
        return job.execute_in_process(run_config=self.config(day, {}), raise_on_error=False)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with working_in(tmp_path / "warehouse") as settings:
        yield settings


def test_a_bar_that_closed_gate_3_is_not_published_a_day_later_nor_by_hand_and_what_was_accepted_on_the_way_is_told(
    settings: Settings, tmp_path: Path
) -> None:
    market, publication = Market(settings, tmp_path / "dbt"), published(settings.warehouse)
    first = market.run(BEFORE, market.whole)
    assert first.is_published, first.failures

    market.providers.spoils["^RUT"] = too_high(1.3)
    stopped = market.run(DAY, no_jump_without_split__R2000="the exchange confirms it")
    assert not stopped.is_published
    assert any(FUND in f for f in stopped.failures)

    alone = market.materialize_alone(DAY, PUBLISHED)
    assert not alone.success
    said = str(next(e.step_failure_data.error for e in alone.all_events if e.is_step_failure))
    assert "nothing that gate 3 said" in said
    assert "materialize all assets of the job `rotation`" in said

    market.providers.spoils["^RUT"] = too_high(1.3, sessions_back=1)
    later = market.run(NEXT)
    assert not later.is_published
    assert any(FUND in f and str(DAY) in f for f in later.failures)
    assert (publication.manifest() or {})["run_id"] == first.run_id

    accepted = market.run(NEXT, fund_moves_with_its_index="the fund did not trade", index_moves_with_its_members="nor did they")
    assert accepted.is_published, accepted.failures
    told = (publication.manifest() or {})["accepted"]
    assert told[JUMP] == "the exchange confirms it"  # of the run that was stopped: its batch is in
    assert told[FUND] == "the fund did not trade"
    logged = "select distinct accepted ->> '$.\"no_jump_without_split:R2000\"' from quality.check_results where accepted like '%no_jump%'"
    assert rows(publication.database, logged) == [("the exchange confirms it",)]
