"""The dashboard's files belong together and each chart's SQL runs on the sample. Not for Superset itself (`make bi-check`)."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from worlds import database

from bench.bi.dashboard import FOLDER, PATH, archive, charts, main
from pipelines.resources import warehouse as reading
from pipelines.settings import Settings


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_every_chart_has_its_dataset_and_its_place() -> None:
    datasets = {(d := read(p))["uuid"]: d for p in (FOLDER / "datasets" / "Rotation").glob("*.yaml")}
    drawn = {(c := read(p))["uuid"]: c for p in (FOLDER / "charts").glob("*.yaml")}
    connection = read(FOLDER / "databases" / "Rotation.yaml")
    placed = {
        p["meta"]["uuid"]
        for p in read(FOLDER / "dashboards" / "rotation.yaml")["position"].values()
        if isinstance(p, dict) and p.get("type") == "CHART"
    }
    assert set(drawn) == placed
    assert {c["dataset_uuid"] for c in drawn.values()} == set(datasets)
    assert {d["database_uuid"] for d in datasets.values()} == {connection["uuid"]}
    reading = connection["extra"]["engine_params"]["connect_args"]
    assert reading == {"read_only": True, "config": {"enable_external_access": "false"}}


def test_the_archive_points_at_the_file_it_is_made_for() -> None:
    with zipfile.ZipFile(BytesIO(archive(Path("/data/rotation.duckdb")))) as packed:
        connection = packed.read("rotation/databases/Rotation.yaml").decode()
        assert "duckdb:////data/rotation.duckdb" in connection
        assert all(PATH not in packed.read(name).decode() for name in packed.namelist())


def test_an_archive_for_a_file_that_is_not_there_yet_says_so(
    warehouse: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "rotation.zip")]) == 0
    said = capsys.readouterr().err
    assert str(warehouse.published("live")) in said
    assert "Make one with `.venv/bin/rotation run --sources live`" in said
    there = warehouse.published("sample") / "rotation.duckdb"
    there.parent.mkdir(parents=True)
    there.touch()
    assert main([str(tmp_path / "rotation.zip"), "--sources", "sample"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("chart", charts(), ids=lambda c: c.name)
def test_every_chart_has_rows_on_the_sample(chart: Any, sample_at_once: Path) -> None:
    with reading.read_only(database(sample_at_once)) as connection:
        rows = connection.sql(chart.expected).pl()
        named = connection.sql(chart.sql).columns
    assert not rows.is_empty()
    described = [c["column_name"] for c in read(FOLDER / "datasets" / "Rotation" / f"{chart.name}.yaml")["columns"]]
    assert described == named
