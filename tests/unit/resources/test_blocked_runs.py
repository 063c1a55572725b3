"""What stopped a run is kept beside the working file, readable while it is written; a working file from before takes the new columns."""

from datetime import date, datetime

import duckdb
import pytest

from pipelines.checks.explain import fired
from pipelines.report.blocked import since_when
from pipelines.resources.blocked import Closed, append_blocked, blocked_runs, blocked_since, tell
from pipelines.resources.log_tables import LOG_TABLES
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Settings

CLOSED = Closed("gate 3", "marts.fct_x", "past_values_stay", "why", "R2000", 2, '[{"day": "1995-03-15"}]', "select 1")


def block(settings: Settings, run: str, *closed: Closed) -> None:
    with Warehouse(settings, "sample").work() as connection:
        append_blocked(connection, closed, run_id=run, as_of=date(2026, 1, 9), now=datetime(2026, 1, 10, 1, 2, 3), provenance="simulated")  # noqa: DTZ001
        tell(connection, settings, "sample", run)


def test_it_is_read_while_the_working_file_is_written(warehouse: Settings) -> None:
    block(warehouse, "first", CLOSED)
    block(warehouse, "second", CLOSED, Closed("gate 3", "marts.fct_y", "sector_counts_add_up", "why not"))
    with duckdb.connect(str(warehouse.work_file("sample"))):
        runs = blocked_runs(warehouse, "sample")
        said = since_when(warehouse, "sample")
        (one,) = fired(warehouse, "sample", "first")
    assert [[c["check_name"] for c in run] for run in runs] == [["past_values_stay", "sector_counts_add_up"], ["past_values_stay"]]
    assert said == (
        "nothing is published yet; runs blocked since then: 2, the newest second as of 2026-01-09 at 2026-01-10 01:02:03 UTC "
        "by gate 3, check past_values_stay of table marts.fct_x (R2000) and 1 more"
    )
    assert (one.check, one.source, one.rows, one.shown_by, one.stopped) == (
        "past_values_stay",
        "R2000",
        [{"day": "1995-03-15"}],
        "select 1",
        True,
    )


def test_a_run_that_was_blocked_twice_has_one_file_with_both(warehouse: Settings) -> None:
    block(warehouse, "run", CLOSED)
    block(warehouse, "run", Closed("gate 3", "marts.fct_y", "sector_counts_add_up", "why not"))
    (run,) = blocked_since(warehouse, "sample")
    assert [c["check_name"] for c in run] == ["past_values_stay", "sector_counts_add_up"]


def test_a_run_that_is_not_blocked_leaves_no_file(warehouse: Settings) -> None:
    block(warehouse, "run")
    assert blocked_runs(warehouse, "sample") == []
    assert since_when(warehouse, "sample") == "nothing is published yet; no run was blocked since"


def test_a_run_nobody_knows_is_said_to_be_none(warehouse: Settings) -> None:
    with pytest.raises(WarehouseError, match=r"Nothing of the sample market is published.*rotation run --sources sample"):
        fired(warehouse, "sample", "nobody")


def test_an_older_working_file_takes_the_new_columns_and_keeps_its_rows(warehouse: Settings) -> None:
    path = warehouse.work_file("sample")
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema quality; create table quality.blocked_runs (run_id varchar, as_of_date date, reason varchar)")
        connection.execute("insert into quality.blocked_runs values ('old', date '2025-01-02', 'it was')")
    with Warehouse(warehouse, "sample").work() as connection:
        columns = [row[0] for row in connection.execute("describe quality.blocked_runs").fetchall()]
        assert set(columns) == set(LOG_TABLES["blocked_runs"])
        assert connection.execute("select run_id, reason, check_name from quality.blocked_runs").fetchall() == [("old", "it was", None)]
