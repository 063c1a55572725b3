"""The index of the archive, and the client that has nothing but it: what was asked, what came, and no way out."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.sources import fred
from pipelines.sources.archive import Archive
from pipelines.sources.archived import ArchivedClient
from pipelines.sources.interface import SourceError, Window
from pipelines.sources.journal import Journal, JournalError, Landing, answers_of, landings, unsettled

EVENING = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
FRIDAY = date(2026, 1, 9)
WINDOW = Window(None, FRIDAY)
CSV = b"observation_date,DGS10\n2026-01-07,4.1\n2026-01-08,4.2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive" / "journal" / "live"


def landing(run_id: str = "run-1", at: datetime = EVENING, **others: Any) -> Landing:
    return Landing(run_id, "fred", FRIDAY, at, **others)


def landed(folder: Path, told: Any, series: Any, content: bytes = CSV, status: int = 200) -> Landing:
    """One series asked for and noted, as a run does it."""
    journal = Journal.of_run(folder, "run-1")
    journal.begin(landing(has_contact=True, series=("DGS10",), force=True))
    here = told(content, status)
    here.client.journal = journal
    try:
        fred.read(series("DGS10"), here.client, WINDOW)
    except SourceError:
        journal.mark("merging")
    journal.mark("merged")
    return landings(folder)[-1]


def test_an_answer_is_read_again_as_it_was_at_the_time_it_came(folder: Path, told: Any, series: Any, archive: Archive) -> None:
    one = landed(folder, told, series)
    first = fred.read(series("DGS10"), told(CSV).client, WINDOW)
    client = ArchivedClient(archive, one)
    again = fred.read(series("DGS10"), client, WINDOW)
    assert again["fred_observations"].equals(first["fred_observations"])
    assert client.receipts == [a.receipt for a in one.answers]
    assert client.receipts[0].pulled_at == EVENING
    assert client.now() == EVENING
    assert client.gaps == []
    assert one.force  # so that a rebuild asks as that run did


def test_a_refusal_is_told_again_in_its_own_words(folder: Path, told: Any, series: Any, archive: Archive) -> None:
    one = landed(folder, told, series, b"", 503)
    with pytest.raises(SourceError) as first:
        fred.read(series("DGS10"), told(b"", 503).client, WINDOW)
    client = ArchivedClient(archive, one)
    with pytest.raises(SourceError) as again:
        fred.read(series("DGS10"), client, WINDOW)
    assert str(again.value) == str(first.value)
    assert client.gaps == []


def test_what_was_not_asked_then_is_a_gap_with_its_cure_and_nobody_is_asked(folder: Path, told: Any, series: Any, archive: Archive) -> None:
    client = ArchivedClient(archive, landed(folder, told, series))
    with pytest.raises(SourceError, match=r"expected an answer to GET https://fred\.stlouisfed\.org.*DGS2.*rotation backfill"):
        fred.read(series("DGS2"), client, WINDOW)
    assert len(client.gaps) == 1
    with pytest.raises(SourceError, match="no request to anybody"):
        client._session.get("https://fred.stlouisfed.org/", timeout=1)


@pytest.mark.parametrize("spoil", ["gone", "other bytes", "not compressed"])
def test_a_payload_that_is_gone_or_damaged_is_a_gap(folder: Path, told: Any, series: Any, archive: Archive, spoil: str) -> None:
    one = landed(folder, told, series)
    receipt = one.answers[0].receipt
    assert receipt is not None
    path, other = archive.path("fred", receipt.sha256), archive.path("fred", archive.store("fred", b"other"))
    if spoil == "gone":
        path.unlink()
    else:
        path.write_bytes(other.read_bytes() if spoil == "other bytes" else CSV)
    client = ArchivedClient(archive, one)
    with pytest.raises(SourceError, match=f"payload {path.stem}"):
        fred.read(series("DGS10"), client, WINDOW)
    assert len(client.gaps) == 1


def test_runs_stand_in_the_order_they_began(folder: Path) -> None:
    for run in ("b", "a", "c"):
        Journal.of_run(folder, run).begin(landing(run))
    Journal.of_run(folder, "b").begin(landing("b"))
    assert [(p.name[:6], p.stem[7:]) for p in sorted(folder.iterdir())] == [("000001", "b"), ("000002", "a"), ("000003", "c")]
    assert [one.run_id for one in landings(folder)] == ["b", "b", "a", "c"]


def test_a_landing_is_read_as_it_was_written(folder: Path) -> None:
    span = (date(2015, 1, 1), date(2016, 12, 31))
    one = landing(has_token=True, asks={"sec_data_sets": ("2025q1",)}, span=span, part=(span[0], date(2015, 12, 31)), series=("A", "B"))
    Journal.of_run(folder, "run-1").begin(one)
    assert landings(folder) == [one]


def test_a_line_cut_short_by_a_kill_is_the_last_that_is_read(folder: Path) -> None:
    journal = Journal.of_run(folder, "run-1")
    journal.begin(landing())
    journal.mark("merging")
    with journal.file.open("ab") as file:
        file.write(b'{"state": "mer')
    assert [one.state for one in landings(folder)] == ["merging"]
    found = unsettled(folder)
    assert found is not None
    found[0].mark("dropped")
    assert [one.state for one in landings(folder)] == ["dropped"]
    assert unsettled(folder) is None


@pytest.mark.parametrize("line", ["not json", '["a"]', '{"landing": "fred"}', '{"request": "GET x"}'])
def test_a_line_that_is_none_of_ours_names_file_line_and_cure(folder: Path, line: str) -> None:
    journal = Journal.of_run(folder, "run-1")
    journal.begin(landing())
    with journal.file.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(JournalError, match=r"000001-run-1\.jsonl line 2: expected a line of the archive's index.*from a copy"):
        landings(folder)


def test_answers_of_a_day_are_those_of_that_day_only(folder: Path, told: Any, series: Any) -> None:
    before = Journal.of_run(folder, "run-0")
    before.begin(landing("run-0", at=EVENING - timedelta(days=1)))
    before.refused("fred", "GET x", SourceError("fred", "a", "b", "c"))
    landed(folder, told, series)
    found = answers_of(folder, "fred", FRIDAY)
    assert [a.receipt is not None for a in found] == [True]
    assert answers_of(folder, "yahoo", FRIDAY) == []


def test_the_index_holds_no_secret(folder: Path, told: Any) -> None:
    journal = Journal.of_run(folder, "run-1")
    key = "canary-7f3a9c51d2"
    said = ""
    for status in (200, 403):
        here = told(b'{"a": 1}', status, tokens={"tiingo": key})
        here.client.journal = journal
        journal.begin(replace(landing(), has_token=bool(here.client.token("tiingo"))))
        try:
            here.client.get("tiingo", f"https://x.example/a?b={key}", headers={"Authorization": f"Token {key}"}, kind="json")
        except SourceError as problem:
            said = str(problem)
    text = journal.file.read_text(encoding="utf-8")
    assert "status 403" in said
    assert key not in text + said
    assert [json.loads(line).get("token") for line in text.splitlines()] == [True, None, True, None]
