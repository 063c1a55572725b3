"""Dagster's history in SQLite, as Dagster keeps it, with its files left open between two events. Not for what is told of a run (progress.py).

Dagster opens and closes each file several times an event, and the last to close a file in WAL mode copies it whole and waits for the disk: of a
small run's time it took as much as dbt. The tables, the files and what the UI shows are Dagster's own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

KEPT = 2  # the index of all runs, and the run at work


class EventLog(SqliteEventLogStorage):
    """The event log; a file is opened once and let go when others were used since."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection:
            held: Any = connection.connection.dbapi_connection
            before = held.total_changes
            with connection.begin():
                yield connection
            if held.total_changes != before:
                # who follows a run in the UI watches the time of its file, and what is new stands beside that until it is let go
                os.utime(self.path_for_shard(shard))

    def _engine(self, shard: str) -> Engine:
        if shard not in self._initialized_dbs:  # never opened, or wiped since
            self._let_go(shard)
        engine = self._engines.pop(shard, None) or self._opened(shard)
        self._engines[shard] = engine  # the newest is the last
        for other in list(self._engines)[:-KEPT]:
            self._let_go(other)
        return engine

    def _opened(self, shard: str) -> Engine:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _without_waiting)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def _let_go(self, shard: str) -> None:
        if engine := self._engines.pop(shard, None):
            engine.dispose()

    def dispose(self) -> None:
        """End the watching, and let all files go."""
        super().dispose()
        with self._db_lock:
            for shard in list(self._engines):
                self._let_go(shard)


def _without_waiting(connection: Any, _: Any) -> None:
    """Not for the disk at each event: a power cut may take the last events, never the file (WAL)."""
    connection.execute("pragma synchronous = normal")


class Storage(DagsterSqliteStorage):
    """All of Dagster's state, in the folders and files where it was."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls.from_local(inst_data=inst_data, **config_value)
