"""Landing, whole runs and readers held against what they would be without the project. Not for deriving alone (contests.py)."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from bench.full_size.asking import differences
from bench.full_size.dashboard import QUESTIONS
from bench.full_size.derive import environment
from bench.full_size.ground import Ground, hold
from bench.full_size.ingest import COLUMNS
from bench.full_size.rounds import Held, alternate, held, times
from bench.full_size.same import TOLERANCE, DifferentError
from bench.full_size.side import Taken, run, run_process
from pipelines.settings import ROOT

BIN = Path(sys.executable).parent
READERS = 8


def landing(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """Files landed through gate 1 against CREATE TABLE AS; and the share of all checks in landing and building."""
    data, landed, bare = ground.data(ground.size), ground.folder / "landed", ground.folder / "ctas.duckdb"
    places = {"ROTATION_WAREHOUSE": str(landed), "ROTATION_DROP": str(data / "dropped")}
    sides: dict[str, Callable[[], Taken]] = {"landing": lambda: run("ingest", places, what="land", data=str(data), target=str(landed))}
    if "ingest_vs_ctas" in keys:
        sides["create table as"] = lambda: run("ingest", what="ctas", data=str(data), target=str(bare))
    if "gates_share" in keys:
        warehouse = ground.warehouse(ground.size)
        sides["build with tests"] = lambda: ground.derive(warehouse, what="checked")

    def same(_: Mapping[str, Taken]) -> None:
        work = landed / "work" / "live" / "work.duckdb"
        if "ingest_vs_ctas" in keys:
            hold("raw", work, bare, "landed and CREATE TABLE AS", columns=COLUMNS)
        if "gates_share" in keys:
            hold("raw", work, warehouse / "work" / "sample" / "work.duckdb", "landed and built", columns=COLUMNS)

    taken = alternate(sides, rounds, same, ground.tell)
    shutil.rmtree(landed)
    bare.unlink(missing_ok=True)
    ratios = {}
    if "ingest_vs_ctas" in keys:
        ratios["ingest_vs_ctas"] = times(taken, "landing", "create table as")
    if "gates_share" in keys:
        pairs = zip(taken["landing"], taken["build with tests"], strict=True)
        ratios["gates_share"] = [sum(s.said["checks_seconds"] for s in pair) / sum(s.seconds for s in pair) for pair in pairs]
    return held(taken, ratios)


def questions(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """Ten questions of a dashboard asked of the published file, against computing them, and by eight readers against one."""
    warehouse, data = ground.warehouse(ground.size), ground.data(ground.size)
    ground.derive(warehouse)
    file = str(warehouse / "candidate" / "sample" / "rotation.duckdb")

    def side(what: str, readers: int = 0) -> Callable[[], Taken]:
        return lambda: run("asking", what=what, file=file, data=str(data), out=str(ground.folder / f"{what}.json"), readers=readers)

    sides: dict[str, Callable[[], Taken]] = {}
    if "query_vs_raw" in keys:
        sides |= {"published": side("published"), "raw": side("raw")}
    if "readers_8_vs_1" in keys:
        sides |= {"one reader": side("readers", 1), "eight readers": side("readers", READERS)}

    def same(_: Mapping[str, Taken]) -> None:
        if "query_vs_raw" in keys and (found := differences(ground.folder / "published.json", ground.folder / "raw.json", TOLERANCE)):
            raise DifferentError(f"published and raw answer otherwise: {'; '.join(found)}")

    taken = alternate(sides, rounds, same, ground.tell)
    ratios = {}
    if "query_vs_raw" in keys:
        by_round = [
            [a / b for a, b in zip(p.said["by_question"], r.said["by_question"], strict=True)]
            for p, r in zip(taken["published"], taken["raw"], strict=True)
        ]
        ratios["query_vs_raw"] = [max(of_round) for of_round in by_round]
        for n, question in enumerate(QUESTIONS):
            seconds = [sorted(one.said["by_question"][n] for one in taken[name])[rounds // 2] for name in ("published", "raw")]
            ground.tell(f"{question.name}: {seconds[0] * 1000:.1f} ms published, {seconds[1] * 1000:.0f} ms from the files")
    if "readers_8_vs_1" in keys:
        each = READERS / min(READERS, os.cpu_count() or 1)
        ratios["readers_8_vs_1"] = [
            many.said["p95"] / one.said["p95"] / each for many, one in zip(taken["eight readers"], taken["one reader"], strict=True)
        ]
    return held(taken, ratios)


def runs(ground: Ground, keys: Collection[str], rounds: int) -> Held:
    """A warm `rotation run` on the sample against `dbt build` of the same project by itself, as whole processes from start to exit.

    The first run fills the warehouse; after it nothing is new, so that the difference is what stands around dbt: asking the sources,
    gate 1, Dagster's events, gate 3 and the publication.
    """
    warehouse = ground.folder / "sample"
    (warehouse / "candidate" / "sample").mkdir(parents=True)
    around = environment(warehouse) | {"ROTATION_WAREHOUSE": str(warehouse)}
    project = str(ROOT / "dbt_project")
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(warehouse / "target"), "--log-path", str(warehouse)]
    commands = {
        "rotation run": [str(BIN / "rotation"), "run", "--sources", "sample", "--json"],
        "dbt build": [str(BIN / "dbt"), "build", *places, "--target", "sample", "--quiet"],
    }

    def side(name: str) -> Callable[[], Taken]:
        return lambda: run_process(name, commands[name], around)

    def same(_: Mapping[str, Taken]) -> None:
        hold("published", warehouse / "published" / "sample", warehouse / "candidate" / "sample", "a run and dbt build")

    taken = alternate({name: side(name) for name in commands}, rounds, same, ground.tell)
    shutil.rmtree(warehouse)
    return held(taken, {key: times(taken, "rotation run", "dbt build") for key in keys})
