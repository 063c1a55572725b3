"""What a run on the sample publishes follows the public contract, and a publication is replaced whole or not at all."""

import hashlib
import json
import shutil
from pathlib import Path

import duckdb
import pytest
from worlds import AT_ONCE, DAY_BY_DAY, contents, database, fingerprints, publish, published, rows, work_file, working_in

from bench.clone import clone
from pipelines.resources.fingerprint import content_hash
from pipelines.resources.publication import PublicationError

pytestmark = pytest.mark.slow
SCHEMAS = ("marts", "quality", "reference")


@pytest.fixture
def shown(sample_at_once: Path) -> Path:
    """The published file."""
    return database(sample_at_once)


def test_only_tables_of_the_three_schemas_are_published(shown: Path) -> None:
    assert rows(shown, "select distinct schema_name from duckdb_tables() order by all") == [(s,) for s in SCHEMAS]
    assert rows(shown, "select view_name from duckdb_views() where not internal") == []
    assert rows(shown, "select function_name from duckdb_functions() where not internal") == []
    assert rows(shown, "select sequence_name from duckdb_sequences()") == []


def test_every_column_and_every_table_has_a_comment(shown: Path) -> None:
    assert (
        rows(shown, "select schema_name, table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''")
        == []
    )
    assert rows(shown, "select schema_name, table_name from duckdb_tables() where not internal and coalesce(comment, '') = ''") == []


def test_the_file_can_be_read_by_the_oldest_client_promised(shown: Path, tmp_path: Path) -> None:
    """The storage version in the header is the one of a file written for v1.2.0."""
    model = tmp_path / "model.duckdb"
    with duckdb.connect(str(model), config={"storage_compatibility_version": "v1.2.0"}) as connection:
        connection.execute("create table t as select 1 as a; checkpoint")
    assert shown.read_bytes()[:20] == model.read_bytes()[:20]


def test_every_fact_of_the_sample_is_called_simulated(shown: Path) -> None:
    facts = [t for (t,) in rows(shown, "select table_name from duckdb_tables() where schema_name = 'marts' and table_name like 'fct%'")]
    assert len(facts) >= 8
    found = rows(shown, " union all ".join(f"select distinct '{t}', provenance from marts.{t}" for t in facts))
    assert {provenance for _, provenance in found} == {"simulated"}
    assert rows(shown, "select distinct provenance from quality.source_pulls") == [("simulated",)]


def test_a_table_has_a_day_or_the_as_of_date_and_never_a_run(shown: Path) -> None:
    days = ("session_date", "month_end", "quarter_end", "captured_on", "effective_date", "window_end", "date")
    columns: dict[str, set[str]] = {}
    for table, column in rows(shown, "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"):
        columns.setdefault(table, set()).add(column)
    for table, names in columns.items():
        assert bool(names & set(days)) != ("as_of_date" in names), table
        assert "run_id" not in names, table


def test_the_manifest_tells_the_truth_and_parquet_is_the_same_content(sample_at_once: Path) -> None:
    publication = published(sample_at_once)
    manifest = publication.manifest() or {}
    assert manifest["source_mode"] == "sample"
    assert manifest["provenance"] == "simulated"
    assert manifest["as_of_date"] == str(AT_ONCE)
    assert manifest["database_sha256"] == hashlib.sha256(publication.database.read_bytes()).hexdigest()
    tables = dict(rows(publication.database, "select schema_name || '.' || table_name, 1 from duckdb_tables()"))
    assert set(manifest["tables"]) == set(tables)
    files = {f"{p.parent.name}.{p.stem}" for p in (publication.folder / "parquet").rglob("*.parquet")}
    assert files == set(tables)
    with duckdb.connect() as connection:
        for name, told in manifest["tables"].items():
            schema, table = name.split(".")
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {name} as from '{publication.folder}/parquet/{schema}/{table}.parquet'")
            assert content_hash(connection, "memory", schema, table) == (told["rows"], told["content_sha256"]), name


def test_the_manifest_names_inputs_and_the_judgement_of_every_gate(sample_at_once: Path) -> None:
    manifest = published(sample_at_once).manifest() or {}
    assert {g["gate"] for g in manifest["gates"]} == {"gate 1", "gate 2", "gate 3"}
    assert all(g["passed"] for g in manifest["gates"] if g["severity"] == "block")
    inputs = {(i["source"], i["series_id"]): i["sha256"] for i in manifest["inputs"]}
    assert {"R2000", "SP500", "NASDAQ_COMP", "IWM"} <= {s for source, s in inputs if source == "yahoo"}
    assert {"DFEDTARU", "DFEDTARL"} <= {s for source, s in inputs if source == "fred"}
    archived = {p.name.split(".")[0] for p in (sample_at_once / "archive").rglob("*.zst")}
    assert {sha for (source, _), sha in inputs.items() if source != "drop"} <= archived


def test_day_after_day_gives_what_one_run_over_all_days_gives(sample_day_by_day: dict, sample_at_once: Path) -> None:
    assert contents(sample_day_by_day[AT_ONCE]) == contents(sample_at_once)


