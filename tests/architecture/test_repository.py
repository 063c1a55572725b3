"""What may lie in the repository: nothing of a developer's machine, no address of a package registry, no file grown too long."""

import re
import subprocess
from pathlib import Path

import pytest

from pipelines.contracts import contracts
from pipelines.settings import ROOT

LONGEST = 300
# Spelled in parts, so that this file does not hold what it looks for.
REGISTRIES = re.compile(r"(pypi|pythonhosted|npmjs|conda|anaconda)" + r"\.(org|com)(/|\b)|[-]-(extra-)?index-url|find[-]links")
MACHINES = re.compile(r"(?<![\w.])/(home/\w+|root|Users/\w+|work/(main|shared)|tmp" + r"/w)/|[A-Z]:\\Users")


def tracked() -> list[Path]:
    """Files git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return "" if b"\0" in content[:8192] else content.decode("utf-8", "replace")


def test_no_file_names_a_package_registry_or_a_developers_machine() -> None:
    found = {
        str(p.relative_to(ROOT)): [m.group() for m in (*REGISTRIES.finditer(text_of(p)), *MACHINES.finditer(text_of(p)))] for p in tracked()
    }
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_data_of_a_provider_and_no_warehouse_is_tracked() -> None:
    odd = [
        p
        for p in tracked()
        if p.suffix in (".duckdb", ".parquet", ".zst", ".xls", ".xlsx", ".gz", ".zip", ".wal", ".env") or p.name == ".env"
    ]
    assert odd == []


def test_files_stay_short_seeds_and_generated_lists_aside() -> None:
    generated = {"requirements.lock", "docs/tables.md", "docs/checks.md", "docs/faults.md", "LICENSE"}
    long = {
        str(p.relative_to(ROOT)): n
        for p in tracked()
        if p.suffix in (".py", ".sql", ".yml", ".toml", ".md", "") and str(p.relative_to(ROOT)) not in generated
        and (n := len(text_of(p).splitlines())) > LONGEST
    }  # fmt: skip
    assert long == {}


def test_no_file_is_named_for_being_useful() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "constants", "misc"}
    assert [p for p in tracked() if p.stem in vague or p.parent.name in vague] == []


def test_every_provider_has_its_module_its_yml_its_staging_models_and_its_page() -> None:
    for contract in contracts().values():
        provider, entity = contract.name.split("_", 1)
        assert provider == contract.provider
        folder = ROOT / "dbt_project" / "models" / "staging" / provider
        assert (folder / f"_{provider}__sources.yml").exists()
        assert (folder / f"stg_{provider}__{entity}.sql").exists()
        if provider != "clock":
            assert (ROOT / "pipelines" / "sources" / f"{provider}.py").exists()
            assert (ROOT / "docs" / "sources" / f"{provider}.md").exists()


def test_every_page_of_a_provider_has_the_same_rows_and_headings_in_their_order() -> None:
    rows = ["Address", "Key", "Licence", "Limits", "Lag", "Revisions"]
    headings = ["What the reader does", "Quirks", "When it breaks"]
    pages = {p.stem: text_of(p) for p in (ROOT / "docs" / "sources").glob("*.md")}
    assert set(pages) == {c.provider for c in contracts().values()} - {"clock"}
    for name, text in pages.items():
        first_table = text.split("\n\n")[2]
        assert re.findall(r"^\| (\w+) \| \S", first_table, flags=re.M) == rows, name
        found = [h for h in re.findall(r"^## (.+)$", text, flags=re.M) if h in headings]
        assert found == headings, name
        for heading in headings:
            assert len(text.split(f"## {heading}\n", 1)[1].split("\n## ")[0].strip()) > 60, (name, heading)


def test_every_python_test_and_every_singular_test_says_what_it_proves() -> None:
    for path in (ROOT / "dbt_project" / "tests").glob("*.sql"):
        assert re.fullmatch(r"assert(_[a-z0-9]+){3,}", path.stem), path.name
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"^def (test_\w+)", text_of(path), flags=re.M):
            assert name.count("_") >= 3, f"{path.name}: {name}"
