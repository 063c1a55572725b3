"""The published file put into a DuckLake as one snapshot, and the snapshots found again. Not for the writing itself (deploy/lake/writer.py).

The writer is a process in an environment of its own: the DuckDB of this one has no DuckLake (docs/decisions/ducklake.md).
"""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.resources.postgres_form import PUBLICATION
from pipelines.settings import ROOT, Mode, Settings, bare_environment

WRITER = ROOT / "deploy" / "lake" / "writer.py"
TRIES = 12
LONGEST_S = 3600
STANDS = "The published file is not touched by this, and readers of the lake go on seeing the publication before."
KINDS = {"text": "varchar", "timestamptz": "timestamp"}  # of PUBLICATION, in DuckDB


class LakeError(Exception):
    """The publication is not in the lake; the message says why and what to do, and never holds a password."""


@dataclass(frozen=True)
class Lake:
    """Where a lake is: its catalogue without a secret, the secret beside it, the place of its Parquet files, whose schemas are meant."""

    catalog: str
    password: str | None
    data: str | None
    desk: str | None
    environment: Path
    memory: str
    threads: int

    @property
    def where(self) -> str:
        if not self.catalog.startswith("postgres:"):
            return self.catalog
        given = conninfo_to_dict(self.catalog.removeprefix("postgres:"))
        return f"{given.get('host') or 'local'}:{given.get('port') or 5432}/{given.get('dbname') or given.get('user') or ''}"

    def prefix(self, mode: Mode) -> str:
        """How the names of the schemas of a market begin."""
        return f"{self.desk}_{mode}_" if self.desk else f"{mode}_"


@dataclass(frozen=True)
class Put:
    """What was put where, and as which snapshot; no `rows` where it stood there already; `tries` with other writers at work."""

    where: str
    snapshot: int
    tables: int
    rows: int
    tries: int
    seconds: float


def lake(settings: Settings) -> Lake | None:
    """The lake the settings name, or None.

    Raises:
        LakeError: they cannot be used.
    """
    if settings.lake is None:
        return None
    catalog, password = _catalog(settings.lake.get_secret_value())
    if settings.lake_data is None and not catalog.startswith("md:"):
        raise LakeError(
            "ROTATION_LAKE is set and ROTATION_LAKE_DATA is not: expected the folder of the lake's Parquet files, which writers and readers see under the "
            "same path. Set it (docs/scale.md)."
        )
    data = settings.lake_data if settings.lake_data is None or "://" in settings.lake_data else f"{ROOT / settings.lake_data}/"
    return Lake(catalog, password, data, settings.lake_desk, settings.lake_environment, settings.memory, settings.cores)


def _catalog(given: str) -> tuple[str, str | None]:
    """The catalogue as DuckLake names it, and the password."""
    if given.startswith("md:"):
        if "?" in given:
            raise LakeError("ROTATION_LAKE names MotherDuck with options: expected md:DATABASE. The token goes into motherduck_token.")
        return given, None
    if given.endswith(".ducklake") and "=" not in given and "://" not in given:
        return str(ROOT / given), None
    try:
        parts = dict(conninfo_to_dict(given))
    except psycopg.ProgrammingError:
        raise LakeError(
            "ROTATION_LAKE names no catalogue: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE (signs such as @ in the password written as %40), "
            "a file whose name ends in .ducklake, or md:DATABASE. Correct it; it is not shown here."
        ) from None
    password = parts.pop("password", None)
    return f"postgres:{make_conninfo('', **({'connect_timeout': 10} | parts))}", None if password is None else str(password)


def publish(there: Lake, database: Path, manifest: Mapping[str, Any]) -> Put:
    """Make a published file the newest snapshot of its market in the lake.

    Raises:
        LakeError: it was not put there; what readers see is unchanged.
    """
    started = time.perf_counter()
    done = _asked(there, plan(there, database, manifest))
    return Put(there.where, **done, seconds=time.perf_counter() - started)


