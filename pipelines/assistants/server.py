"""The tools of the Model Context Protocol server: answer, metrics, tables, query, explanation. Not for how each is found out (the modules beside it)."""

import functools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import duckdb
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from pipelines.assistants import catalogue, lineage
from pipelines.assistants.catalogue import UnknownNameError
from pipelines.assistants.query import MOST_ROWS, SECONDS, ask
from pipelines.assistants.standing import Standing, standing
from pipelines.assistants.statement import RefusedError, admit
from pipelines.report.answer import read_answer
from pipelines.report.reading import reading
from pipelines.resources.clock import Clock
from pipelines.resources.dbt import DbtError
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import WarehouseError, read_only
from pipelines.settings import Mode, Settings

INSTRUCTIONS = """Rotation: are US small caps taking the lead from large caps? One published DuckDB file, for reading.
Each answer has a `standing`: simulated or observed, as of which day, how many sessions behind today, which series are late. Say it with every
number you pass on; of a SIMULATED market draw no conclusion about the real one. An empty value has its reason in the column *_reason beside it.
Begin with answer_of_the_day; find a measure with list_metrics, its columns with describe, its values with query (one SELECT in DuckDB's SQL),
and where a number comes from with explain."""
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
NAMES_A_SERIES = ("instrument_id", "small_id", "large_id", "series_id", "small_series_id", "large_series_id")
DAYS = ("session_date", "month_end", "observation_date", "effective_date", "event_date")
WHERE_ROWS = 5

Told = dict[str, Any]


class Desk:
    """Answers from the publication as it is at the moment of each question."""

    def __init__(self, settings: Settings, market: Mode | None, seconds: float = SECONDS, clock: Clock | None = None) -> None:
        self._settings, self._market, self._seconds, self._clock = settings, market, seconds, clock or Clock()
        self._turn = threading.Lock()

    def _release(self) -> tuple[Mode, Publication]:
        """What is published now, as its kept release: one publication for the whole answer, whatever is published meanwhile."""
        market = reading(self._market, say=False)
        publication = Publication(self._settings.published(market))
        release = Publication(publication.history / str((publication.manifest() or {}).get("run_id")))
        return market, release if release.database.exists() else publication

    @contextmanager
    def _open(self, market: Mode, release: Publication) -> Iterator[tuple[duckdb.DuckDBPyConnection, Standing]]:
        """The file, for questions of this program's own. One at a time: DuckDB shares a file that is open twice, and its locked settings."""
        with self._turn, read_only(release.database) as connection:
            yield connection, standing(connection, release, market, self._clock)

    def answer_of_the_day(self) -> Told:
        """What the rotation looks like as of the publication's day: headline, returns of small and large by horizon, breadth, sectors, policy,
        discount, score, risks, and what the gates said."""
        market, release = self._release()
        with self._open(market, release) as (_, stands):
            pass
        with self._turn:
            told = asdict(read_answer(release.folder))
        told.pop("database")  # a path of this machine
        return _told(stands, answer=told)

    def list_metrics(
        self,
        search: Annotated[
            str, Field(description="Words that must all occur in id, title, formula, unit, table or column; empty: all.")
        ] = "",
        limit: Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many at most.")] = 50,
    ) -> Told:
        """Metrics with definition: formula, unit, what is left out, the method page, and the table and column that hold the values."""
        with self._open(*self._release()) as (connection, stands):
            found = catalogue.metrics(connection, search)
            return _told(stands, found_n=len(found), metrics=found[:limit])

    def describe(
        self, table: Annotated[str, Field(description="Such as marts.fct_breadth_daily; empty: every table, in short.")] = ""
    ) -> Told:
        """Tables of the publication; of one table the columns with type and meaning, its key, its metrics and who reads it."""
        with self._open(*self._release()) as (connection, stands):
            if not table:
                return _told(stands, tables=catalogue.tables(connection))
            found = catalogue.table_of(connection, table)
            manifest, _which = lineage.manifest_of(self._settings, stands.market)
            name = found["table"]
            measured = [m for m in catalogue.metrics(connection, "") if m["table_name"] == name]
            return _told(stands, **found, key=lineage.key_of(manifest, name), metrics=measured, readers=lineage.readers(manifest, name))

    def query(
        self,
        sql: Annotated[str, Field(description="One SELECT in DuckDB's SQL, tables with their schema, such as marts.fct_breadth_daily.")],
        max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many rows at most.")] = 100,
    ) -> Told:
        """Rows of one SELECT, under limits of time, memory, rows and size. Nothing can be written, and nothing but the published file reached."""
        market, release = self._release()
        with self._open(market, release) as (connection, stands):
            admit(connection, sql)
        return _told(stands, **ask(release.database, sql, max_rows, self._seconds))

    def explain(
        self,
        metric: Annotated[str, Field(description="A metric_id of list_metrics, or a column as schema.table.column.")],
        where: Annotated[
            str,
            Field(
                description="Which number: a condition on the table's columns, such as \"small_id = 'R2000' and horizon = 'ytd'\"; newest first."
            ),
        ] = "",
    ) -> Told:
        """A number with its definition, its as-of day and the day it was known, the series and models it comes from, and the checks they passed."""
        market, release = self._release()
        with self._open(market, release) as (connection, _):
            definition = catalogue.metric(connection, metric)
            table, column = definition["table_name"], definition["column_name"]
            names = [c["column_name"] for c in catalogue.table_of(connection, table)["columns"]]
            sql = _rows_where(table, names, where)
            admit(connection, sql)
        numbers = self._numbers(release, sql) if where else []
        manifest, which = lineage.manifest_of(self._settings, market)
        nodes = lineage.upstream(manifest, table)
        with self._open(market, release) as (connection, stands):
            return _told(
                stands,
                definition=definition,
                numbers=[{"value": row[column], "row": row} for row in numbers],
                as_of={"as_of_date": stands.as_of_date, "session_date": stands.session_date, "known_on": _known(names)},
                lineage=lineage.layers(nodes),
                lineage_by=f"dbt's manifest {which}",
                series=lineage.series(connection, nodes, {str(row[c]) for row in numbers for c in NAMES_A_SERIES if c in row}),
                checks=lineage.checks(connection, stands.run_id, nodes),
                readers=lineage.readers(manifest, table),
            )

    def _numbers(self, release: Publication, sql: str) -> list[dict[str, Any]]:
        """The rows a condition names."""
        found = ask(release.database, sql, WHERE_ROWS, self._seconds)
        if not found["rows"]:
            raise UnknownNameError(f"No row: {sql}. The tool query shows which values there are: select distinct ….")
        return [dict(zip((c["name"] for c in found["columns"]), row, strict=True)) for row in found["rows"]]


