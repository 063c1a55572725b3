"""Everything again out of the archive, with no way to the network: the same hashes, or the tables that differ and why."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from worlds import AT_ONCE, DAY_BY_DAY, contents, publish, published, rows, work_file, working_in

from bench.clone import clone
from pipelines import cli
from pipelines.assets.landing.index import settle
from pipelines.assets.rebuild import KEPT_AS, RebuildError, differences, rebuild
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Mode
from pipelines.sources.journal import Journal, landings

pytestmark = pytest.mark.slow
FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
SECOND = DAY_BY_DAY[1]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries to connect fails."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a rebuild asked the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def two_days(sample_day_by_day: dict[date, Path], tmp_path: Path) -> Path:
    """A warehouse of two runs, to work on."""
    return clone(sample_day_by_day[SECOND], tmp_path / "warehouse")


def again(folder: Path, mode: Mode = "sample", *, install: bool = False) -> Any:
    with working_in(folder) as settings:
        return rebuild(settings, mode, lambda _: None, install=install)


def raw_of(file: Path) -> dict[str, tuple[int, str]]:
    """Rows of every raw table, with a hash of what was observed, when it was known and when it was pulled."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = [
            n for (n,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw' order by all").fetchall()
        ]
        told = "select count(*), bit_xor(hash(row))::varchar from (select * exclude (provenance) from raw.{}) as row"
        return {n: connection.execute(told.format(n)).fetchall()[0] for n in names}


@pytest.mark.usefixtures("no_network")
def test_two_runs_are_rebuilt_with_the_same_hashes_and_the_next_run_goes_on(two_days: Path, sample_day_by_day: dict[date, Path]) -> None:
    before, shown = raw_of(work_file(two_days)), contents(two_days)
    shutil.rmtree(two_days / "candidate")
    found = again(two_days, install=True)
    assert found.is_same, found
    assert found.tables_n == len(shown) >= 50
    assert found.landings_n == len([one for one in landings(two_days / "archive" / "journal" / "sample") if one.state == "merged"])
    assert found.run_id == (published(two_days).manifest() or {})["run_id"]
    assert raw_of(work_file(two_days)) == before
    assert contents(two_days) == shown
    assert (work_file(two_days).parent / KEPT_AS).exists()
    with working_in(two_days):
        outcome = publish(AT_ONCE)
    assert outcome.is_published, outcome.failures
    assert contents(two_days) == contents(sample_day_by_day[AT_ONCE])


@pytest.mark.replay
@pytest.mark.usefixtures("no_network")
def test_two_runs_on_recorded_answers_are_rebuilt_with_the_same_hashes(replayed: dict[date, Path], tmp_path: Path) -> None:
    folder = clone(replayed[MONDAY], tmp_path / "warehouse")
    shutil.rmtree(folder / "drop")  # the vendor's files come out of the archive, too
    before = raw_of(work_file(folder, "live"))
    found = again(folder, "live")
    assert found.is_same, found
    assert found.tables_n == len(contents(folder, "live"))
    assert raw_of(found.file) == before
    assert raw_of(work_file(folder, "live")) == before  # without --install nothing is touched


def payload(folder: Path, provider: str) -> Path:
    """The first payload of a provider that the index names."""
    for one in landings(folder / "archive" / "journal" / "sample"):
        for answer in one.answers:
            if one.provider == provider and answer.receipt:
                return folder / "archive" / provider / f"{answer.receipt.sha256}.zst"
    raise AssertionError(f"no payload of {provider}")


@pytest.mark.parametrize("provider", ["yahoo", "fred", "drop", "sec"])
def test_a_missing_payload_is_named_before_anything_is_begun(two_days: Path, provider: str) -> None:
    gone = payload(two_days, provider)
    gone.unlink()
    with pytest.raises(
        RebuildError, match=rf"{gone.name}: expected the payload of .*, found no such file; \d+ of \d+ payloads are missing.*copy"
    ):
        again(two_days)
    assert not (two_days / "rebuild").exists()


