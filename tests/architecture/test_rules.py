"""The rules of the house that make it readable, each as a test."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.assets.models import TRANSLATOR
from pipelines.catalog import catalog
from pipelines.contracts import contracts
from pipelines.resources.dbt import ensure_manifest
from pipelines.settings import ROOT, settings

PIPELINES = sorted((ROOT / "pipelines").rglob("*.py"))
MODELS = ROOT / "dbt_project" / "models"
SQL = sorted(MODELS.rglob("*.sql")) + sorted((ROOT / "dbt_project" / "macros").rglob("*.sql"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[str]:
    """Dotted names of everything a module calls or reads an attribute of."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return json.loads(ensure_manifest(settings()).read_text(encoding="utf-8"))


def models(manifest: dict[str, Any], *schemas: str) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["schema"] in schemas]


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports"))]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("path", [p for p in PIPELINES if p.name != "settings.py"], ids=name)
def test_only_settings_reads_the_environment(path: Path) -> None:
    """dbt.py and the two starters set it for what they start, and put back what was there."""
    reads = [c for c in calls(path) if c in ("os.getenv", "os.environ") or c.startswith("os.environ.")]
    allowed = {
        "dbt.py": {"os.environ", "os.environ.get", "os.environ.update", "os.environ.pop"},
        "runner.py": {"os.environ"},
        "cli.py": {"os.environ"},
    }
    assert set(reads) <= allowed.get(path.name, set())


@pytest.mark.parametrize("path", [p for p in PIPELINES if p.name != "clock.py"], ids=name)
def test_only_the_clock_asks_for_today(path: Path) -> None:
    asked = [
        c for c in calls(path) if re.fullmatch(r"(datetime\.)?(datetime|date)\.(now|today|utcnow)|time\.(time|time_ns|localtime|gmtime)", c)
    ]
    assert asked == []


@pytest.mark.parametrize("path", SQL, ids=name)
def test_no_sql_asks_for_today(path: Path) -> None:
    text = re.sub(r"--.*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S if "{#" in path.read_text() else 0)
    assert not re.search(r"\b(current_date|current_timestamp|now\s*\(|today\s*\(|get_current_time|localtimestamp)", text, re.IGNORECASE)


@pytest.mark.parametrize("path", [p for p in PIPELINES if p.name != "warehouse.py"], ids=name)
def test_only_the_warehouse_opens_duckdb(path: Path) -> None:
    assert "duckdb.connect" not in set(calls(path))


def test_staging_reads_only_sources_and_marts_never_do(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "staging"):
        assert all(parent.startswith("source.") for parent in node["depends_on"]["nodes"]), node["name"]
    for node in models(manifest, "intermediate", "marts", "quality"):
        assert not any(parent.startswith("source.") for parent in node["depends_on"]["nodes"]), node["name"]


def test_raw_assets_are_the_dbt_sources(manifest: dict[str, Any]) -> None:
    from pipelines.definitions import defs

    raw = {k.path[1] for k in defs.resolve_asset_graph().get_all_asset_keys() if k.path[0] == "raw"}
    assert raw == {s["name"] for s in manifest["sources"].values()} == set(contracts())


def test_dbt_source_tests_do_not_stand_in_for_gate_1() -> None:
    assert TRANSLATOR.settings.enable_source_tests_as_checks is False
    assert TRANSLATOR.settings.enable_asset_checks is True


def test_every_published_column_is_described_and_typed(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "marts", "quality", "reference"):
        assert node["description"].strip(), node["name"]
        assert node["config"]["contract"]["enforced"], node["name"]
        for column in node["columns"].values():
            assert column["description"].strip(), f"{node['name']}.{column['name']}"
            assert column["data_type"], f"{node['name']}.{column['name']}"


def test_every_mart_has_a_key_test_and_an_identity(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "marts"):
        tests = [t for t in manifest["nodes"].values() if t["resource_type"] == "test" and node["unique_id"] in t["depends_on"]["nodes"]]
        kinds = {(t.get("test_metadata") or {}).get("name", "singular") for t in tests}
        assert "unique_key" in kinds, node["name"]
        assert kinds - {"unique_key", "not_null"}, node["name"]


def test_every_mart_has_its_yml_beside_it() -> None:
    for sql in sorted((MODELS / "marts").rglob("*.sql")):
        described = [m["name"] for m in yaml.safe_load(sql.with_suffix(".yml").read_text(encoding="utf-8"))["models"]]
        assert described == [sql.stem]


def test_there_is_no_second_list_of_symbols() -> None:
    """Symbols that only a provider uses stand in the catalogue alone; the sample market knows the rows it pins to facts."""
    only_theirs = {s.symbol for s in catalog() if s.symbol not in (s.series_id, s.instrument_id)}
    only_theirs -= {"SP500", "ie_data"}
    for path in [*PIPELINES, *SQL]:
        quoted = set(re.findall(r"[\"']([^\"'\n]+)[\"']", path.read_text(encoding="utf-8")))
        assert not quoted & (only_theirs - {"F-F_Research_Data_Factors", "Portfolios_Formed_on_ME"} | {"^RUT", "^GSPC", "^IXIC"}), name(
            path
        )


@pytest.mark.parametrize("path", [*PIPELINES, *SQL], ids=name)
def test_a_file_stays_under_three_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", PIPELINES, ids=name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert path.stem not in ("utils", "util", "helpers", "common", "constants", "misc")


@pytest.mark.parametrize("path", PIPELINES, ids=name)
def test_no_error_is_swallowed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(s, ast.Pass) for s in node.body), f"line {node.lineno}"
            assert node.type is not None, f"line {node.lineno}"


def test_the_catalogue_of_published_tables_is_current() -> None:
    command = [sys.executable, "-m", "pipelines.docs", "--check"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("path", ["requirements.lock", "deploy/requirements.lock", "docs/bi/superset/requirements.lock"])
def test_every_requirement_of_a_lock_has_a_version_and_a_hash_and_no_address(path: str) -> None:
    lock = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"://|^-|\s@\s", lock, flags=re.M)
    blocks = re.split(r"\n(?=[^\s#])", re.sub(r"^#.*\n", "", lock, flags=re.M).strip())
    assert len(blocks) > 100
    assert [b.split()[0] for b in blocks if not re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==\S+ ", b) or "--hash=sha256:" not in b] == []
