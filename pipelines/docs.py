"""`make docs`: the dbt documentation as one page, and docs/tables.md, the list of every published table. Not for explaining a measure (docs/method).

`python -m pipelines.docs --check` ends with 1 when docs/tables.md is not what the dbt yml and LOG_TABLES say.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.resources.dbt import PROJECT, TARGET, DbtError, ensure_manifest, unique_keys
from pipelines.resources.log_tables import LOG_COMMENTS, LOG_TABLES
from pipelines.settings import ROOT, SettingsError, settings

TABLES_FILE = ROOT / "docs" / "tables.md"
SCHEMAS = ("marts", "quality", "reference")
HEAD = """# Published tables

Written by `make docs` from the dbt yml and the log tables of the warehouse; not to be edited. What a measure means: [method](method/README.md),
and the table `marts.dim_metric`. How to connect: [bi](bi/README.md). The same texts are comments in the DuckDB file.
"""


@dataclass(frozen=True)
class Published:
    """A table as readers see it; a column is name, type and description."""

    schema: str
    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]


def _of_dbt(manifest: dict[str, Any]) -> Iterator[Published]:
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    keys = unique_keys(manifest)
    for node in nodes.values():
        if node["resource_type"] in ("model", "seed") and node["schema"] in SCHEMAS:
            columns = tuple((c["name"], _type(c, node["config"]), c["description"]) for c in node["columns"].values())
            yield Published(node["schema"], node["name"], node["description"], keys.get(node["name"], ()), columns)


def _type(column: dict[str, Any], config: dict[str, Any]) -> str:
    """A model's yml says it, a seed's only where dbt would guess wrong."""
    said = column.get("data_type") or (config.get("column_types") or {}).get(column["name"])
    return str(said or ("boolean" if column["name"].startswith("is_") else "varchar"))


def _of_logs() -> Iterator[Published]:
    for name, columns in LOG_TABLES.items():
        yield Published("quality", name, LOG_COMMENTS[name], (), tuple((c, kind, said) for c, (kind, said) in columns.items()))


def tables_page(manifest: dict[str, Any]) -> str:
    """docs/tables.md as it ought to be."""
    tables = sorted([*_of_dbt(manifest), *_of_logs()], key=lambda t: (SCHEMAS.index(t.schema), t.name))
    lines = [HEAD]
    lines += [f"- [{t.schema}.{t.name}](#{t.schema}{t.name}), {len(t.columns)} columns" for t in tables]
    for table in tables:
        lines += ["", f"## {table.schema}.{table.name}", "", " ".join(table.description.split())]
        if table.key:
            lines += ["", f"One row for each {', '.join(f'`{c}`' for c in table.key)}."]
        lines += ["", "| column | type | what it is |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {kind} | {' '.join(said.split()).replace('|', '&#124;')} |" for name, kind, said in table.columns]
    return "\n".join(lines) + "\n"


def dbt_page(target: Path = TARGET) -> Path:
    """The dbt documentation in one file. It opens no database: a run may be at work beside it.

    Raises:
        DbtError: dbt could not write it.
    """
    from dbt.cli.main import dbtRunner

    project = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    project += ["--target-path", str(target), "--log-path", str(PROJECT / "logs")]
    outcome = dbtRunner().invoke(["docs", "generate", "--static", "--empty-catalog", "--no-compile", "--quiet", *project])
    if not outcome.success:
        raise DbtError(f"dbt docs generate stopped: {outcome.exception or outcome.result}. See {PROJECT / 'logs' / 'dbt.log'}.")
    return target / "static_index.html"


def main() -> int:
    """Write both, or with --check only compare."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when docs/tables.md is not current")
    only_check = parser.parse_args().check
    try:
        page = tables_page(json.loads(ensure_manifest(settings()).read_text(encoding="utf-8")))
        if not only_check:
            TABLES_FILE.write_text(page, encoding="utf-8")
            print(f"Written: {TABLES_FILE}\nWritten: {dbt_page()} (open it in a browser)")
        elif not TABLES_FILE.exists() or TABLES_FILE.read_text(encoding="utf-8") != page:
            print("docs/tables.md is not what the dbt yml and the log tables say. Run `make docs` and commit it.", file=sys.stderr)
            return 1
    except (DbtError, SettingsError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