def test_day_after_day_leaves_the_raw_values_of_one_run(sample_day_by_day: dict, sample_at_once: Path) -> None:
    """Pulls have their own times and hashes; keys, values and the day each was known on are the same. A fund's page and the
    SEC's tickers are one list at a time: who asks each day holds more of them."""
    stepwise, whole = work_file(sample_day_by_day[AT_ONCE]), work_file(sample_at_once)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{stepwise}' as a (read_only); attach '{whole}' as b (read_only)")
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'b' and schema_name = 'raw'"
        ).fetchall():
            values = "* exclude (pulled_at, payload_sha256, run_id)"
            apart = f"(select {values} from {{}}.raw.{table} except all select {values} from {{}}.raw.{table})"
            both = f"select count(*) from ({apart.format('a', 'b')} union all {apart.format('b', 'a')})"
            if table in ("ishares_holdings", "ssga_holdings", "sec_companies"):
                both = f"select count(*) from ({apart.format('b', 'a')})"
            assert connection.execute(both).fetchall() == [(0,)], table


def test_no_member_of_a_past_month_moves_when_a_day_is_added(sample_day_by_day: dict) -> None:
    first, last = (work_file(sample_day_by_day[day]) for day in (min(sample_day_by_day), AT_ONCE))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{first}' as a (read_only); attach '{last}' as b (read_only)")
        table = "intermediate.int_memberships_monthly"
        ((months, newest),) = connection.execute(f"select count(distinct month_end), max(month_end) from a.{table}").fetchall()
        assert months > 140
        held = f"select * from b.{table} where month_end <= date '{newest}'"
        for one, other in ((f"from a.{table}", held), (held, f"from a.{table}")):
            assert connection.execute(f"select count(*) from ({one} except all {other})").fetchall() == [(0,)]


def test_publications_beyond_those_to_keep_are_removed(sample_day_by_day: dict) -> None:
    kept = {day: published(folder).releases() for day, folder in sample_day_by_day.items()}
    assert [len(kept[day]) for day in DAY_BY_DAY] == [1, 2, 2]
    assert kept[AT_ONCE][0] == kept[DAY_BY_DAY[1]][1]


def test_rollback_shows_the_publication_before_and_forward_the_one_after(sample_day_by_day: dict, tmp_path: Path) -> None:
    newest = sample_day_by_day[AT_ONCE]
    folder = clone(newest / "published", tmp_path / "published").parent
    publication = published(folder)
    before, after = publication.releases()
    publication.install(publication.previous())
    assert fingerprints(folder) == fingerprints(sample_day_by_day[DAY_BY_DAY[1]])
    with pytest.raises(PublicationError, match="nothing to roll back to"):
        publication.previous()
    publication.install(after)
    assert fingerprints(folder) == fingerprints(newest)
    assert before != after


def test_a_run_as_of_an_earlier_day_uses_only_what_was_known_then(sample_day_by_day: dict, sample_at_once: Path, tmp_path: Path) -> None:
    """It publishes what a fresh warehouse did on that day, and takes nothing from what is held. A fund's page and the SEC showed other lists then."""
    folder = clone(sample_at_once, tmp_path / "warehouse")
    counted = (
        "select table_name, estimated_size from duckdb_tables() where schema_name = 'raw' "
        "and table_name not in ('clock_day', 'ishares_holdings', 'ssga_holdings', 'sec_companies') order by all"
    )
    held = rows(work_file(folder), counted)
    with working_in(folder):
        outcome = publish(DAY_BY_DAY[0])
    assert outcome.is_published, outcome.failures
    assert contents(folder) == contents(sample_day_by_day[DAY_BY_DAY[0]])
    assert (published(folder).manifest() or {})["as_of_date"] == str(DAY_BY_DAY[0])
    assert rows(work_file(folder), counted) == held
    shutil.rmtree(folder)


def test_sample_and_live_never_meet(sample_at_once: Path, tmp_path: Path) -> None:
    """A live run that reaches no provider fails, publishes nothing, and leaves every file of the sample as it was."""
    folder = clone(sample_at_once, tmp_path / "warehouse")
    before = fingerprints(folder)
    worked = hashlib.sha256(work_file(folder).read_bytes()).hexdigest()
    with working_in(folder, ROTATION_MIRROR="http://127.0.0.1:9", ROTATION_HTTP_RETRIES="0"):
        outcome = publish(AT_ONCE, mode="live")
    assert not outcome.is_published
    assert any("DFEDTARU" in m and "Check the network, the mirror" in m for m in outcome.failures)
    assert fingerprints(folder) == before
    assert hashlib.sha256(work_file(folder).read_bytes()).hexdigest() == worked
    assert work_file(folder, "live").exists()
    assert not database(folder, "live").exists()
    assert rows(work_file(folder, "live"), "select distinct provenance from quality.source_pulls") == [("observed",)]
    shutil.rmtree(folder)


def test_a_json_reader_can_take_the_manifest(sample_at_once: Path) -> None:
    text = (sample_at_once / "published" / "sample" / "manifest.json").read_text(encoding="utf-8")
    assert "/tmp" not in text  # nothing of the machine it was made on
    assert json.loads(text)["published_sequence"] == 1
