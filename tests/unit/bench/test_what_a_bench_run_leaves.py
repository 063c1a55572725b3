"""What a run of the bench measures, writes and says: rounds in turned order, every key asked for, missed told as missed. Not for what the sides compute."""

import io
import json
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.full_size import __main__ as bench
from bench.full_size import page
from bench.full_size.bars import Size
from bench.full_size.ground import Ground
from bench.full_size.marks import MARKS
from bench.full_size.results import verdict
from bench.full_size.rounds import Held, alternate, held, times
from bench.full_size.same import DifferentError
from bench.full_size.side import SideFailedError, Taken, run, run_process

WANTED = {  # as asked for: the most on 4 cores, on 2 cores
    "derive_vs_pandas": (0.20, 0.25),
    "derive_vs_polars": (0.55, 0.6),
    "derive_vs_copy": (7, 9),
    "daily_vs_full": (0.05, 0.05),
    "growth_symbols_2x": (2.1, 2.1),
    "growth_years_2x": (2.1, 2.1),
    "rss_vs_pandas": (0.33, 0.33),
    "limit_2gb_vs_free": (1.3, 1.3),
    "limit_2gb_peak_gb": (2.4, 2.4),
    "ingest_vs_ctas": (2.5, 3),
    "gates_share": (0.25, 0.25),
    "run_vs_dbt_build": (2, 2),
    "query_vs_raw": (0.2, 0.2),
    "readers_8_vs_1": (2, 3),
}


def quiet(_: str) -> None:
    """What is told on the way, heard by nobody."""


def stub(value: float) -> Callable[[Ground, Collection[str], int], Held]:
    """A contest whose every ratio scatters around a value."""

    def contest(ground: Ground, keys: Collection[str], rounds: int) -> Held:
        ground.rows[ground.size] = 1234
        ratios = {key: [value * (1 + 0.1 * n) for n in range(rounds)] for key in keys}
        return Held(ratios, {"a side": [1.0] * rounds}, {"a side": [5] * rounds}, {"a_model": [0.5] * rounds})

    return contest


def measured(monkeypatch: pytest.MonkeyPatch, out: Path, **contests: Callable[[Ground, Collection[str], int], Held]) -> tuple[int, str]:
    """A run whose contests are replaced: its exit code and what it printed."""
    replaced = {name: (contests.get(name, stub(0.01)), keys) for name, (_, keys) in bench.CONTESTS.items()}
    monkeypatch.setattr(bench, "CONTESTS", replaced)
    shown = io.StringIO()
    code = bench.measure(list(MARKS), Size(60, 3), 5, out, Console(file=shown, width=200))
    return code, shown.getvalue()


def test_rounds_alternate_and_the_first_one_does_not_count() -> None:
    order: list[str] = []
    seen: list[list[str]] = []

    def side(name: str, seconds: float) -> Callable[[], Taken]:
        def work() -> Taken:
            order.append(name)
            return Taken(seconds + len(order), 7)

        return work

    taken = alternate({"a": side("a", 1), "b": side("b", 2)}, 4, lambda _: seen.append(list(order)), quiet)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab" + "ba"
    assert seen == [["a", "b"]], "results are compared once, before a round counts"
    assert [one.seconds for one in taken["a"]] == [4, 7, 8, 11]
    assert times(taken, "a", "b") == [4 / 6, 7 / 7, 8 / 10, 11 / 11]
    assert held(taken, {}).peaks == {"a": [7] * 4, "b": [7] * 4}


def test_nothing_counts_where_the_sides_differ() -> None:
    runs: list[str] = []

    def side() -> Taken:
        runs.append("a")
        return Taken(1, 1)

    def differ(_: object) -> None:
        raise DifferentError("one row")

    with pytest.raises(DifferentError):
        alternate({"a": side}, 5, differ, quiet)
    assert runs == ["a"]


def test_every_ratio_asked_for_has_its_marks_and_a_contest() -> None:
    assert {key: (m.wanted_4_cores, m.wanted_2_cores) for key, m in MARKS.items() if m.wanted_2_cores is not None} == WANTED
    contested = [key for _, keys in bench.CONTESTS.values() for key in keys]
    assert sorted(contested) == sorted(MARKS)


