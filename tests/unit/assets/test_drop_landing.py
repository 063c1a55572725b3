"""The drop folder through landing: good files once by their content, bad ones whole into quarantine with line, column, value and reason."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.assets.landing import drops
from pipelines.assets.landing.assets import judge_and_merge
from pipelines.assets.landing.batch import Scope
from pipelines.assets.landing.log import MOST_PROBLEMS
from pipelines.contracts import contracts
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.sources.exchange import to_sessions

AS_OF = date(2026, 1, 9)
HEAD = "Date,Symbol,Open,High,Low,Close,Volume\n"
GOOD = HEAD + "2026-01-08,AAA,10,12,9,11,1000\n2026-01-09,AAA,11,13,10,12.5,1100\n"
TABLES = [c for c in contracts().values() if c.provider == "drop"]

Land = Callable[..., dict[str, str]]


@pytest.fixture
def connection(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(warehouse, "live").work() as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


@pytest.fixture
def land(connection: duckdb.DuckDBPyConnection, folder: Path, tmp_path: Path) -> Land:
    """Put files into the folder and land what lies there, as a run would; gives what failed."""

    def landing(run: str, as_of: date = AS_OF, *, force: bool = False, **files: str) -> dict[str, str]:
        for name, content in files.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".csv").write_text(content)
        scope = Scope(run, as_of, as_of, "observed", to_sessions, datetime(2026, 1, 10), force=force)  # noqa: DTZ001
        pulls = drops.pulls(connection, folder, scope, lambda _: None)
        events = judge_and_merge(connection, scope, TABLES, pulls)
        while True:
            try:
                next(events)
            except StopIteration as end:
                drops.move_aside(connection, tmp_path / "quarantine", run, pulls, end.value)
                return dict(end.value)

    return landing


def asked(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def listed(tmp_path: Path, run: str, name: str) -> list[list[str]]:
    with (tmp_path / "quarantine" / run / f"{name}.problems.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_good_file_is_loaded_once_however_often_and_under_whatever_name_it_is_dropped(connection: Any, land: Land) -> None:
    assert land("1", bars__R2000__a=GOOD) == {}
    assert land("2") == {}
    assert land("3", bars__R2000__copy=GOOD) == {}
    assert land("4", bars__R2000__a=GOOD) == {}
    pulls = asked(connection, "select run_id, series_id, status, new_rows from quality.source_pulls")
    assert pulls == [("1", "bars/R2000/a.csv", "merged", 2)]
    assert asked(connection, "select count(*) from raw.drop_bars") == [(2,)]


def test_a_run_that_asks_for_everything_again_reads_a_file_again_and_finds_nothing_new(connection: Any, land: Land) -> None:
    assert land("1", bars__R2000__a=GOOD) == {}
    assert land("2", force=True) == {}
    assert asked(connection, "select run_id, status, new_rows from quality.source_pulls order by all") == [
        ("1", "merged", 2),
        ("2", "unchanged", 0),
    ]
    assert asked(connection, "select count(*) from raw.drop_bars") == [(2,)]


def test_two_copies_at_once_are_one_file_and_not_two_that_contradict(connection: Any, land: Land) -> None:
    assert land("1", bars__R2000__a=GOOD, bars__R2000__b=GOOD) == {}
    assert land("2") == {}
    assert asked(connection, "select count(*) from raw.drop_bars") == [(2,)]


def test_the_same_bytes_in_another_collection_are_other_bars(connection: Any, land: Land) -> None:
    assert land("1", bars__R2000__a=GOOD, bars__SP500__a=GOOD) == {}
    assert asked(connection, "select collection, count(*) from raw.drop_bars group by all order by all") == [("R2000", 2), ("SP500", 2)]


def test_a_file_that_was_corrected_is_another_file(connection: Any, land: Land) -> None:
    land("1", bars__R2000__a=GOOD)
    land("2", bars__R2000__a=GOOD.replace("12.5", "12.4"))
    assert asked(connection, "select run_id, new_rows, revised_rows from quality.source_pulls order by all") == [("1", 2, 0), ("2", 0, 1)]


def test_an_undated_list_dropped_again_tomorrow_is_the_list_of_today(connection: Any, land: Land) -> None:
    undated = "ticker,price,target_mean\nAAA,20,25\n"
    land("1", date(2026, 1, 8), targets__L__t=undated)
    land("2", date(2026, 1, 9), targets__L__again=undated)
    assert asked(connection, "select captured_on from raw.drop_targets") == [(date(2026, 1, 8),)]


def test_how_a_file_was_read_is_told_beside_it(connection: Any, land: Land, folder: Path) -> None:
    (folder / "bars" / "R2000").mkdir(parents=True)
    text = "Händler\n\n" + GOOD.replace(",", ";").replace("12.5", "12,5").replace("2026-01-08", "08.01.2026").replace(
        "2026-01-09", "09.01.2026"
    )
    (folder / "bars" / "R2000" / "a.csv").write_bytes(text.encode("cp1252"))
    assert land("1") == {}
    ((told,),) = asked(connection, "select message from quality.source_pulls")
    assert told == "text in Windows-1252 parted by ';', header in line 3, decimal comma, session_date as DD.MM.YYYY"


def test_a_file_that_cannot_be_read_is_in_quarantine_cell_by_cell(connection: Any, land: Land, folder: Path, tmp_path: Path) -> None:
    failing = land("1", bars__R2000__bad=GOOD + "2026-01-12,AAA,1,2,x,1.5,10.5\nsoon,,1,2,1,1.5,10\n")
    assert list(failing) == ["bars/R2000/bad.csv"]
    assert not list(folder.rglob("*.csv"))
    assert listed(tmp_path, "1", "bars/R2000/bad.csv") == [
        ["line", "column", "value", "reason"],
        ["4", "low", "x", "is not a number"],
        ["4", "volume", "10.5", "is not a whole number"],
        ["5", "session_date", "soon", "is not a date like the others (best: YYYY-MM-DD)"],
    ]
    rows = asked(connection, "select table_name, source, reason, row_json from quality.quarantine order by rowid")
    assert [r[:3] for r in rows] == [
        ("raw.drop_bars", "bars/R2000/bad.csv", "refused: is not a number"),
        ("raw.drop_bars", "bars/R2000/bad.csv", "refused: is not a whole number"),
        ("raw.drop_bars", "bars/R2000/bad.csv", "refused: is not a date like the others (best: YYYY-MM-DD)"),
    ]
    assert json.loads(rows[0][3]) == {"_line": 4, "_column": "low", "low": "x"}


def test_a_file_without_a_line_to_name_is_in_quarantine_as_a_whole(connection: Any, land: Land, tmp_path: Path) -> None:
    land("1", bars__R2000__bad="<html>", elsewhere__a=GOOD)
    rows = asked(connection, "select table_name, source, reason from quality.quarantine order by source")
    assert [r[:2] for r in rows] == [("raw.drop_bars", "bars/R2000/bad.csv"), ("none", "elsewhere/a.csv")]
    assert "header" in rows[0][2]
    assert "another place" in rows[1][2]
    assert not (tmp_path / "quarantine" / "1" / "bars/R2000/bad.csv.problems.csv").exists()
    assert "header" in (tmp_path / "quarantine" / "1" / "bars/R2000/bad.csv.reason.txt").read_text()


def test_of_endless_problems_the_quarantine_holds_the_first_and_the_file_all(connection: Any, land: Land, tmp_path: Path) -> None:
    land("1", bars__R2000__bad=HEAD + "soon,AAA,1,1,1,1,1\n" * (MOST_PROBLEMS + 5) + "2026-01-08,A,1,1,1,1,1\n" * 2000)
    assert asked(connection, "select count(*) from quality.quarantine") == [(MOST_PROBLEMS + 1,)]
    assert len(listed(tmp_path, "1", "bars/R2000/bad.csv")) == 1 + MOST_PROBLEMS + 5


def test_a_line_that_a_check_rejects_is_named_with_its_column(connection: Any, land: Land, tmp_path: Path) -> None:
    text = "Vendor\n\n" + GOOD + "2026-01-07,AAA,10,12,-9,11,1000\n2026-01-03,BBB,10,12,9,11,1000\n2026-01-06,AAA,10,9,8,9.5,1\n"
    failing = land("1", bars__R2000__bad=text)
    assert list(failing) == ["bars/R2000/bad.csv"]
    assert asked(connection, "select count(*) from raw.drop_bars") == [(0,)]
    header, *lines = listed(tmp_path, "1", "bars/R2000/bad.csv")
    assert header == ["line", "column", "value", "reason"]
    assert [line[:3] for line in lines] == [["6", "low", "'-9.0"], ["7", "", ""], ["8", "high", "9.0"]]
    assert [line[3].split(":")[0] for line in lines] == ["values_in_limits", "session_of_the_calendar", "high_is_highest"]
    reasons = asked(connection, "select row_json from quality.quarantine where reason like 'values_in_limits%'")
    assert {k: json.loads(reasons[0][0])[k] for k in ("_line", "_column", "low")} == {"_line": "6", "_column": "low", "low": "-9.0"}