def test_a_damaged_payload_is_named_with_its_run(two_days: Path) -> None:
    spoiled = payload(two_days, "yahoo")
    spoiled.unlink()  # the link, not the file other tests read
    spoiled.write_bytes(b"something else")
    with pytest.raises(
        RebuildError, match=rf"yahoo, run .* as of {DAY_BY_DAY[0]}: archive of yahoo: expected payload {spoiled.stem}, found a damaged file"
    ):
        again(two_days)


def test_without_the_index_or_a_run_of_it_there_is_no_rebuild(two_days: Path) -> None:
    index = two_days / "archive" / "journal" / "sample"
    max(index.iterdir()).unlink()
    with pytest.raises(
        RebuildError, match=r"expected run .*, the last publication, found 1 others.*put it back from a copy, or publish once more"
    ):
        again(two_days)
    shutil.rmtree(index)
    with pytest.raises(RebuildError, match=r"expected the index of what was pulled, found no landing.*rotation run --sources sample"):
        again(two_days)


def test_the_command_says_what_is_missing_and_ends_with_1(
    two_days: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payload(two_days, "fred").unlink()
    monkeypatch.setattr("sys.argv", ["rotation", "rebuild", "--sources", "sample"])
    with working_in(two_days), pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "payloads are missing. Put them back from a copy of the archive" in " ".join(capsys.readouterr().err.split())


CHANGES: dict[str, tuple[Callable[[duckdb.DuckDBPyConnection], Any], str]] = {
    "a value": (
        lambda c: c.execute(
            "update marts.fct_rates_daily set value_pct = 99 where value_pct = (select max(value_pct) from marts.fct_rates_daily)"
        ),
        "published rows are not here",
    ),
    "a row": (
        lambda c: c.execute("delete from marts.fct_rates_daily where rowid = 0"),
        "1 published rows are not here, 0 others are; such as",
    ),
    "a column": (
        lambda c: c.execute("alter table marts.fct_rates_daily rename value_pct to value_percent"),
        "other columns (value_pct, value_percent)",
    ),
    "a table": (lambda c: c.execute("drop table marts.fct_rates_daily"), "the models no longer make it"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_that_differs_is_listed_with_the_reason(two_days: Path, change: str) -> None:
    do, why = CHANGES[change]
    with working_in(two_days) as settings:
        candidate = settings.candidate_file("sample")
        candidate.unlink(missing_ok=True)
        shutil.copyfile(published(two_days).database, candidate)
        manifest = json.loads((two_days / "published" / "sample" / "manifest.json").read_text(encoding="utf-8"))
        with Warehouse(settings, "sample").candidate() as connection:
            do(connection)
            compared_n, found = differences(connection, settings, "sample", manifest)
    assert compared_n == len(contents(two_days))
    assert [d.table for d in found] == ["marts.fct_rates_daily"]
    assert why in found[0].why


@pytest.mark.parametrize(("logged", "state"), [(True, "merged"), (False, "dropped")])
def test_a_kill_between_merging_and_merged_is_settled_by_what_the_warehouse_holds(two_days: Path, logged: bool, state: str) -> None:
    index = two_days / "archive" / "journal" / "sample"
    last = landings(index)[-1]
    journal = Journal.of_run(index, last.run_id)
    text = journal.file.read_bytes()
    os.truncate(journal.file, text.rstrip(b"\n").rfind(b"\n") + 1)
    assert landings(index)[-1].state == "merging"
    with working_in(two_days) as settings, Warehouse(settings, "sample").work() as connection:
        if not logged:
            connection.execute("delete from quality.source_pulls where run_id = ? and source = ?", [last.run_id, last.provider])
        settle(connection, index)
    assert landings(index)[-1].state == state


def test_every_pull_of_the_log_is_in_the_index(two_days: Path) -> None:
    """Requests, hashes and runs that quality.source_pulls names are those of the index."""
    told = {
        (one.run_id, a.request, a.receipt.sha256)
        for one in landings(two_days / "archive" / "journal" / "sample")
        for a in one.answers
        if a.receipt
    }
    pulls = rows(work_file(two_days), "select distinct run_id, request, sha256 from quality.source_pulls where sha256 is not null")
    assert len(pulls) > 50
    assert {(run, request.split("; ")[-1], digest) for run, request, digest in pulls} <= told
    assert {request for _, joined, _ in pulls for request in joined.split("; ")} == {request for _, request, _ in told}
