"""History by provider and year: landed through gate 1, gone on with after a kill, and nothing asked for twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import requests
from requests.adapters import BaseAdapter

from pipelines.assets.backfill import BackfillError, Done, Pace, Part, backfill, chosen, years
from pipelines.definitions import build_defs
from pipelines.resources.market import Providers
from pipelines.resources.run import RunOptions, Sources
from pipelines.sample.wire import Answer, SampleTransport, _response
from pipelines.settings import ROOT, Settings
from pipelines.sources.journal import landings

SPAN = (date(2015, 6, 1), date(2017, 3, 31))
TWO = ("DGS10", "R2000")
Spoil = Callable[[requests.PreparedRequest, requests.Response], requests.Response]


class Listening(BaseAdapter):
    """The sample market, counted, and spoiled where a test wants it."""

    def __init__(self, as_of: date, asked: list[str], spoil: Spoil) -> None:
        super().__init__()
        self._market, self._asked, self._spoil = SampleTransport(as_of), asked, spoil

    def send(self, request: requests.PreparedRequest, *_: Any, **others: Any) -> requests.Response:
        self._asked.append(str(request.url))
        return self._spoil(request, self._market.send(request, others.get("stream", False)))

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Counted(Providers):
    """Providers whose requests a test counts."""

    asked: list[str] = field(default_factory=list)
    spoil: Spoil = lambda request, answer: answer

    def sample(self, as_of: date) -> BaseAdapter:
        return Listening(as_of, self.asked, self.spoil)


@pytest.fixture
def providers(warehouse: Settings) -> Counted:
    return Counted()


def options() -> RunOptions:
    return RunOptions(sources=Sources.SAMPLE, as_of=None, mirror=None, now="2026-01-09T23:00:00+00:00")


def land(providers: Providers, series: tuple[str, ...] = TWO, span: tuple[date, date] = SPAN) -> Generator[Done, None, None]:
    return backfill(options(), providers, chosen([], series), span)


def held(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.work_file("sample")), read_only=True) as connection:
        return connection.execute(sql).fetchall()


CLOSES = "select year(session_date), count(*) from raw.yahoo_bars group by all order by all"


def test_a_span_is_cut_into_calendar_years() -> None:
    assert years((date(2015, 6, 1), date(2017, 3, 31))) == [
        (date(2015, 6, 1), date(2015, 12, 31)),
        (date(2016, 1, 1), date(2016, 12, 31)),
        (date(2017, 1, 1), date(2017, 3, 31)),
    ]
    assert years((date(2016, 2, 1), date(2016, 2, 3))) == [(date(2016, 2, 1), date(2016, 2, 3))]


def test_each_year_is_landed_and_each_answer_fetched_once(providers: Counted, warehouse: Settings) -> None:
    done = list(land(providers))
    assert [(d.part.provider, d.part.days[0].year, d.number, d.parts_n) for d in done] == [
        (p, y, n, 6) for n, (p, y) in enumerate([(p, y) for p in ("yahoo", "fred") for y in (2015, 2016, 2017)], start=1)
    ]
    assert [d.fetched_n for d in done] == [1, 0, 0, 1, 0, 0]
    assert len(providers.asked) == 2
    found = dict(held(warehouse, CLOSES))
    assert set(found) == {2015, 2016, 2017}
    assert found[2016] == 252
    of_2016 = [d.new_rows for d in done if d.part.provider == "yahoo" and d.part.days[0].year == 2016]
    assert of_2016 == [2 * 252]  # closes and adjusted closes
    assert held(warehouse, "select min(session_date), max(session_date) from raw.yahoo_bars") == [SPAN]
    assert held(warehouse, "select count(*) from raw.yahoo_bars where known_on <> session_date") == [(0,)]
    assert done[-1].seconds_left == 0
    assert all(d.seconds_left > 0 for d in done[:-1])


def test_a_second_backfill_asks_nobody(providers: Counted) -> None:
    list(land(providers))
    providers.asked.clear()
    assert list(land(providers)) == []
    assert list(land(providers, span=(date(2016, 2, 1), date(2016, 12, 31)))) == []
    assert providers.asked == []


def test_a_wider_span_and_another_series_ask_for_what_is_missing_only(providers: Counted) -> None:
    list(land(providers, ("R2000",), (date(2016, 1, 1), date(2016, 12, 31))))
    done = list(land(providers, TWO, (date(2015, 6, 1), date(2016, 12, 31))))
    assert [(d.part.provider, d.part.days[0].year) for d in done] == [("yahoo", 2015), ("fred", 2015), ("fred", 2016)]


def test_after_a_stop_it_goes_on_at_the_last_whole_part(providers: Counted, warehouse: Settings) -> None:
    with closing(land(providers)) as one_after_the_other:
        assert next(one_after_the_other).part.days[0].year == 2015
    providers.asked.clear()
    done = list(land(providers))
    assert [(d.part.provider, d.part.days[0].year) for d in done][:3] == [("yahoo", 2016), ("yahoo", 2017), ("fred", 2015)]
    assert [url for url in providers.asked if "yahoo" in url] == []  # the answer of this day is in the archive
    assert dict(held(warehouse, CLOSES))[2016] == 252


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_ends_as_if_it_had_not_been(providers: Counted, warehouse: Settings, tmp_path: Path) -> None:
    """SIGKILL at the first part that is told; the same command again ends with the rows of an undisturbed one."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [sys.executable, "-m", "pipelines.cli", "backfill", "--sources", "sample", "--from", str(SPAN[0]), "--to", str(SPAN[1])]
    command += [word for s in TWO for word in ("--series", s)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if "yahoo 2015" in line)
        os.kill(process.pid, signal.SIGKILL)
    assert "(1 of 6): 1 series, 1 answers fetched" in told
    assert process.returncode == -signal.SIGKILL
    done = list(land(providers))
    assert 3 <= len(done) <= 5
    assert all(d.parts_n == len(done) for d in done)
    killed = held(warehouse, "select symbol, session_date, close, known_on from raw.yahoo_bars order by all")
    assert len(killed) == len({(s, d) for s, d, *_ in killed})
    assert {one.state for one in landings(warehouse.journal("sample"))} <= {"merged", "begun", "dropped"}
    assert list(land(providers)) == []
    assert dict(held(warehouse, CLOSES))[2016] == 252


