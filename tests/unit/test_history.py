"""`rotation backfill` and `rotation rebuild` at a terminal: what they say, as text and as JSON, and how they end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from pipelines.assets import rebuild as work
from pipelines.assets.rebuild import Difference, RebuildError, Rebuilt
from pipelines.resources.run import Alone
from pipelines.settings import Settings

Said = tuple[int, str, str]
SAME = Rebuilt(Path("/w/rebuild/sample/work.duckdb"), 24, "487e74f9-1", 52)


@pytest.fixture
def rotation(warehouse: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def command(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["rotation", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join(said.out.split()), " ".join(said.err.split())  # however wide the terminal is

    return command


def backfill(rotation: Callable[..., Said], *others: str) -> Said:
    return rotation("backfill", "--sources", "sample", "--from", "2016-06-01", "--to", "2017-03-31", "--series", "DGS10", *others)


def test_progress_estimate_and_the_next_step_are_told_and_the_second_time_nothing_is_fetched(rotation: Callable[..., Said]) -> None:
    code, out, err = backfill(rotation)
    assert code == 0
    assert "fred 2016 (1 of 2): 1 series, 1 answers fetched" in err
    assert "s left" in " ".join(err.split())
    assert "fred 2017 (2 of 2): 1 series, 0 answers fetched" in err
    assert "2 parts, 1 answers fetched" in out
    assert "rotation run --sources sample" in out
    code, out, err = backfill(rotation)
    assert (code, err.strip()) == (0, "")
    assert "Nothing to fetch: all of 2016-06-01 to 2017-03-31 was asked for before" in out


def test_for_scripts_it_is_json(rotation: Callable[..., Said]) -> None:
    code, out, _ = backfill(rotation, "--json")
    told = json.loads(out)
    assert code == 0
    assert [(p["provider"], p["from"], p["to"], p["fetched_n"], p["failing"]) for p in told] == [
        ("fred", "2016-06-01", "2016-12-31", 1, {}), ("fred", "2017-01-01", "2017-03-31", 0, {}),
    ]  # fmt: skip
    assert json.loads(backfill(rotation, "--json")[1]) == []


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("--from", "2017-01-01", "--to", "2016-01-01"), "expected --from before --to", 1),
        (("--from", "yesterday", "--to", "2016-01-01"), "expected a day as YYYY-MM-DD, found 'yesterday'", 2),
        (("--from", "2016-01-01", "--to", "2016-02-01", "--provider", "french"), "french sends its whole file each time", 1),
        (("--from", "2016-01-01", "--to", "2016-02-01", "--series", "NOSUCH"), "NOSUCH", 1),
    ],
)
def test_what_cannot_be_is_refused_with_its_cure(
    rotation: Callable[..., Said], arguments: tuple[str, ...], message: str, code: int
) -> None:
    found, _, err = rotation("backfill", "--sources", "sample", *arguments)
    assert found == code
    assert message in err
    assert "Traceback" not in err


def test_a_backfill_beside_a_run_is_refused(rotation: Callable[..., Said], warehouse: Settings) -> None:
    with Alone(warehouse, "sample", "run 1234"):
        code, _, err = backfill(rotation)
    assert code == 1
    assert "is being written by process" in err
    assert "(run 1234)" in err


@pytest.mark.parametrize(
    ("found", "code", "told"),
    [
        (SAME, 0, ["24 landings replayed", "The same: 52 tables of marts and reference have the hashes of run 487e74f9", "--install"]),
        (Rebuilt(SAME.file, 3, None), 0, ["Nothing was ever published"]),
        (
            Rebuilt(SAME.file, 24, "487e74f9-1", 52, (Difference("marts.fct_rates_daily", 7, 8, "1 published rows are not here"),)),
            1,
            ["Not as published by run 487e74f9", "marts.fct_rates_daily", "1 published rows are not here", "git revision"],
        ),
        (Rebuilt(SAME.file, 24, "487e74f9-1", 52, broken=("gate 3, x: 4 rows",), skipped=("y",)), 1, ["gate 3, x: 4 rows", "y: no reader"]),
        (Rebuilt(SAME.file, 24, "487e74f9-1", broken=("model.x: no",)), 1, ["gate closed model.x: no", "Nothing was compared"]),
    ],
)
def test_a_rebuild_says_the_same_or_what_differs_and_why(
    rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, found: Rebuilt, code: int, told: list[str]
) -> None:
    monkeypatch.setattr(work, "rebuild", lambda *_, **__: found)
    ended, out, _ = rotation("rebuild", "--sources", "sample")
    assert ended == code
    assert [t for t in told if t not in out] == []
    as_json = json.loads(rotation("rebuild", "--sources", "sample", "--json")[1])
    assert (as_json["run_id"], as_json["landings_n"], len(as_json["differences"])) == (
        found.run_id,
        found.landings_n,
        len(found.differences),
    )


def test_a_rebuild_that_cannot_be_is_told_without_a_stack(rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Rebuilt:
        raise RebuildError("the payload is missing. Put it back.")

    monkeypatch.setattr(work, "rebuild", refuse)
    assert rotation("rebuild", "--sources", "sample")[::2] == (1, "the payload is missing. Put it back.")
    monkeypatch.undo()


def test_an_empty_archive_says_what_begins_it(rotation: Callable[..., Said]) -> None:
    code, _, err = rotation("rebuild", "--sources", "sample")
    assert code == 1
    assert "expected the index of what was pulled, found no landing" in err
