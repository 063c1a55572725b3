"""A page filled from a published file: rows, definitions and pictures of every panel. Not for what is asked (the panels) or how it is set (html.py, pdf.py)."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import vl_convert

from pipelines.report.answer import Answer, answer_from
from pipelines.report.page.contents import SECTIONS
from pipelines.report.page.drawing import NARROW, WIDE, finished, still
from pipelines.report.page.panel import Panel, Section, tables_of
from pipelines.report.page.row import Row, Rows
from pipelines.resources.warehouse import cut_at, read_only

FIRST_HORIZON = "ytd"
OLD_AFTER_DAYS = 4  # a long weekend; from then on page and paper say how old they are
LATE = """
select series_id, coalesce(instrument_id, series_id) as instrument_id, status, last_observation
from quality.freshness
left join reference.series_catalog using (series_id)
where status not in ('fresh', 'ended')
order by series_id
"""


@dataclass(frozen=True)
class Filled:
    """A panel with what it shows, or the reason why it shows nothing."""

    panel: Panel
    rows: Rows
    queries: dict[str, str]
    definitions: Rows
    missing: str  # why there is nothing; empty where there is something
    late: tuple[Row, ...]  # series it rests on that are late or missing
    spec: dict[str, Any] | None
    svg: str | None
    reads: tuple[str, ...]
    horizon: str | None  # what its picture is drawn at until another is chosen

    @property
    def span(self) -> str:
        """What is shown, and of which day its values are."""
        days = {row[self.panel.valued] for row in self.rows} if self.panel.valued else set()
        return f"{self.panel.window}; values of {', '.join(map(str, sorted(days)))}" if days else self.panel.window

    @property
    def is_picture(self) -> bool:
        return self.spec is not None


@dataclass(frozen=True)
class Page:
    """All that is shown."""

    answer: Answer
    manifest: dict[str, Any]
    sections: tuple[tuple[Section, tuple[Filled, ...]], ...]
    cut_from: date | None  # the day of the publication this was cut from

    @property
    def is_simulated(self) -> bool:
        return self.answer.provenance == "simulated"

    @property
    def mark(self) -> str:
        return "SIMULATED " if self.is_simulated else ""


@dataclass(frozen=True)
class Reading:
    """What filling a panel needs to know of the file."""

    connection: duckdb.DuckDBPyConnection
    manifest: dict[str, Any]
    as_of: date
    is_cut: bool
    held: frozenset[str]
    held_as_of: frozenset[str]  # tables that hold one state, that of the publication's day: they cannot be cut at an earlier one
    late: tuple[Row, ...]
    definitions: dict[str, Row]

    def fill(self, section: Section, panel: Panel) -> Filled:
        """A panel with its rows, its picture, or the reason why there is none."""
        queries = panel.queries(self.as_of, self.manifest["run_id"])
        reads = tuple(dict.fromkeys(table for sql in queries.values() for table in tables_of(sql)))
        kept_back = {table: reason for table in reads if (reason := self._kept_back(table))}
        found = {name: [] if kept_back.keys() & set(tables_of(sql)) else _rows(self.connection, sql) for name, sql in queries.items()}
        rows = found.pop(panel.key)
        if without := [reason for table, reason in kept_back.items() if table not in panel.tables]:
            panel = replace(panel, legend=(), reading=" ".join((panel.reading_alone, *without)))
        reasons = [kept_back[table] for table in panel.tables if table in kept_back]
        late = tuple(s for s in self.late if any(f"'{s[i]}'" in sql for sql in queries.values() for i in ("series_id", "instrument_id")))
        spec = svg = horizon = None
        if panel.draw and rows:
            marks = ["SIMULATED"] if self.manifest["provenance"] == "simulated" else []
            marks += ["STALE"] if late else []
            horizon = FIRST_HORIZON if section.horizons and "horizon" in rows[0] else None
            width = WIDE if panel.is_wide else NARROW
            spec = finished(panel.draw(rows, found), " · ".join(marks), width, panel.height(rows), horizon)
            # names within a picture are its own, for many stand in one file
            svg = vl_convert.vegalite_to_svg(still(spec)).replace('"clip', f'"{panel.key}-clip').replace("(#clip", f"(#{panel.key}-clip")
        told = [self.definitions[m] for m in panel.metrics if m in self.definitions]
        return Filled(panel, rows, queries, told, " ".join(reasons) or ("" if rows else panel.empty), late, spec, svg, reads, horizon)

    def _kept_back(self, table: str) -> str:
        if table not in self.held:
            return f"{table}: not in this publication, which was made before there was one."
        if self.is_cut and table in self.held_as_of:
            return f"{table}: told only as of the publication's day, {self.manifest['as_of_date']}; not shown for {self.as_of}."
        return ""


def read_page(database: Path, manifest: dict[str, Any], day: date | None = None) -> Page:
    """The page of a published file; with a day, of its marts cut at that day."""
    published = date.fromisoformat(manifest["as_of_date"])
    as_of = day or published
    is_cut = as_of != published
    told = manifest | {"as_of_date": str(as_of)}
    with read_only(database) as connection:
        if is_cut:
            with cut_at(database, as_of) as as_it_was:
                answer = answer_from(as_it_was, told, database)
        else:
            answer = answer_from(connection, told, database)
        reading = Reading(
            connection,
            manifest,
            as_of,
            is_cut,
            _tables(connection, "true"),
            _tables(connection, "column_name = 'as_of_date'"),
            () if is_cut else tuple(_rows(connection, LATE)),
            {row["metric_id"]: row for row in _rows(connection, "select * from marts.dim_metric")},
        )
        sections = tuple((section, tuple(reading.fill(section, panel) for panel in section.panels)) for section in SECTIONS)
    return Page(answer, told, sections, published if is_cut else None)


def _tables(connection: duckdb.DuckDBPyConnection, which: str) -> frozenset[str]:
    found = connection.execute(f"select distinct schema_name || '.' || table_name from duckdb_columns() where {which}").fetchall()
    return frozenset(name for (name,) in found)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    cursor = connection.execute(sql)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
