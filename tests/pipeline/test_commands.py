"""`rotation …` on a published sample: what it says, what it refuses, how it ends."""

import hashlib
import io
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from worlds import AT_ONCE, DAY_BY_DAY, contents, database, fingerprints, rows, working_in

from bench.clone import clone
from pipelines import runner
from pipelines.settings import ROOT, Settings

pytestmark = pytest.mark.slow
Said = tuple[int, str, str]


def test_status_says_what_is_published_how_fresh_and_what_passed(only_published: Path, rotation: Callable[..., Said]) -> None:
    code, out, err = rotation("status")
    assert code == 0
    assert "reading the sample publication" in err
    assert "SIMULATED sample publication" in out
    assert f"as of {AT_ONCE}" in out
    assert "marts.fct_relative_performance_daily" in out
    assert "fresh" in out
    code, out, _ = rotation("status", "--json", "--sources", "sample")
    told = json.loads(out)
    assert told["manifest"]["as_of_date"] == str(AT_ONCE)
    assert {f["series_id"]: f["status"] for f in told["freshness"]}["R2000"] == "fresh"


def test_sql_answers_and_says_that_it_is_simulated(only_published: Path, rotation: Callable[..., Said]) -> None:
    code, out, err = rotation("sql", "select count(*) as days from marts.fct_policy_moves")
    assert (code, "days" in out, "SIMULATED" in err) == (0, True, True)
    code, out, _ = rotation("sql", "--json", "select 1 as one, date '2026-01-02' as day")
    assert json.loads(out) == [{"one": 1, "day": "2026-01-02"}]