def test_results_have_every_key_with_median_minimum_and_maximum(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, shown = measured(monkeypatch, tmp_path / "results.json")
    told = json.loads((tmp_path / "results.json").read_text())
    assert code == 0
    assert list(told["ratios"]) == list(MARKS)
    for key, one in told["ratios"].items():
        assert (one["min"], one["median"], one["max"]) == (0.01, 0.012, 0.014)
        assert (one["wanted_4_cores"], one["wanted_2_cores"]) == WANTED.get(key, (None, None))
        assert one["date"] == datetime.now(UTC).date().isoformat()
    assert {"cores", "memory_gb", "symbols", "years", "rows", "rounds", "versions", "seconds", "peaks", "models", "failed"} <= set(told)
    assert told["rows"] == 1234
    assert {"python", "duckdb", "polars", "pandas", "TA-Lib"} <= set(told["versions"])
    assert told["seconds"]["peers"] == {"a side": [1.0] * 5}
    assert shown.count("kept") == len(WANTED)
    assert "missed" not in shown


def test_rows_that_are_not_measured_again_stay_with_their_day_where_the_machine_and_the_versions_are_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "results.json"
    measured(monkeypatch, out, limit=stub(3))
    told = json.loads(out.read_text())
    for one in told["ratios"].values():
        one["date"] = "2026-01-09"
    out.write_text(json.dumps(told | {"failed": {"daily_vs_full": "ended by signal 9"}}))

    def again() -> dict[str, dict[str, Any]]:
        bench.measure(["daily_vs_full"], Size(60, 3), 5, out, Console(file=io.StringIO()))
        return dict(json.loads(out.read_text()))

    told = again()
    assert {key for key, one in told["ratios"].items() if one["date"] != "2026-01-09"} == {"daily_vs_full"}
    assert told["ratios"]["limit_2gb_vs_free"]["median"] == 3.6
    assert set(told["seconds"]) == set(bench.CONTESTS)
    assert told["failed"] == {}
    out.write_text(json.dumps(told | {"versions": told["versions"] | {"duckdb": "1.0.0"}}))
    assert set(again()["ratios"]) == {"daily_vs_full"}


def test_missed_is_told_as_missed_and_is_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(ground: Ground, keys: Collection[str], rounds: int) -> Held:
        raise SideFailedError("ended by signal 9")

    code, shown = measured(monkeypatch, tmp_path / "results.json", peers=stub(50), landing=fail)
    told = json.loads((tmp_path / "results.json").read_text())
    assert code == 0
    assert verdict(told, "derive_vs_pandas") == "missed"
    assert verdict(told, "derive_vs_talib") == ""
    assert verdict(told, "ingest_vs_ctas") == "missed: not measured"
    assert verdict(told, "daily_vs_full") == "kept"
    assert told["failed"]["gates_share"] == "ended by signal 9"
    assert "gates_share could not be measured: ended by signal 9" in shown


def test_sides_that_differ_fail_the_run_and_have_no_ratio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def differ(ground: Ground, keys: Collection[str], rounds: int) -> Held:
        raise DifferentError("rana differs in 3 of 9 rows")

    code, shown = measured(monkeypatch, tmp_path / "results.json", growth=differ)
    told = json.loads((tmp_path / "results.json").read_text())
    assert code == 1
    assert "the sides of growth differ. rana differs in 3 of 9 rows" in shown
    assert "growth_years_2x" not in told["ratios"]
    assert verdict(told, "growth_years_2x") == "missed: not measured"
    assert told["failed"]["growth_years_2x"] == "the sides differ: rana differs in 3 of 9 rows"


@pytest.mark.parametrize("arguments", [["derive_vs_excel"], ["--rounds", "4"]])
def test_a_row_there_is_none_of_and_too_few_rounds_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(arguments)
    assert ("There are derive_vs_pandas" in (said := capsys.readouterr().err)) or "expected 5 or more" in said


def test_the_peak_of_a_side_is_its_own_and_not_that_of_who_started_it() -> None:
    """This process has far more than the small one, and the large one's is counted though it was let go."""
    held = bytearray(b"x") * 200_000_000
    small, big = "", "b'x' * 150_000_000; "
    told = [
        int(
            run_process("a side", [sys.executable, "-c", f"{code}from bench.full_size.side import own_peak; print(own_peak())"]).said[
                "stdout"
            ]
        )
        for code in (small, big)
    ]
    assert told[0] < 100_000_000 < len(held)
    assert 150_000_000 < told[1] < 250_000_000


def test_a_side_that_fails_says_how(tmp_path: Path) -> None:
    with pytest.raises(SideFailedError, match="copied: exit code 1") as failed:
        run("copied", source=str(tmp_path / "none.duckdb"), target=str(tmp_path / "copy.duckdb"))
    assert "none.duckdb" in failed.value.said
    with pytest.raises(SideFailedError, match="a side: ended by signal 9"):
        run_process("a side", [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])


def test_the_page_is_written_from_the_results_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    measured(monkeypatch, tmp_path / "results.json", peers=stub(50), landing=stub(9))
    monkeypatch.undo()
    assert page.main(["--results", str(tmp_path / "results.json"), "--folder", str(tmp_path)]) == 0
    said = (tmp_path / "performance.md").read_text()
    assert all(f"| `{key}` |" in said for key in MARKS)
    assert "1,234 generated bars (60 symbols, 3 years)" in said
    assert "Missed: `derive_vs_pandas`, `derive_vs_polars`, `derive_vs_copy`, `rss_vs_pandas`, `ingest_vs_ctas`, `gates_share`." in said
    assert "`ingest_vs_ctas` is missed. All files of a run are one frame" in said
    assert "| 60.000 | 50.000 – 70.000 |" in said
    for name in ("ratios", "seconds", "memory", "models", "growth"):
        assert f"(performance/{name}.svg)" in said
        assert "<svg" in (tmp_path / "performance" / f"{name}.svg").read_text()
    assert "derive_vs_pandas" in (tmp_path / "performance" / "ratios.svg").read_text()


def test_without_results_the_page_says_what_to_do_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        page.main(["--results", str(tmp_path / "none.json")])
    assert "make bench" in capsys.readouterr().err
