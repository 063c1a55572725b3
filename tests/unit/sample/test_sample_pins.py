"""The simulated market meets the published facts it is pinned to."""

import csv
from datetime import date

import numpy as np
import pytest

from pipelines.catalog import catalog
from pipelines.sample import policy
from pipelines.sample.calendar import SAMPLE_END
from pipelines.sample.facts import FACTS_FILE, facts
from pipelines.sample.indices import PINNED
from pipelines.sample.market import SampleMarket
from pipelines.settings import ROOT


@pytest.mark.parametrize(("series_id", "fact"), PINNED.items())
def test_index_closes_are_the_published_ones_to_the_cent(market: SampleMarket, series_id: str, fact: str) -> None:
    bars = market.bars(catalog()[series_id])
    closes = dict(zip(bars.days.tolist(), bars.close.tolist(), strict=True))
    assert facts(fact)
    assert {day: closes[day] for day in facts(fact)} == facts(fact)


def test_iwm_has_the_published_close_high_and_volume_of_the_last_day(market: SampleMarket) -> None:
    bars = market.bars(catalog()["IWM"])
    assert bars.days[-1].item() == SAMPLE_END
    assert (bars.close[-1], bars.high[-1], int(bars.volume[-1])) == (260.23, 261.56, 36_301_500)
    assert bars.low[-1] <= min(bars.open[-1], bars.close[-1])


def test_the_year_to_date_of_the_thesis_follows_from_the_pins(market: SampleMarket) -> None:
    found = {}
    for name in PINNED:
        bars = market.bars(catalog()[name])
        found[name] = round(100 * (bars.close[-1] / bars.close[np.searchsorted(bars.days, np.datetime64("2025-12-31"))] - 1), 3)
    assert found == {"R2000": 5.734, "SP500": 1.764, "NASDAQ_COMP": 1.847}


def test_the_target_range_makes_the_three_published_moves_of_2025_and_no_other_that_year() -> None:
    days = policy.every_day(date(2024, 12, 31), SAMPLE_END)
    upper = policy.range_upper(days)
    moved = np.flatnonzero(np.diff(upper)) + 1
    assert dict(zip(days[moved].tolist(), upper[moved].tolist(), strict=True)) == facts("Fed target range upper")
    assert set(np.diff(upper)[moved - 1].tolist()) == {-0.25}


def test_every_move_of_the_range_follows_a_meeting_day_of_the_events_seed() -> None:
    with (ROOT / "dbt_project" / "seeds" / "events.csv").open(newline="", encoding="utf-8") as handle:
        meetings = {date.fromisoformat(row["event_date"]) for row in csv.DictReader(handle) if row["kind"] == "fomc"}
    days = policy.every_day(policy.RANGE_START, SAMPLE_END)
    moved = days[np.flatnonzero(np.diff(policy.range_upper(days))) + 1].tolist()
    assert [day for day in moved if not meetings & {day, date.fromordinal(day.toordinal() - 1)}] == []


def test_annual_smb_of_2024_and_2025_is_the_published_one(market: SampleMarket) -> None:
    library = market.french
    found = dict(zip(library.years.tolist(), np.round(library.factors_annual[:, 1], 2).tolist(), strict=True))
    assert {day.year: value for day, value in facts("SMB annual").items()} == {2024: found[2024], 2025: found[2025]}


def test_every_shipped_fact_is_one_the_market_is_pinned_to() -> None:
    used = {*PINNED.values(), "IWM close", "IWM intraday high", "IWM volume", "Fed target range upper", "SMB annual"}
    lines = FACTS_FILE.read_text(encoding="utf-8").splitlines()[1:]
    assert {line.split(",")[0] for line in lines} == used
    assert all(line.split(",")[4] for line in lines)