def plan(there: Lake, database: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the writer is told to do: everything but the password."""
    simulated = "SIMULATED, " if manifest["provenance"] == "simulated" else ""
    return {
        "do": "publish",
        "file": str(database),
        "prefix": there.prefix(manifest["source_mode"]),
        "facts": {name: manifest[name] for name in PUBLICATION},
        "message": f"{simulated}{manifest['source_mode']} market as of {manifest['as_of_date']}, run {manifest['run_id']}",
        "tables": {name: {"rows": t["rows"], "content_sha256": t["content_sha256"]} for name, t in manifest["tables"].items()},
        "publication": [[name, KINDS.get(kind, kind), said, manifest[name]] for name, (kind, said) in PUBLICATION.items()],
        "tries": TRIES,
    }


def publications(there: Lake) -> list[dict[str, Any]]:
    """The publications in the lake, of every market and desk, oldest first.

    Raises:
        LakeError: the lake cannot be read.
    """
    listed: list[dict[str, Any]] = _asked(there, {"do": "list"})
    return listed


def found(listed: list[dict[str, Any]], asked: str) -> list[dict[str, Any]]:
    """The publications of a run (its first letters do), or of each market and desk the last one as of a day or before it.

    Raises:
        LakeError: there is none.
    """
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        runs = [p for p in listed if p["run_id"].startswith(asked)]
    else:
        runs = list({p["prefix"]: p for p in listed if date.fromisoformat(p["as_of_date"]) <= day}.values())
    if not runs:
        raise LakeError(
            f"The lake holds no publication of {asked!r}: expected a run or a day (2026-01-09). `rotation lake --list` shows them."
        )
    return runs


def _asked(there: Lake, task: dict[str, Any]) -> Any:
    python = there.environment / "bin" / "python"
    if not python.exists():
        raise LakeError(f"The lake's writer has no environment: expected {python}, found nothing there. Make it once: make lake. {STANDS}")
    environment = bare_environment() | ({"PGPASSWORD": there.password} if there.password else {})
    asked = task | {"catalog": there.catalog, "data": there.data, "memory": there.memory, "threads": there.threads}
    try:
        done = subprocess.run(
            [str(python), "-I", str(WRITER)],
            input=json.dumps(asked),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        raise LakeError(
            f"The lake {there.where} did not answer for {LONGEST_S} s. Look at its server, then: rotation lake. {STANDS}"
        ) from None
    if done.returncode != 0:
        raise LakeError(
            f"The lake's writer ended with {done.returncode}: {_without(there, done.stderr)[-500:]} Then: rotation lake. {STANDS}"
        )
    answer = json.loads(done.stdout)
    if "refused" in answer:
        said = " ".join(_without(there, answer["refused"]).split()).removesuffix(".")
        raise LakeError(f"The lake {there.where}: {said}. {_cure(said)} {STANDS}")
    return answer["done"]


def _without(there: Lake, text: str) -> str:
    return text.strip().replace(there.password, "***") if there.password else text.strip()


CURES = {
    "faster": "Other writers of the same market are at work: wait until they have ended, then: rotation lake",
    "Rotation's making": "They are not touched. Name a desk of your own in ROTATION_LAKE_DESK, or another lake.",
    "replaced meanwhile": "A run has published since: rotation lake",
    "existing data path": "The lake was begun with another place of its Parquet files: set ROTATION_LAKE_DATA to that one.",
    "Could not set lock": "A lake in a file has one program at a time: close the other, or keep the catalogue in PostgreSQL.",
    "does not exist": "There is no such lake or database yet: an administrator makes the database, and `rotation lake` the lake in it.",
    "nable to connect": "Is the server up, and are host, port, database, user and password in ROTATION_LAKE right? Then: rotation lake",
    "ermission denied": "The user of ROTATION_LAKE must own the lake's catalogue, and this machine's user write where ROTATION_LAKE_DATA is.",
    "xtension": "Make the writer's environment anew: make lake. Without wheels for this machine DuckDB fetches the extension itself and needs a network.",
}


def _cure(said: str) -> str:
    return next((cure for sign, cure in CURES.items() if sign in said), "Mend what it says, then: rotation lake")
