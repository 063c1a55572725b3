"""Targets, consensus, fundamentals and events in the drop folder: what is recognised, what is dated, what is refused. Not for gate 1."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import contracts
from pipelines.settings import ROOT
from pipelines.sources import drop

AS_OF, TODAY = date(2026, 1, 9), date(2026, 1, 10)
TARGETS = "Date,Ticker,Company,Price,Mean Target,High Target,Low Target,Analysts,Rating\n2026-01-08,AAA,A,20,25,30,18,7,buy\n"
CONSENSUS = "date,universe,period,sector,base,expected,growth %,source\n2026-01-08,R2000,2026Q1,,10,11,,desk\n"
SERIES = "Quarter End;Universe;Measure;Value;N;Source\n31.12.2025;R2000;domestic_revenue_pct;78,5;900;desk\n"
EVENTS = "event_id,kind,date,scheduled,title,known_on\ncpi,data_release,2026-02-11,yes,Consumer prices,2025-12-01\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """Write a file into the folder and read it as of 9 January 2026, the day before today."""

    def reading(name: str, content: str, taken_in: date | None = AS_OF) -> pl.DataFrame:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return drop.read(next(f for f in drop.scan(tmp_path) if f.path == path), taken_in, TODAY).frame.drop(drop.LINE)

    return reading


def problems(read: Any, name: str, content: str) -> list[tuple[Any, ...]]:
    with pytest.raises(drop.DropRefused) as caught:
        read(name, content)
    return caught.value.problems.rows()


def test_each_kind_comes_in_the_columns_of_its_table(read: Any) -> None:
    found = {
        "drop_targets": read("targets/L/t.csv", TARGETS),
        "drop_consensus": read("consensus/c.csv", CONSENSUS),
        "drop_fundamentals": read("fundamentals/f.csv", SERIES),
        "drop_events": read("events/e.csv", EVENTS),
    }
    for table, frame in found.items():
        assert frame.schema == contracts()[table].schema, table
    assert found["drop_targets"].row(0) == ("L", "AAA", date(2026, 1, 8), "A", 20, 25, 30, 18, 7, None)
    assert found["drop_consensus"].row(0) == ("R2000", "2026Q1", "all", date(2026, 1, 8), 10, 11, None, None, "desk")
    assert found["drop_fundamentals"].row(0)[:5] == (date(2025, 12, 31), "R2000", "domestic_revenue_pct", 78.5, 900)
    assert found["drop_events"].row(0)[2:4] == (date(2026, 2, 11), True)


def test_what_a_file_does_not_date_is_of_the_day_it_is_taken_in(read: Any) -> None:
    undated = TARGETS.replace("Date,", "").replace("2026-01-08,", "")
    assert read("targets/L/t.csv", undated)["captured_on"].to_list() == [AS_OF]
    assert read("consensus/c.csv", CONSENSUS.replace("2026-01-08", ""))["captured_on"].to_list() == [AS_OF]
    assert read("events/e.csv", EVENTS.replace("2025-12-01", ""))["announced_on"].to_list() == [AS_OF]
    with pytest.raises(drop.DropRefused, match="captured_on"):
        read("targets/L/u.csv", undated, None)


def test_a_capture_of_tomorrow_is_refused_with_its_line(read: Any) -> None:
    later = TARGETS + "2026-01-11,BBB,B,20,25,30,18,7,buy\n"
    assert problems(read, "targets/L/t.csv", later) == [(3, "captured_on", "2026-01-11", "lies in the future")]
    assert problems(read, "events/e.csv", EVENTS.replace("2025-12-01", "2026-01-11"))[0][1] == "announced_on"


@pytest.mark.parametrize("period", ["Q1 2026", "2026", "2026Q5", "FY26", "2026q1"])
def test_a_period_of_another_form_is_refused(read: Any, period: str) -> None:
    ((line, column, value, reason),) = problems(read, "consensus/c.csv", CONSENSUS.replace("2026Q1", period))
    assert (line, column, value) == (2, "period", period)
    assert "FY" in reason


def test_a_word_that_is_neither_true_nor_false_and_an_unknown_measure_are_refused(read: Any) -> None:
    assert problems(read, "events/e.csv", EVENTS.replace("yes", "maybe")) == [(2, "is_scheduled", "maybe", "is neither true nor false")]
    assert problems(read, "fundamentals/f.csv", SERIES.replace("domestic_revenue_pct", "leverage"))[0][1:3] == ("measure", "leverage")


@pytest.mark.parametrize("name", ["targets/t.csv", "consensus/R2000/c.csv", "targets/a b/t.csv", "events/x/e.csv"])
def test_a_file_in_the_wrong_place_is_told_the_right_one(read: Any, name: str) -> None:
    with pytest.raises(drop.DropRefused, match="targets/<list_id>/FILE"):
        read(name, TARGETS)


def test_the_examples_of_the_documentation_are_taken(read: Any) -> None:
    text = (ROOT / "docs" / "sources" / "drop.md").read_text()
    for kind in ("Targets", "Consensus", "Fundamentals", "Events"):
        block = text.split(f"**{kind}**")[1].split("\n\n    ")[1].split("\n\n")[0]
        content = "\n".join(line.strip() for line in block.splitlines()) + "\n"
        folder = f"{kind.lower()}/L" if kind == "Targets" else kind.lower()
        assert read(f"{folder}/example.csv", content).height == len(block.splitlines()) - 1