def test_sql_takes_a_query_from_a_file_and_from_standard_input(
    only_published: Path, rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "q.sql"
    file.write_text("select 41 + 1 as n;\n")
    assert json.loads(rotation("sql", "--json", "-f", str(file))[1]) == [{"n": 42}]
    monkeypatch.setattr("sys.stdin", io.StringIO("select 6 * 7 as n"))
    assert json.loads(rotation("sql", "--json")[1]) == [{"n": 42}]
    code, _, err = rotation("sql", "-f", str(tmp_path / "none.sql"))
    assert (code, "cannot be read from" in err) == (1, True)
    code, _, err = rotation("sql", "select 1", "-f", str(file))
    assert (code, "found both" in err) == (2, True)


def test_sql_draws_as_many_rows_as_asked_and_says_how_many_there_are(only_published: Path, rotation: Callable[..., Said]) -> None:
    code, out, _ = rotation("sql", "--limit", "2", "from range(120000)")
    assert (code, "2 of 120,000 rows shown" in out, out.count("│")) == (0, True, 4)
    assert rotation("sql", "from range(60)")[1].count("│") == 120, "all of them where it is no terminal"


def test_sql_writes_csv_that_is_safe_to_open(only_published: Path, rotation: Callable[..., Said]) -> None:
    code, out, err = rotation("sql", "--csv", "select '=1+1' as a, -1 as n")
    assert (code, out) == (0, "\ufeffa,n\r\n'=1+1,-1\r\n")
    assert "SIMULATED" in err
    code, _, err = rotation("sql", "--csv", "select [1] as many")
    assert (code, "many::varchar" in err) == (1, True)


def test_sql_knows_what_was_known(only_published: Path, rotation: Callable[..., Said]) -> None:
    known = "select count(*) as n from as_known('reference.observations', date '2024-06-01')"
    plain = "select count(*) as n from reference.observations where known_on <= date '2024-06-01' and coalesce(superseded_on, date '9999-12-31') > date '2024-06-01'"
    counts = [json.loads(rotation("sql", "--json", q)[1])[0]["n"] for q in (known, plain)]
    assert counts[0] == counts[1] > 10_000
    assert rows(database(only_published), "select count(*) from duckdb_functions() where function_name = 'as_known'") == [(0,)], (
        "no macro is published"
    )
    code, _, err = rotation("sql", "from as_known('marts.dim_metric', date '2024-06-01')")
    assert (code, "known_on" in err) == (1, True)


@pytest.mark.parametrize(
    "query",
    [
        "create table marts.mine as select 1",
        "insert into marts.dim_metric select * from marts.dim_metric",
        "update marts.fct_performance_daily set return_pct = 0",
        "delete from marts.dim_instrument",
        "drop table marts.dim_metric",
        "alter table marts.dim_metric rename to mine",
        "comment on table marts.dim_metric is 'mine'",
        "select 1; drop table marts.dim_metric",
        "from read_text('/etc/hostname')",
        "from read_csv('/etc/passwd')",
        "from '/etc/passwd'",
        "from glob('/*')",
        "copy marts.dim_metric to '{folder}/stolen.csv'",
        "export database '{folder}/stolen'",
        "attach '{folder}/other.duckdb' as other",
        "attach '{folder}/published/sample/rotation.duckdb' as again (read_write)",
        "install httpfs",
        "load httpfs",
        "from read_csv('https://example.org/x.csv')",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset enable_external_access",
        "create secret (type s3, key_id 'x', secret 'y')",
    ],
)  # fmt: skip
def test_sql_can_neither_write_nor_reach_anything_else(only_published: Path, rotation: Callable[..., Said], query: str) -> None:
    before, files = fingerprints(only_published), sorted(only_published.rglob("*"))
    code, out, err = rotation("sql", query.format(folder=only_published))
    assert code == 1
    assert "The query failed" in err
    assert "Traceback" not in err + out
    assert fingerprints(only_published) == before
    assert sorted(only_published.rglob("*")) == files


def test_rollback_goes_back_one_publication_then_to_a_named_one(
    three_days: Path, rotation: Callable[..., Said], sample_day_by_day: dict
) -> None:
    newest = json.loads((three_days / "published/sample/manifest.json").read_text())["run_id"]
    code, out, _ = rotation("rollback")
    assert (code, f"as of {DAY_BY_DAY[1]}" in out) == (0, True)
    assert fingerprints(three_days) == fingerprints(sample_day_by_day[DAY_BY_DAY[1]])
    code, _, err = rotation("rollback")
    assert (code, "nothing to roll back to" in err) == (1, True)
    code, out, _ = rotation("rollback", newest[:8])
    assert (code, f"as of {AT_ONCE}" in out) == (0, True)
    code, _, err = rotation("rollback", "never-made")
    assert (code, "There is no publication 'never-made'" in err) == (1, True)
    assert fingerprints(three_days) == fingerprints(sample_day_by_day[AT_ONCE])


def test_before_anything_is_published_commands_say_how_to_begin(warehouse: Settings, rotation: Callable[..., Said]) -> None:
    for command in (["status"], ["sql", "select 1"], ["explain"], ["export"], ["report"]):
        code, _, err = rotation(*command)
        assert (code, "Make one with `.venv/bin/rotation run --sources sample`" in err) == (1, True), err
        code, _, err = rotation(*command, "--sources", "live")
        assert (code, "Make one with `.venv/bin/rotation run --sources live`" in err) == (1, True), err


def test_the_first_questions_of_the_page_on_connecting_print_values(only_published: Path, rotation: Callable[..., Said]) -> None:
    page = (ROOT / "docs" / "bi" / "README.md").read_text(encoding="utf-8")
    questions = re.findall(r"^    \.venv/bin/rotation sql (--json )?(\"[^\"]+\")$", page, flags=re.MULTILINE)
    assert len(questions) == 2
    for form, query in questions:
        code, out, err = rotation("sql", *form.split(), *shlex.split(query))
        assert (code, bool(out.strip())) == (0, True), err
        if form:
            rows = json.loads(out)
            assert rows
            assert all(value is not None for row in rows for value in row.values())


def test_a_table_that_is_not_there_is_answered_with_where_tables_are_listed(only_published: Path, rotation: Callable[..., Said]) -> None:
    code, _, err = rotation("sql", "from marts.fct_rate")
    assert (code, "Which tables there are: `.tables` in `.venv/bin/rotation shell`, or `make sql`." in err) == (1, True)
    code, _, err = rotation("sql", "select nothing from marts.dim_metric")
    assert (code, "Which tables there are" in err) == (1, False)


def test_run_twice_on_a_day_changes_nothing_and_answers_as_json(
    sample_at_once: Path, tmp_path: Path, rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command, its Dagster instance in a folder of this test."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy2(ROOT / "dagster.yaml", home)
    monkeypatch.chdir(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setattr(runner, "instance_home", lambda: home)
    folder = clone(sample_at_once, tmp_path / "warehouse")
    with working_in(folder):
        code, out, err = rotation("run", "--sources", "sample", "--as-of", str(AT_ONCE), "--json")
    assert code == 0, out + err
    told = json.loads(out)
    assert told["published"] is True
    assert told["warnings"] == []
    assert told["answer"]["as_of_date"] == str(AT_ONCE)
    assert told["answer"]["provenance"] == "simulated"
    assert "✓ published/warehouse" in err
    assert contents(folder) == contents(sample_at_once)
    work = folder / "work" / "sample" / "work.duckdb"
    assert rows(work, f"select sum(new_rows), sum(revised_rows) from quality.source_pulls where run_id = '{told['run_id']}'") == [(0, 0)]
    assert (home / ".dagster" / "storage").is_dir()
    assert "DAGSTER_HOME" in os.environ
    shutil.rmtree(folder)


def test_run_that_is_published_but_not_in_postgres_says_so_and_ends_with_3(
    only_published: Path, rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run", lambda config: runner.Outcome("r", True, ("PostgreSQL: no answer. Start it.",), ()))
    code, out, err = rotation("run", "--sources", "sample")
    assert code == 3
    assert "Published in" in out
    assert "published as a file, but not further: PostgreSQL: no answer. Start it." in err
    code, out, _ = rotation("run", "--sources", "sample", "--json")
    assert (code, json.loads(out)["published"], json.loads(out)["failures"]) == (3, True, ["PostgreSQL: no answer. Start it."])


def test_run_that_fails_ends_with_cause_and_cure_and_what_stands(
    sample_at_once: Path, tmp_path: Path, rotation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run", lambda config: runner.Outcome("r", False, ("R2000 for raw.yahoo_bars: late. Run again.",), ()))
    folder = clone(sample_at_once / "published", tmp_path / "warehouse" / "published").parent
    before = hashlib.sha256(database(folder).read_bytes()).hexdigest()
    with working_in(folder):
        code, out, err = rotation("run", "--sources", "sample")
        assert code == 1
        assert "Not published" in err
        assert "Run again." in err
        assert f"the publication as of {AT_ONCE} stands unchanged" in err
        code, out, _ = rotation("run", "--sources", "sample", "--json")
    assert code == 1
    assert json.loads(out)["failures"] == ["R2000 for raw.yahoo_bars: late. Run again."]
    assert hashlib.sha256(database(folder).read_bytes()).hexdigest() == before