def test_a_provider_that_has_enough_of_us_is_left_alone_and_asked_later_for_the_rest(providers: Counted, warehouse: Settings) -> None:
    """Status 429: no further series of it, no further year; another provider goes on. The same command takes it up again."""

    def too_often(request: requests.PreparedRequest, answer: requests.Response) -> requests.Response:
        if "fred" in str(request.url) and len([u for u in providers.asked if "fred" in u]) > 1:
            answer.status_code = 429
        return answer

    providers.spoil = too_often
    done = list(land(providers, ("DGS10", "DGS2", "VIXCLS")))
    assert len(done) == 1
    assert "status 429" in str(done[0].said)
    assert "goes on from here" in str(done[0].said)
    assert len(providers.asked) == 2
    providers.asked.clear()
    providers.spoil = lambda request, answer: answer
    done = list(land(providers, ("DGS10", "DGS2", "VIXCLS")))
    assert next([s.series_id for s in d.part.series] for d in done) == [
        s for s in ("DGS10", "DGS2", "VIXCLS") if s not in merged_in_2015(warehouse)
    ]
    assert len(providers.asked) == 2
    assert list(land(providers, ("DGS10", "DGS2", "VIXCLS"))) == []


def merged_in_2015(settings: Settings) -> set[str]:
    """The first series of the part that was refused: the only one whose first span was merged before the others."""
    sql = "select arg_min(series_id, pulled_at) from quality.asked_spans where source = 'fred'"
    return {row[0] for row in held(settings, sql)}


def test_what_fails_gate_1_is_set_aside_with_its_reason_and_its_later_years_wait(providers: Counted, warehouse: Settings) -> None:
    def poisoned(request: requests.PreparedRequest, answer: requests.Response) -> requests.Response:
        """A close a hundred times too high, in the second year."""
        if "RUT" not in str(request.url):
            return answer
        document = answer.json()
        result = document["chart"]["result"][0]
        quote = result["indicators"]["quote"][0]
        for name in ("open", "high", "low", "close"):
            quote[name][200] = quote[name][200] * 100
        return _response(request, Answer(200, "application/json", json.dumps(document).encode()), stream=True)

    providers.spoil = poisoned
    done = list(land(providers))
    assert [(d.part.provider, d.part.days[0].year, bool(d.failing)) for d in done] == [
        ("yahoo", 2015, False), ("yahoo", 2016, True), ("fred", 2015, False), ("fred", 2016, False), ("fred", 2017, False),
    ]  # fmt: skip
    assert "R2000 for raw.yahoo_bars" in done[1].failing["R2000"]
    assert set(dict(held(warehouse, CLOSES))) == {2015}
    assert held(warehouse, "select count(*) > 0 from quality.quarantine where table_name = 'raw.yahoo_bars'") == [(True,)]