def _rows_where(table: str, names: list[str], where: str) -> str:
    """The rows of a table that a condition names, newest first."""
    day = next((n for n in names if n in DAYS), "1")
    return f"select * from {table} where ({where or 'true'}) order by {day} desc"


def _known(names: list[str]) -> str:
    if "known_on" in names:
        return "the column known_on of each row: the day its inputs were all known"
    return "no column known_on: the value as computed on the as-of day, from what was known then"


def _told(stands: Standing, **found: Any) -> Told:
    """An answer, its standing first, of plain values only."""
    plain: Told = json.loads(json.dumps({"standing": stands.as_dict(), **found}, default=_plain))
    return plain


def _plain(value: Any) -> Any:
    return float(value) if hasattr(value, "quantize") else str(value)  # decimals as numbers, days as text


def _said(tool: Callable[..., Told]) -> Callable[..., Told]:
    """The tool with its errors as the protocol wants them: their text reaches the assistant."""

    @functools.wraps(tool)
    def answering(*arguments: Any, **named: Any) -> Told:
        try:
            return tool(*arguments, **named)
        except (WarehouseError, UnknownNameError, RefusedError, DbtError) as problem:
            raise ToolError(str(problem)) from None

    return answering


def server(desk: Desk) -> MCPServer[Any]:
    """The server with its five tools."""
    made: MCPServer[Any] = MCPServer("rotation", title="Rotation", instructions=INSTRUCTIONS, log_level="WARNING")
    tools: tuple[Callable[..., Told], ...] = (desk.answer_of_the_day, desk.list_metrics, desk.describe, desk.query, desk.explain)
    for tool in tools:
        made.tool(annotations=READS)(_said(tool))
    return made
