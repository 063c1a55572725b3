"""The dashboard of docs/bi/superset as Superset imports it, for one published file. Not for Superset itself.

`python -m bench.bi.dashboard FILE` writes the archive to import, with the path of the live publication (`--sources sample` for the other).
"""

import argparse
import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.resources.publication import Publication, unpublished
from pipelines.settings import ROOT, settings
from pipelines.typed import as_typed

FOLDER = ROOT / "docs" / "bi" / "superset" / "dashboard"
PATH = "/path/to/warehouse/published/live/rotation.duckdb"


@dataclass(frozen=True)
class Chart:
    """A chart: its SQL, and the question Superset asks of it."""

    name: str
    title: str
    sql: str
    columns: tuple[str, ...]
    measure: str | None

    @property
    def query(self) -> dict[str, Any]:
        """The chart's part of a query context, as the browser sends it."""
        if self.measure is None:
            return {"columns": list(self.columns), "row_limit": 50_000}
        metric = {"expressionType": "SIMPLE", "column": {"column_name": self.measure}, "aggregate": "MAX", "label": self.measure}
        return {"columns": list(self.columns), "metrics": [metric], "row_limit": 50_000}

    @property
    def expected(self) -> str:
        """The same in SQL of the published file."""
        if self.measure is None:
            return f"select {', '.join(self.columns)} from ({self.sql})"
        return f"select {', '.join(self.columns)}, max({self.measure}) as {self.measure} from ({self.sql}) group by all"


def charts() -> list[Chart]:
    """Every chart of the dashboard."""
    found = []
    for path in sorted((FOLDER / "charts").glob("*.yaml")):
        chart = yaml.safe_load(path.read_text(encoding="utf-8"))
        data = yaml.safe_load((FOLDER / "datasets" / "Rotation" / path.name).read_text(encoding="utf-8"))
        params = chart["params"]
        is_line = "x_axis" in params
        columns = (params["x_axis"], *params["groupby"]) if is_line else params["all_columns"]
        measure = params["metrics"][0]["label"] if is_line else None
        found.append(Chart(path.stem, chart["slice_name"], data["sql"], tuple(columns), measure))
    return found


def archive(database: Path) -> bytes:
    """The files as a zip, the connection pointing at this published file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(FOLDER.rglob("*.yaml")):
            text = path.read_text(encoding="utf-8").replace(PATH, str(database))
            zipped.writestr(f"rotation/{path.relative_to(FOLDER)}", text)
    return packed.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the dashboard's files as the archive Superset imports.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--sources", choices=("live", "sample"), default="live")
    asked = parser.parse_args(arguments)
    database = Publication(settings().published(asked.sources)).database
    if not database.exists():
        print(f"Superset will find no file yet. {as_typed(unpublished(database))}", file=sys.stderr)
    asked.file.write_bytes(archive(database))
    print(f"{asked.file}: in Superset, Dashboards > Import dashboards. It reads the {asked.sources} publication.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