def test_a_later_backfill_revises_nothing_that_was_not_revised(providers: Counted, warehouse: Settings) -> None:
    list(land(providers))
    list(land(providers, span=(SPAN[0] - timedelta(days=90), SPAN[1])))
    assert held(warehouse, "select sum(revised_rows) from quality.source_pulls") == [(0,)]


def test_the_first_run_after_a_backfill_still_asks_for_all_there_is(providers: Counted, warehouse: Settings) -> None:
    """Else the years before the span would never be asked for. The second run asks for its overlap only."""
    list(land(providers, ("R2000",)))
    providers.asked.clear()
    job = build_defs(providers=providers).resolve_job_def("rotation")
    config = {"resources": {"options": {"config": {"sources": "SAMPLE"}}}}
    steps = [dg.AssetKey(["raw", n]) for n in ("clock_day", "exchange_sessions", "yahoo_bars", "yahoo_adjusted_closes", "yahoo_actions")]
    for _ in range(2):
        assert job.execute_in_process(run_config=config, asset_selection=steps).success
    first, second = (int(url.split("period1=")[1].split("&")[0]) for url in providers.asked if "%5ERUT" in url)
    assert first < 0  # from before 1970 on
    assert second > 1_700_000_000
    assert held(warehouse, "select sum(revised_rows) from quality.source_pulls") == [(0,)]


def test_the_landings_are_in_the_index_with_span_part_and_series(providers: Counted, warehouse: Settings) -> None:
    list(land(providers, ("R2000",)))
    found = landings(warehouse.journal("sample"))
    assert [(one.provider, one.span, one.part, one.series, one.state) for one in found] == [
        ("yahoo", SPAN, days, ("R2000",), "merged") for days in years(SPAN)
    ]


@pytest.mark.parametrize(
    ("providers_wanted", "series_wanted", "message"),
    [
        (["nobody"], [], "--provider: expected .*yahoo.*found nobody"),
        (["shiller"], [], "shiller sends its whole file each time.*Leave it out"),
        ([], ["FF_SIZE_PORTFOLIOS"], "FF_SIZE_PORTFOLIOS: french sends its whole file"),
    ],
)
def test_what_cannot_be_asked_for_by_days_is_refused(providers_wanted: list[str], series_wanted: list[str], message: str) -> None:
    with pytest.raises(BackfillError, match=message):
        chosen(providers_wanted, series_wanted)


def test_what_costs_is_asked_for_only_by_name() -> None:
    assert "sec" not in chosen([], [])
    assert set(chosen(["sec"], [])) == {"sec"}


@pytest.mark.parametrize("span", [(date(2017, 1, 1), date(2016, 1, 1)), (date(2016, 1, 1), date(2030, 1, 1))])
def test_a_span_that_is_none_is_refused(providers: Counted, span: tuple[date, date]) -> None:
    with pytest.raises(BackfillError, match="expected --from before --to, and --to not after the as-of day 2026-01-09"):
        next(land(providers, span=span))


def test_the_estimate_goes_by_answers_to_fetch_and_years_to_read() -> None:
    one, two = (next(iter(chosen([], names).values())) for names in (("R2000",), ("DGS10", "DGS2")))
    parts = [Part("yahoo", SPAN, d, one) for d in years(SPAN)] + [Part("fred", SPAN, d, two) for d in years(SPAN)]
    pace = Pace(fetching_s=4, fetched_n=1, reading_s=0, read_n=0)
    assert pace.left(parts[1:], parts[0]) == 2 * 4  # the two answers of the next provider
    pace = Pace(fetching_s=4, fetched_n=1, reading_s=1, read_n=2)
    assert pace.left(parts[3:], parts[2]) == 2 * 4 + 2 * 0.5
    assert pace.left([], parts[-1]) == 0


def test_the_partitioned_job_lands_a_year(providers: Counted, warehouse: Settings) -> None:
    job = build_defs(providers=providers).resolve_job_def("backfill_years")
    config = {
        "resources": {"options": {"config": {"sources": "SAMPLE"}}},
        "ops": {"land_a_year": {"config": {"series": ["R2000"]}}},
    }
    for asked_n in (1, 1):  # the second time there is nothing left to ask for
        result = job.execute_in_process(run_config=config, partition_key="2016")
        assert result.success
        assert len(providers.asked) == asked_n
    assert held(warehouse, CLOSES) == [(2016, 252)]
    assert isinstance(job.partitions_def, dg.TimeWindowPartitionsDefinition)
