"""The step published/postgres after a real publication: the whole sample equals the file, and nothing it does touches the file. Not for the swap itself."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import psycopg
import pytest
from rich.console import Console
from worlds import database, fingerprints, working_in

from pipelines import runner
from pipelines.assets.postgres import POSTGRES, postgres_asset
from pipelines.assets.publish import PUBLISHED
from pipelines.progress import progress_logger
from pipelines.report import server
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.postgres_form import keys
from pipelines.resources.run import RunOptions, Sources
from pipelines.settings import load_settings

pytestmark = pytest.mark.slow
NOWHERE = "postgresql://me:canary-secret@127.0.0.1:1/teams"
TABLES = "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'quality', 'reference') order by all"


def materialize() -> dg.ExecuteInProcessResult:
    return dg.materialize([postgres_asset()], resources={"options": RunOptions(sources=Sources.SAMPLE)}, raise_on_error=False)


def told(kind: str, column: str, is_postgres: bool) -> list[str]:
    """What is asked of a column on both sides: NULLs, least and greatest value, and the sum of what can be summed."""
    value = {"VARCHAR": f'"{column}" collate "C"' if is_postgres else f'"{column}"', "BOOLEAN": f'"{column}"::int'}.get(kind, f'"{column}"')
    total = f'sum("{column}"::numeric)' if is_postgres else f'sum("{column}")'
    whole = kind.startswith("DECIMAL") or kind in ("INTEGER", "BIGINT")
    return [f'count(*) - count("{column}")', f"min({value})", f"max({value})", *([total] if whole else [])]


def plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def test_every_table_of_the_sample_is_there_as_it_is_in_the_file(only_published: Path, postgres: str) -> None:
    before = fingerprints(only_published)
    with working_in(only_published, ROTATION_POSTGRES=postgres):
        result = materialize()
        assert result.success
        (held,) = list(server.examined(load_settings()))
    assert "it holds the sample market" in held.what
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == POSTGRES
    assert event.materialization.metadata["market"].value == "sample"
    with duckdb.connect(str(database(only_published)), read_only=True) as duck, psycopg.connect(postgres, options="-c timezone=UTC") as pg:
        tables = duck.execute(TABLES).fetchall()
        assert len(tables) > 60
        for schema, table in tables:
            columns = duck.execute(
                "select column_name, data_type, comment from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
                [schema, table],
            ).fetchall()
            here, there = (
                ask(
                    f'select count(*), {", ".join(q for c, k, _ in columns for q in told(k, c, is_postgres))} from {schema}."{table}"'
                ).fetchone()
                for ask, is_postgres in ((duck.execute, False), (pg.execute, True))
            )
            assert [plain(v) for v in there] == list(here), f"{schema}.{table}"
            said = pg.execute(
                "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) from pg_attribute "
                "where attrelid = %s::regclass and attnum > 0 order by attnum",
                [f'{schema}."{table}"'],
            ).fetchall()
            forms = {"VARCHAR": "text", "DOUBLE": "double precision", "TIMESTAMP": "timestamp with time zone"}
            assert said == [(c, forms.get(k, k.lower().replace("decimal", "numeric")), m) for c, k, m in columns], f"{schema}.{table}"
        keyed = {n for (n,) in pg.execute("select conrelid::regclass::text from pg_constraint where contype = 'p' and conrelid >= 16384")}
        uncommented = pg.execute(
            "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = any(%s) and relkind = 'r' "
            "and coalesce(obj_description(c.oid), '') = ''",
            [["marts", "quality", "reference"]],
        ).fetchall()
        unique = keys(ensure_manifest(load_settings()))
        assert {f"marts.{table}" for schema, table in tables if schema == "marts"} <= set(unique)
        whole = {
            name
            for name, columns in unique.items()
            if name in {f"{s}.{t}" for s, t in tables}
            and not duck.execute(f"select 1 from {name} where {' or '.join(f'{c} is null' for c in columns)} limit 1").fetchall()
        }
    assert keyed == whole, "a key with empty values is a unique index instead"
    assert not uncommented
    assert fingerprints(only_published) == before


def test_without_the_setting_the_step_is_skipped_and_says_so(only_published: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with working_in(only_published):
        result = materialize()
    assert result.success
    assert not result.get_asset_materialization_events()
    assert "ROTATION_POSTGRES is not set" in capfd.readouterr().err


def test_a_server_that_is_down_fails_the_step_and_leaves_the_file_published(
    only_published: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    @dg.asset(key=PUBLISHED)
    def publish() -> None: ...

    definitions = dg.Definitions(
        assets=[publish, postgres_asset()],
        jobs=[dg.define_asset_job("rotation", selection=dg.AssetSelection.all())],
        resources={"options": RunOptions(sources=Sources.SAMPLE)},
        loggers={"progress": progress_logger},
        executor=dg.in_process_executor,
    )
    before = fingerprints(only_published)
    with working_in(only_published, ROTATION_POSTGRES=NOWHERE):
        outcome = runner.run(runner.run_config("sample"), keep_events=False, definitions=definitions)
        (finding,) = server.examined(load_settings())
    assert outcome.is_published
    (failure,) = outcome.failures
    assert "Is the server up" in failure
    assert "The published file is not touched" in failure
    assert finding.state == "warning"
    assert "canary" not in failure + finding.what + finding.cure + "".join(capfd.readouterr())
    assert fingerprints(only_published) == before


def test_the_command_loads_what_is_published_now(
    only_published: Path, postgres: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load is stood in for: the test above makes the whole of it."""
    asked = []
    monkeypatch.setattr("pipelines.resources.postgres.publish", lambda *a: asked.append(a) or _Loaded())
    monkeypatch.setattr(server, "out", Console(width=200))
    with working_in(only_published, ROTATION_POSTGRES=postgres):
        server.postgres("sample")
    ((conninfo, file, _, unique),) = asked
    assert (conninfo, file) == (postgres, database(only_published))
    assert unique["marts.fct_policy_moves"] == ("effective_date",)
    assert "SIMULATED" in capsys.readouterr().out


class _Loaded:
    tables, rows, where, seconds, waited_s = 70, 1, "here", 1.0, 0.0
